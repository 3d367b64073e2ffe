//! Texts that the program generates from its arguments (completions, manual page), and the diagnosis of a stored sweep.

use crate::common::program::{gradsweep, succeeds};

/// Every subcommand of the program's help.
fn subcommands() -> Vec<String> {
    let help = stdout(&["--help"]);
    let list = help.split("Commands:\n").nth(1).unwrap().split("\n\n").next().unwrap();
    // Continued descriptions are indented further.
    let first =
        |line: &str| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')).map(|rest| rest.split(' ').next().unwrap().to_owned());
    list.lines().filter_map(first).collect()
}

fn stdout(arguments: &[&str]) -> String {
    succeeds(std::path::Path::new("."), arguments)
}

#[test]
fn completions_of_each_shell_name_every_subcommand() {
    let subcommands = subcommands();
    assert!(subcommands.contains(&"run".to_owned()) && subcommands.len() > 10, "{subcommands:?}");
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let script = stdout(&["completions", shell]);
        for name in &subcommands {
            assert!(script.contains(name.as_str()), "{shell}: {name}");
        }
        assert!(script.contains("on-device-loss"), "{shell}");
    }
}

/// The script is executed in the shell itself: after `gradsweep run --resu` Tab inserts `--resume`.
#[test]
#[cfg(unix)]
fn bash_completes_an_option_of_a_subcommand() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("script"), stdout(&["completions", "bash"])).unwrap();
    let commands =
        "source ./script; COMP_WORDS=(gradsweep run --resu); COMP_CWORD=2; _gradsweep gradsweep --resu run; echo \"${COMPREPLY[@]}\"";
    let Ok(output) = std::process::Command::new("bash").args(["-c", commands]).current_dir(folder.path()).output() else {
        return; // A machine without bash.
    };
    assert_eq!(String::from_utf8_lossy(&output.stdout), "--resume\n", "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_unknown_shell_is_refused_with_the_known_ones() {
    let output = gradsweep(std::path::Path::new("."), &["completions", "cmd"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("bash, elvish, fish, powershell, zsh"));
}

#[test]
fn the_manual_page_has_a_section_for_each_subcommand() {
    let page = stdout(&["man"]);
    assert!(page.contains(".TH gradsweep 1"), "{}", &page[..300]);
    for name in subcommands().iter().filter(|name| *name != "help") {
        let heading = format!(".SH \"GRADSWEEP {}\"\n", name.to_uppercase());
        assert_eq!(page.matches(&heading).count(), 1, "{heading}");
    }
    assert!(page.contains("on\\-device\\-loss"));
}

#[test]
fn the_summary_of_a_stored_sweep_is_the_diagnosis_that_run_prints() {
    let folder = tempfile::tempdir().unwrap();
    assert!(gradsweep(folder.path(), &["init"]).status.success());
    let run = gradsweep(folder.path(), &["run", "sweep.toml", "--backend", "cpu", "--no-plots", "--json"]);
    let run: serde_json::Value = serde_json::from_slice(&run.stdout).unwrap();
    let summary = gradsweep(folder.path(), &["summary", "runs/starter", "--json"]);
    let summary: serde_json::Value = serde_json::from_slice(&summary.stdout).unwrap();
    assert_eq!(summary, run["diagnosis"]);
    let text = succeeds(folder.path(), &["summary", "runs/starter"]);
    assert!(text.contains("27 runs"), "{text}");
}

#[test]
fn the_long_version_names_commit_features_and_target() {
    let (short, long) = (stdout(&["-V"]), stdout(&["--version"]));
    assert_eq!(short, format!("gradsweep {}\n", env!("CARGO_PKG_VERSION")));
    let lines: Vec<&str> = long.lines().collect();
    assert_eq!(lines[0], short.trim_end());
    let commit = option_env!("GRADSWEEP_COMMIT").unwrap_or("not stated in this build");
    assert_eq!(lines[1], format!("commit    {commit}"));
    assert_eq!(lines[2], "features  cli, gpu");
    assert_eq!(lines[3], format!("target    {} {}", std::env::consts::ARCH, std::env::consts::OS));
}
