//! `animate`: files, sizes and exit codes.

use crate::common::program::{folder_with, gradsweep, on_tv, root, succeeds};

/// 160 updates fit into 2 MB.
#[test]
fn the_descent_of_the_article_is_a_small_gif() {
    let folder = tempfile::tempdir().unwrap();
    let config = root().join("configs/article.toml");
    succeeds(folder.path(), &["run", config.to_str().unwrap(), "--out", "out", "--no-plots"]);
    assert_eq!(succeeds(folder.path(), &["animate", "out"]), "out/plots/descent.gif\n");
    let file = std::fs::read(folder.path().join("out/plots/descent.gif")).unwrap();
    assert!(file.len() < 2_000_000, "{} bytes", file.len());
    let mut decoder = gif::DecodeOptions::new().read_info(&file[..]).unwrap();
    let mut delays = Vec::new();
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        delays.push(frame.delay);
    }
    assert_eq!((delays.len(), delays.last()), (161, Some(&200)));
    assert_eq!(decoder.repeat(), gif::Repeat::Infinite);
    // The directory of --out is made.
    assert_eq!(succeeds(folder.path(), &["animate", "out", "--run", "0", "--out", "new/a.png"]), "new/a.png\n");
    let bytes = std::fs::read(folder.path().join("new/a.png")).unwrap();
    let reader = png::Decoder::new(&bytes[..]).read_info().unwrap();
    assert_eq!(reader.info().animation_control().unwrap().num_frames, 161);
    assert_eq!(std::fs::read_dir(folder.path().join("new")).unwrap().count(), 1, "no temporary file is left");
}

#[test]
fn wrong_arguments_are_2_and_write_nothing() {
    let (folder, _) = folder_with(&on_tv("[training]\nepochs = 1\n[sweep.parameters]\nlearning_rate = [0.01, 0.1]\n"));
    succeeds(folder.path(), &["run", "sweep.toml", "--out", "out", "--no-plots"]);
    for (arguments, message) in [
        (["--run", "7"], "error: the results have no run 7; they have 2 runs, 0 to 1"),
        (
            ["--out", "a.mp4"],
            "error: the animation a.mp4 needs the extension .gif, or .png or .apng for APNG, for example --out descent.gif",
        ),
        (["--run", "best"], "invalid value 'best'"),
    ] {
        let output = gradsweep(folder.path(), &["animate", "out", arguments[0], arguments[1]]);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.contains(message), "{stderr}");
    }
    assert!(!folder.path().join("out/plots").exists() && !folder.path().join("a.mp4").exists());
    // A folder in the place of the file is a failure at run time.
    std::fs::create_dir(folder.path().join("a.gif")).unwrap();
    assert_eq!(gradsweep(folder.path(), &["animate", "out", "--out", "a.gif"]).status.code(), Some(1));
}
