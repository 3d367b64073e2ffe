//! report.html as the program writes it.

use std::io::Read as _;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use flate2::read::GzDecoder;
use serde_json::Value;

use crate::common::program::{folder_with, gradsweep, on_tv, root, succeeds};

/// The text of the element with an id.
fn element<'a>(html: &'a str, id: &str) -> &'a str {
    let start = html.find(&format!("id=\"{id}\">")).unwrap_or_else(|| panic!("no element {id}"));
    let text = &html[start + html[start..].find('>').unwrap() + 1..];
    &text[..text.find("</script>").unwrap()]
}

/// The bytes of an embedded element.
fn embedded(html: &str, id: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(&BASE64_STANDARD.decode(element(html, id)).unwrap()[..]).read_to_end(&mut bytes).unwrap();
    bytes
}

#[test]
fn a_report_contains_config_data_results_and_engine() {
    let (folder, path) = folder_with(&on_tv("[sweep.parameters]\nlearning_rate = [0.01, 0.1]\noptimizer = [\"sgd\", \"adam\"]\n"));
    let stdout = succeeds(folder.path(), &["run", path.to_str().unwrap(), "--out", "out"]);
    assert!(stdout.contains("\nreport    out/report.html\nresults   out\n"), "{stdout}");
    let html = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert!(html.len() < 1_200_000, "{} bytes", html.len());
    assert_eq!(embedded(&html, "embedded-data"), std::fs::read(root().join("configs/data/advertising.csv")).unwrap());
    assert_eq!(&embedded(&html, "embedded-engine")[..4], b"\0asm");
    let results: Value = serde_json::from_slice(&embedded(&html, "embedded-results")).unwrap();
    assert_eq!(results["config"], std::fs::read_to_string(&path).unwrap());
    assert_eq!(results["rows"]["count"], 4);
    let names: Vec<&str> = results["figures"].as_array().unwrap().iter().map(|figure| figure["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"contour") && names.contains(&"final_loss-learning_rate"), "{names:?}");
    // Commands of the page name the config and the data of the run directory.
    let dry = ["run", "sweep.toml", "--set", "data.path=data.csv", "--dry-run"];
    assert!(html.contains("data.path=data.csv") && succeeds(&folder.path().join("out"), &dry).contains("200 rows"));
    assert!(html.contains(">serde_json</a>") && html.contains(">libm</a>"), "crates in the engine");
    // `report` writes the same file from the directory.
    assert_eq!(succeeds(folder.path(), &["report", "out", "--out", "again.html"]), "again.html\n");
    assert!(html == std::fs::read_to_string(folder.path().join("again.html")).unwrap());
}

#[test]
fn a_report_of_a_foreign_directory_or_into_a_missing_folder_fails() {
    let (folder, path) = folder_with(&on_tv(""));
    assert_eq!(gradsweep(folder.path(), &["report", "."]).status.code(), Some(2));
    succeeds(folder.path(), &["run", path.to_str().unwrap(), "--out", "out", "--no-plots"]);
    assert!(!folder.path().join("out/report.html").exists());
    let output = gradsweep(folder.path(), &["report", "out", "--out", "none/report.html"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("error: cannot write none/report.html: "));
}

#[test]
fn names_from_files_cannot_add_elements() {
    let column = "\\\"><img src=x onerror=alert(1)></script>\\u001b[31m";
    let csv = "\"\"\"><img src=x onerror=alert(1)></script>\u{1b}[31m\",y\n1,2\n2,3.5\n3,7\n4,7\n";
    let config = format!(
        "[data]\npath = \"data.csv\"\nfeature = \"{column}\"\ntarget = \"y\"\n\
         [sweep.parameters]\nlearning_rate = [0.01, 0.1] # </script><!--\n"
    );
    let config = format!("# <b>Bold</b> <img src=x>\n{config}");
    let (folder, path) = folder_with(&config);
    std::fs::write(folder.path().join("data.csv"), csv).unwrap();
    succeeds(folder.path(), &["run", path.to_str().unwrap(), "--out", "out"]);
    let html = std::fs::read_to_string(folder.path().join("out/report.html")).unwrap();
    assert_eq!(html.matches("<script").count(), 5, "four embedded elements and the script");
    assert_eq!(html.matches("</script").count(), 5);
    assert!(!html.contains("<img") && !html.contains("<b>") && !html.contains("<!--"));
    let results: Value = serde_json::from_slice(&embedded(&html, "embedded-results")).unwrap();
    assert_eq!(results["feature"], "\"><img src=x onerror=alert(1)></script>\u{1b}[31m");
    assert!(!html.contains(|c: char| c.is_control() && c != '\n'), "a control character");
    // The texts of a category are values of the config.
    let own = format!("positive = \"{column}\"\n[model]\nactivation = \"sigmoid\"\nloss = \"binary_crossentropy\"\n[sweep.parameters]");
    std::fs::write(&path, config.replace("[sweep.parameters]", &own)).unwrap();
    let yes = csv.split(",y").next().unwrap();
    std::fs::write(folder.path().join("data.csv"), format!("{yes},y\n1,no\n2,{yes}\n3,no\n4,{yes}\n")).unwrap();
    succeeds(folder.path(), &["run", path.to_str().unwrap(), "--out", "category"]);
    let html = std::fs::read_to_string(folder.path().join("category/report.html")).unwrap();
    assert_eq!((html.matches("<script").count(), html.contains("<img")), (5, false));
}

#[test]
fn damaged_run_directories_give_a_report_or_an_error() {
    let (folder, path) = folder_with(&on_tv("[sweep.parameters]\nlearning_rate = [0.01, 0.1]\n"));
    succeeds(folder.path(), &["run", path.to_str().unwrap(), "--out", "out", "--no-plots"]);
    let out = folder.path().join("out");
    let history = std::fs::read_dir(out.join("history")).unwrap().map(|file| format!("history/{}", file.unwrap().file_name().display()));
    let files = ["manifest.json", "runs.parquet", "epochs.parquet", "problems.parquet", "sweep.toml", "data.csv"].map(str::to_owned);
    for file in files.into_iter().chain(history) {
        let bytes = std::fs::read(out.join(&file)).unwrap();
        for part in 0..8 {
            let at = bytes.len() * part / 8;
            let mut damaged = bytes.clone();
            if part % 2 == 0 {
                damaged.truncate(at);
            } else {
                damaged[at] ^= 0x55;
            }
            std::fs::write(out.join(&file), damaged).unwrap();
            let output = gradsweep(folder.path(), &["report", "out"]);
            let stderr = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(0..=2)) && !stderr.contains("panicked"), "{file} {part}: {stderr}");
        }
        std::fs::write(out.join(&file), bytes).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_report_does_not_follow_a_link() {
    let (folder, path) = folder_with(&on_tv(""));
    succeeds(folder.path(), &["run", path.to_str().unwrap(), "--out", "out", "--no-plots"]);
    std::fs::write(folder.path().join("other"), "mine").unwrap();
    std::os::unix::fs::symlink(folder.path().join("other"), folder.path().join("out/report.html")).unwrap();
    succeeds(folder.path(), &["report", "out"]);
    assert_eq!(std::fs::read_to_string(folder.path().join("other")).unwrap(), "mine");
}
