//! Faults of the machine and mistakes at the terminal: what happens, and that no stored row is lost. [`FAULTS`] is the table of docs/reliability.md.
//!
//! `GRADSWEEP_WRITE_DOCS=1` writes the table.

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use gradsweep::store::{RunDirectory, Status};

use crate::common::finite::files;
use crate::common::program::{folder_with, gradsweep, on_tv, root, succeeds};

/// A fault, what the program does, what is lost, and the file with the test of this name.
type Fault = [&'static str; 5];

const FAULTS: [Fault; 20] = [
    [
        "SIGKILL at a random moment",
        "`--resume` trains the remaining runs",
        "the chunks in training",
        "resume",
        "a_sweep_survives_ten_kills",
    ],
    [
        "SIGKILL while selected histories are trained",
        "`--resume` trains them again",
        "nothing",
        "resume",
        "selected_histories_survive_kills",
    ],
    [
        "a part of a table is cut off, or its rows are damaged",
        "`--resume` trains its runs again",
        "nothing",
        "resume",
        "torn_parts_are_made_again_and_temporary_files_removed",
    ],
    ["killed while pictures are drawn", "`--resume` draws them", "nothing", "resume", "pictures_that_were_not_drawn_are_drawn_by_resuming"],
    [
        "a second process in one directory",
        "refused, exit code 1",
        "nothing",
        "resume",
        "a_second_process_is_refused_while_the_first_one_runs",
    ],
    [
        "several sweeps start at once without `--out`",
        "each has a directory",
        "nothing",
        "resume",
        "sweeps_without_out_that_start_at_once_get_directories_of_their_own",
    ],
    [
        "the config, the data or the version has changed",
        "`--resume` is refused by the key, exit code 2",
        "nothing",
        "resume",
        "another_config_data_or_version_is_refused_by_its_key",
    ],
    [
        "Ctrl-C, SIGTERM or SIGHUP during training",
        "the chunk in hand is stored, exit code 130",
        "nothing",
        "faults",
        "signals_store_the_chunk_in_hand",
    ],
    [
        "Ctrl-C while histories of the best runs are trained",
        "stops, exit code 130; `--resume` trains the remaining histories",
        "nothing",
        "faults",
        "an_interruption_of_selected_histories_is_incomplete",
    ],
    [
        "Ctrl-C while pictures are drawn",
        "ends at once, exit code 130; `--resume` draws them",
        "nothing",
        "faults",
        "an_interruption_of_pictures_ends_at_once",
    ],
    ["two Ctrl-C inside one long run", "ends at once, exit code 130", "the runs in training", "faults", "a_second_signal_ends_a_long_run"],
    [
        "files may not grow (`ulimit -f`)",
        "exit code 1; `--resume` trains the remaining runs",
        "the chunk in hand",
        "faults",
        "a_limit_of_file_sizes_keeps_stored_rows",
    ],
    [
        "the disk is full",
        "exit code 1, no unfinished file stays; `--resume` trains the remaining runs",
        "the chunk in hand",
        "faults",
        "a_full_disk_keeps_stored_rows",
    ],
    ["a read-only file system", "exit code 1", "nothing", "faults", "a_read_only_file_system_is_an_error"],
    ["the run directory is removed during the sweep", "exit code 1", "what was removed", "faults", "a_removed_directory_is_an_error"],
    [
        "too few file handles (`ulimit -n`)",
        "exit code 1; `--resume` trains the remaining runs",
        "the chunk in hand",
        "faults",
        "few_file_handles_lose_nothing",
    ],
    ["too few processes (`ulimit -u`)", "exit code 1", "nothing", "faults", "few_threads_are_an_error"],
    ["stdout or stderr is closed or full", "the sweep is stored", "the messages", "faults", "closed_and_full_outputs_do_not_stop_a_sweep"],
    [
        "one run records more than memory holds",
        "exit code 2 with the size and the remedy",
        "nothing",
        "faults",
        "a_history_beyond_memory_is_refused",
    ],
    [
        "a foreign or damaged table in a run directory",
        "exit code 1, no panic, bounded memory",
        "nothing",
        "faults",
        "damaged_tables_never_panic",
    ],
];

#[test]
fn the_page_lists_every_fault_and_its_test() {
    let sources = [("resume", include_str!("resume.rs")), ("faults", include_str!("faults.rs"))];
    let mut table = String::from("| fault | what happens | what is lost | test |\n|---|---|---|---|\n");
    for [fault, happens, lost, file, test] in FAULTS {
        let (_, source) = sources.iter().find(|(name, _)| *name == file).unwrap();
        assert!(source.contains(&format!("fn {test}(")), "{test}");
        writeln!(table, "| {fault} | {happens} | {lost} | `cli::{file}::{test}` |").unwrap();
    }
    let path = root().join("docs/reliability.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = ("<!-- table -->\n", "<!-- end of the table -->");
    let (before, rest) = page.split_once(begin).unwrap();
    let (found, after) = rest.split_once(end).unwrap();
    if std::env::var_os("GRADSWEEP_WRITE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{begin}{table}{end}{after}")).unwrap();
    } else {
        assert!(found == table, "docs/reliability.md differs; GRADSWEEP_WRITE_DOCS=1 writes the table:\n{table}");
    }
}

/// A sweep of 60 runs in 10 chunks.
fn config() -> String {
    on_tv("[training]\nepochs = 10\nbatch_size = 10\n[sweep.parameters]\nlearning_rate = { min = 1e-4, max = 1.0, count = 60 }\n")
}

const ARGUMENTS: &str = "run sweep.toml --backend cpu --no-plots --chunk 6 --out out";

/// Runs a script of bash in which `$GRADSWEEP` is the program.
fn shell(folder: &Path, script: &str) -> Output {
    let mut command = Command::new("bash");
    command.env("GRADSWEEP", env!("CARGO_BIN_EXE_gradsweep")).args(["-c", script]).current_dir(folder).output().unwrap()
}

fn message(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// After a fault: no unfinished file is left, the stored rows are readable, and resuming stores the others.
#[track_caller]
fn assert_resumes(folder: &Path, out: &Path) {
    let names: Vec<_> = files(out).into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "tmp")).collect();
    assert!(names.is_empty(), "{names:?}");
    if let Ok(directory) = RunDirectory::open(out) {
        let runs = directory.runs().unwrap().run;
        assert!(runs.iter().copied().eq(0..runs.len() as u64));
    }
    succeeds(folder, &[&ARGUMENTS.split(' ').collect::<Vec<_>>()[..8], &[out.to_str().unwrap(), "--resume"]].concat());
    let directory = RunDirectory::open(out).unwrap();
    assert_eq!(directory.manifest().status, Status::Complete);
    assert!(directory.runs().unwrap().run.into_iter().eq(0..60));
    assert_eq!(directory.histories(&[0, 59]).unwrap().len(), 2);
}

#[test]
fn a_limit_of_file_sizes_keeps_stored_rows() {
    let (folder, _) = folder_with(&config());
    // The copy of the data is larger than 4 KiB, and the histories of a chunk are larger than 8 KiB.
    for (blocks, file) in [(4, "data.csv"), (8, "history/part-00000.parquet")] {
        let output = shell(folder.path(), &format!("ulimit -f {blocks}; exec \"$GRADSWEEP\" {ARGUMENTS}"));
        let text = message(&output);
        assert_eq!(output.status.code(), Some(1), "{text}");
        assert!(text.contains(&format!("error: cannot write out/{file}: File too large")), "{text}");
        assert!(text.contains("out keeps the stored runs; go on with `gradsweep run sweep.toml") && text.contains("--resume`"), "{text}");
        assert_resumes(folder.path(), &folder.path().join("out"));
        std::fs::remove_dir_all(folder.path().join("out")).unwrap();
    }
}

/// Mounts a file system at `mount` in a namespace of its own; `None` if this is not allowed.
fn with_mount(folder: &Path, options: &str, script: &str) -> Option<Output> {
    std::fs::create_dir_all(folder.join("mount")).unwrap();
    let probe = shell(folder, "unshare --mount mount -t tmpfs tmpfs mount");
    let script = format!("mount -t tmpfs -o {options} tmpfs mount && {script}");
    probe.status.success().then(|| shell(folder, &format!("unshare --mount bash -c '{script}'")))
}

#[test]
#[ignore = "mounts a file system, which only root may do: cargo test -- --ignored"]
fn a_full_disk_keeps_stored_rows() {
    let (folder, _) = folder_with(&config());
    let mut failed = 0;
    for size in (8..200).step_by(8) {
        // The directory is copied out of the full file system, to be examined and resumed.
        let script =
            format!("\"$GRADSWEEP\" {} --out mount/out; code=$?; cp -r mount/out .; exit $code", ARGUMENTS.trim_end_matches("--out out"));
        let output = with_mount(folder.path(), &format!("size={size}k"), &script).expect("root may mount");
        let text = message(&output);
        if output.status.code() != Some(0) {
            assert_eq!(output.status.code(), Some(1), "{text}");
            assert!(text.contains("error: cannot") && text.contains("No space left on device"), "{text}");
            failed += 1;
        }
        if folder.path().join("out").exists() {
            assert_resumes(folder.path(), &folder.path().join("out"));
            std::fs::remove_dir_all(folder.path().join("out")).unwrap();
        }
    }
    assert!(failed > 5, "{failed}");
}

#[test]
#[ignore = "mounts a file system, which only root may do: cargo test -- --ignored"]
fn a_read_only_file_system_is_an_error() {
    let (folder, _) = folder_with(&config());
    let script = format!("\"$GRADSWEEP\" {}", ARGUMENTS.replace("--out out", "--out mount/out"));
    let output = with_mount(folder.path(), "ro", &script).expect("root may mount");
    assert_eq!(output.status.code(), Some(1));
    assert!(message(&output).contains("error: cannot create mount/out: Read-only file system"), "{}", message(&output));
}

#[test]
#[ignore = "limits the processes of another user, for which it is to be run by root: cargo test -- --ignored"]
fn few_threads_are_an_error() {
    let (folder, _) = folder_with(&config());
    let program = folder.path().join("gradsweep");
    std::fs::copy(env!("CARGO_BIN_EXE_gradsweep"), &program).unwrap();
    shell(folder.path(), "chmod -R 777 .");
    let mut failed = 0;
    for processes in 1..10 {
        let user = "setpriv --reuid 54321 --regid 54321 --clear-groups";
        let output = shell(folder.path(), &format!("{user} bash -c 'ulimit -u {processes}; exec ./gradsweep {ARGUMENTS} --resume'"));
        let text = message(&output);
        if output.status.code() != Some(0) {
            assert_eq!(output.status.code(), Some(1), "{text}");
            assert!(text.contains("error: cannot start"), "{text}");
            failed += 1;
        }
    }
    assert!(failed > 2, "{failed}");
}

#[test]
fn few_file_handles_lose_nothing() {
    let (folder, _) = folder_with(&config());
    let mut failed = 0;
    for handles in 3..14 {
        let output = shell(folder.path(), &format!("ulimit -n {handles}; exec \"$GRADSWEEP\" {ARGUMENTS} 2>&1"));
        let code = output.status.code();
        assert!(code == Some(0) || code == Some(1), "{handles}: {}", String::from_utf8_lossy(&output.stdout));
        failed += usize::from(code == Some(1));
        let out = folder.path().join("out");
        if out.exists() {
            assert_resumes(folder.path(), &out);
            std::fs::remove_dir_all(out).unwrap();
        }
    }
    assert!(failed > 2, "{failed}");
}

/// Starts the program and waits until a file exists.
fn start_until(folder: &Path, arguments: &str, file: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradsweep"));
    command.args(arguments.split(' ')).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    while !folder.join(file).exists() {
        assert!(child.try_wait().unwrap().is_none(), "the program ends before {file} exists");
        std::thread::sleep(Duration::from_millis(1));
    }
    child
}

fn signal(child: &Child, name: &str) {
    assert!(Command::new("kill").args([&format!("-{name}"), &child.id().to_string()]).status().unwrap().success());
}

/// The exit code of a child that has received a signal, and its messages.
fn end(mut child: Child) -> (Option<i32>, String) {
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    (child.wait().unwrap().code(), text)
}

/// [`config`] with runs that take long enough to be interrupted.
fn long(rest: &str) -> String {
    config().replace("epochs = 10\n", "epochs = 100000\n") + rest
}

#[test]
fn a_removed_directory_is_an_error() {
    let (folder, _) = folder_with(&long("[history]\nevery = 0\nepochs = false\n"));
    let child = start_until(folder.path(), ARGUMENTS, "out/runs/part-00000.parquet");
    // A file that appears during the removal makes it fail.
    while std::fs::remove_dir_all(folder.path().join("out")).is_err() {}
    let (code, text) = end(child);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("error: cannot write out/") && text.contains("No such file or directory"), "{text}");
}

#[test]
fn signals_store_the_chunk_in_hand() {
    let (folder, _) = folder_with(&long("[history]\nevery = 0\nepochs = false\n"));
    for name in ["INT", "TERM", "HUP"] {
        let child = start_until(folder.path(), ARGUMENTS, "out/runs/part-00000.parquet");
        signal(&child, name);
        let (code, text) = end(child);
        assert_eq!(code, Some(130), "{text}");
        assert!(text.contains("go on with `gradsweep run sweep.toml --backend cpu --no-plots --chunk 6 --out out --resume`"), "{text}");
        let out = folder.path().join("out");
        let directory = RunDirectory::open(&out).unwrap();
        let counts = &directory.manifest().counts;
        assert!(
            directory.manifest().status == Status::Incomplete && counts.runs_done.is_multiple_of(6) && counts.runs_done < 60,
            "{counts:?}"
        );
        assert!(directory.runs().unwrap().run.into_iter().eq(0..counts.runs_done));
        assert!(files(&out).iter().all(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.')));
        std::fs::remove_dir_all(out).unwrap();
    }
}

#[test]
fn an_interruption_of_selected_histories_is_incomplete() {
    // The histories of two runs are a chunk, because they take 32 MB.
    let config = config().replace("epochs = 10\n", "epochs = 100000\n");
    let (folder, _) = folder_with(&(config + "[history]\nruns = { best = 6 }\nepochs = false\n"));
    let arguments = ARGUMENTS.replace("--chunk 6", "--chunk 60");
    let child = start_until(folder.path(), &arguments, "out/history/part-00000.parquet");
    signal(&child, "INT");
    let (code, text) = end(child);
    assert_eq!(code, Some(130), "{text}");
    let manifest = || RunDirectory::open(&folder.path().join("out")).unwrap().manifest().clone();
    assert_eq!((manifest().status, manifest().counts.runs_done), (Status::Incomplete, 60));
    let histories = manifest().counts.histories;
    assert!((1..6).contains(&histories), "{histories}");
    succeeds(folder.path(), &[&arguments.split(' ').collect::<Vec<_>>()[..], &["--resume"]].concat());
    assert_eq!((manifest().status, manifest().counts.histories), (Status::Complete, 6));
}

#[test]
fn an_interruption_of_pictures_ends_at_once() {
    let (folder, _) = folder_with(&config());
    let arguments = ARGUMENTS.replace("--no-plots ", "");
    let child = start_until(folder.path(), &arguments, "out/runs.parquet");
    signal(&child, "INT");
    let (code, text) = end(child);
    assert_eq!(code, Some(130), "{text}");
    assert!(
        text.contains("interrupted before all pictures are drawn; out holds all runs; draw the pictures with `gradsweep run"),
        "{text}"
    );
    succeeds(folder.path(), &[&arguments.split(' ').collect::<Vec<_>>()[..], &["--resume"]].concat());
    assert!(folder.path().join("out/report.html").exists() && folder.path().join("out/plots/contour.png").exists());
}

#[test]
fn a_second_signal_ends_a_long_run() {
    let (folder, _) = folder_with(&on_tv("[training]\nepochs = 400000000\nbatch_size = \"full\"\n[history]\nevery = 0\nepochs = false\n"));
    // A signal before the training has begun ends the sweep at once, and nothing outside the program shows when it begins.
    for (number, seconds) in [0.2, 2.0, 10.0].into_iter().enumerate() {
        let arguments = format!("run sweep.toml --backend cpu --threads 1 --out out{number}");
        let mut child = start_until(folder.path(), &arguments, &format!("out{number}/manifest.json"));
        std::thread::sleep(Duration::from_secs_f64(seconds));
        signal(&child, "INT");
        std::thread::sleep(Duration::from_millis(300));
        if child.try_wait().unwrap().is_some() {
            continue;
        }
        let begun = Instant::now();
        signal(&child, "TERM");
        let (code, text) = end(child);
        assert!(code == Some(130) && begun.elapsed() < Duration::from_secs(5), "{text}");
        assert!(text.contains("a second signal ends at once") && text.contains("go on with `gradsweep run"), "{text}");
        return;
    }
    panic!("the run ends at the first signal");
}

#[test]
fn closed_and_full_outputs_do_not_stop_a_sweep() {
    let (folder, _) = folder_with(&config());
    for (number, outputs) in [">&- 2>&-", ">/dev/null 2>/dev/full", ">&- 2>/dev/full"].into_iter().enumerate() {
        let output = shell(folder.path(), &format!("exec \"$GRADSWEEP\" {ARGUMENTS}{number} {outputs}"));
        assert_eq!(output.status.code(), Some(0), "{outputs}");
        let directory = RunDirectory::open(&folder.path().join(format!("out{number}"))).unwrap();
        assert_eq!(directory.manifest().status, Status::Complete, "{outputs}");
    }
    // Results that cannot be printed are a failure, and an error that cannot be printed keeps its exit code.
    assert_eq!(shell(folder.path(), &format!("exec \"$GRADSWEEP\" {ARGUMENTS}9 >/dev/full")).status.code(), Some(1));
    for (arguments, code) in
        [("run none.toml", 2), ("plot out0 --only nothing", 2), ("compare out0 --by batch_size --where learning_rate=7", 1)]
    {
        assert_eq!(shell(folder.path(), &format!("exec \"$GRADSWEEP\" {arguments} 2>/dev/full")).status.code(), Some(code), "{arguments}");
    }
}

#[test]
fn compare_draws_its_pictures_although_nobody_reads_the_table() {
    let (folder, _) = folder_with(&config());
    succeeds(folder.path(), &ARGUMENTS.split(' ').collect::<Vec<_>>());
    let mut command = Command::new(env!("CARGO_BIN_EXE_gradsweep"));
    let arguments = ["compare", "out", "--by", "learning_rate", "--out", "pictures"];
    let mut child = command.args(arguments).current_dir(folder.path()).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(std::fs::read_dir(folder.path().join("pictures")).unwrap().count() > 0);
}

#[test]
fn a_history_beyond_memory_is_refused() {
    let (folder, _) = folder_with(&on_tv("[training]\nepochs = 4294967295\nbatch_size = \"full\"\n"));
    for arguments in [&["run", "sweep.toml"][..], &["run", "sweep.toml", "--dry-run"]] {
        let output = gradsweep(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2));
        insta::allow_duplicates! {
            insta::assert_snapshot!(
                message(&output),
                @"error: one run records 4,294,967,296 points and 4,294,967,295 epochs, which take 344 GB of memory; record fewer of them: [history] every = 4295, epochs = false"
            );
        }
    }
    let remedy = ["run", "sweep.toml", "--dry-run", "--set", "history.every=4295", "--set", "history.epochs=false"];
    succeeds(folder.path(), &remedy);
}

#[test]
fn threads_are_bounded_by_the_machine() {
    let (folder, _) = folder_with(&on_tv(""));
    let output = gradsweep(folder.path(), &["run", "sweep.toml", "--backend", "cpu", "--threads", "4096", "--no-plots", "--out", "out"]);
    let text = message(&output);
    assert!(output.status.success() && text.starts_with("warning: --threads 4096: this machine has "), "{text}");
    let threads = RunDirectory::open(&folder.path().join("out")).unwrap().manifest().threads.unwrap();
    assert_eq!(threads, std::thread::available_parallelism().unwrap().get());
}

#[test]
fn wrong_keys_and_percentages_are_usage_errors() {
    let (folder, _) = folder_with(&config());
    succeeds(folder.path(), &ARGUMENTS.split(' ').collect::<Vec<_>>());
    for arguments in [
        &["compare", "out", "--by", "learning"][..],
        &["compare", "out", "--by", "learning_rate", "--style", "momentun"],
        &["compare", "out", "--by", "learning_rate", "--where", "optimiser=sgd"],
        &["plot", "out", "--where", "optimiser=sgd"],
        &["bench", "--floor", "nan"],
        &["bench", "--floor", "-1"],
    ] {
        let output = gradsweep(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", message(&output));
    }
    std::fs::remove_file(folder.path().join("out/runs.parquet")).unwrap();
    for arguments in [&["plot", "out"][..], &["report", "out"], &["compare", "out", "--by", "learning_rate"]] {
        let output = gradsweep(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(message(&output).contains("error: out is damaged: it has no runs.parquet"), "{}", message(&output));
    }
}

#[test]
fn damaged_tables_never_panic() {
    let (folder, _) = folder_with(&config().replace("count = 60", "count = 3"));
    succeeds(folder.path(), &ARGUMENTS.split(' ').collect::<Vec<_>>());
    let out = folder.path().join("out");
    let path = out.join("runs.parquet");
    let whole = std::fs::read(&path).unwrap();
    let directory = RunDirectory::open(&out).unwrap();
    let mut refused = 0;
    // The footer has the offsets and the numbers of rows; its integers have 7 bits a byte. The 8 bytes at the end are its length and a mark.
    let length = u32::from_le_bytes(whole[whole.len() - 8..whole.len() - 4].try_into().unwrap()) as usize;
    let footer = whole.len() - 8 - length;
    for place in (0..footer).step_by(7).chain(footer..whole.len()) {
        for value in [0x00, 0x7f, 0xff, whole[place] ^ 0x01, whole[place] ^ 0x80] {
            let mut bytes = whole.clone();
            bytes[place] = value;
            std::fs::write(&path, bytes).unwrap();
            if let Err(error) = directory.runs() {
                refused += 1;
                assert!(!error.to_string().is_empty());
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}

#[test]
fn a_dry_run_refuses_what_a_run_refuses() {
    for lines in [
        "[sweep.parameters]\n\"data.seed\" = { min = 1, max = 10001, step = 1 }\n",
        "[sweep]\nmethod = \"random\"\nruns = 20000\n[sweep.parameters]\n\"data.seed\" = { min = 1, max = 1000000000 }\n",
    ] {
        let (folder, _) = folder_with(&on_tv(&format!("test_size = 0.2\n{lines}")));
        let messages = [&["run", "sweep.toml", "--dry-run"][..], &["run", "sweep.toml", "--out", "out"]].map(|arguments| {
            let output = gradsweep(folder.path(), arguments);
            assert!(!output.status.success());
            message(&output).lines().find(|line| line.starts_with("error")).unwrap().to_owned()
        });
        assert_eq!(messages[0], messages[1]);
        assert!(messages[0].contains(" problems, one for each combination of "), "{}", messages[0]);
    }
}

#[test]
fn surface_cells_beyond_float32_are_counted() {
    let (folder, _) = folder_with(&config());
    // J at w = ±1e12 and x up to 2e10 is about 1e44, and the largest float32 3.4e38; at w = 0 it is below 1,000.
    std::fs::write(folder.path().join("large.csv"), "x,y\n1e10,1\n2e10,3\n1.5e10,2\n").unwrap();
    let config = "[data]\npath = \"large.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[training]\nepochs = 2\n[sweep.parameters]\nlearning_rate = [0.0]\n\
                  [surface]\nweight = { min = -1e12, max = 1e12, count = 3 }\nbias = { min = -1, max = 1, count = 2 }\n";
    std::fs::write(folder.path().join("large.toml"), config).unwrap();
    succeeds(folder.path(), &["run", "large.toml", "--backend", "cpu", "--no-plots", "--out", "out"]);
    assert_eq!(RunDirectory::open(&folder.path().join("out")).unwrap().manifest().counts.saturated_cells, 4);
}
