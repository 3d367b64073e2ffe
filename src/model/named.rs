//! Enums of words: each variant beside its name, once.

/// Gives an enum `ALL`, `NAMES`, `name` and `from_name`. Names are compared by the method of `str` that is named first.
macro_rules! named {
    ($own:ident by $same:ident: $($variant:ident $name:literal),+ $(,)?) => {
        impl $own {
            /// Every one, in the order of the enum.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The names of [`Self::ALL`].
            pub const NAMES: [&'static str; Self::ALL.len()] = [$($name),+];

            /// The name in configs and files.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }

            /// The one of that name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|own| own.name().$same(name))
            }
        }
    };
}
