//! The text of `--version`.

/// The commit of the sources: set by scripts/release.sh and by packagers. Cargo builds the program again only if the value changes, whereas a question to
/// Git at each build would build it again after each commit.
const COMMIT: Option<&str> = option_env!("GRADSWEEP_COMMIT");

/// Version, commit, features and target of the program.
pub fn long() -> String {
    let features: Vec<&str> =
        [("cli", cfg!(feature = "cli")), ("gpu", cfg!(feature = "gpu"))].into_iter().filter(|own| own.1).map(|own| own.0).collect();
    let [version, commit] = [env!("CARGO_PKG_VERSION"), COMMIT.unwrap_or("not stated in this build")];
    let (arch, os) = (std::env::consts::ARCH, std::env::consts::OS);
    format!("{version}\ncommit    {commit}\nfeatures  {}\ntarget    {arch} {os}", features.join(", "))
}
