//! A macro for enums whose variants have names.

/// Implements `ALL`, `NAMES`, `name` and `from_name` for an enum. `from_name` compares with the given method of `str`.
macro_rules! named {
    ($own:ident by $same:ident: $($variant:ident $name:literal),+ $(,)?) => {
        impl $own {
            /// Every variant, in the order of the enum.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$variant),+];

            /// The names of [`Self::ALL`].
            pub const NAMES: [&'static str; Self::ALL.len()] = [$($name),+];

            /// The name used in configs and files.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }

            /// The variant with this name.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.into_iter().find(|own| own.name().$same(name))
            }
        }
    };
}
