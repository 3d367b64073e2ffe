//! Texts of the command line: help, results and errors, as inline snapshots. Device names and times are filtered.

use crate::common::program::{folder_with, gradsweep, root, succeeds};

/// Help text at a width of 100 columns, without trailing spaces.
fn help(arguments: &[&str]) -> String {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_gradsweep")).args(arguments).env("COLUMNS", "100").output().unwrap();
    assert!(output.status.success());
    trimmed(&String::from_utf8_lossy(&output.stdout))
}

fn trimmed(text: &str) -> String {
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

/// The message of a failing command.
fn failure(folder: &std::path::Path, arguments: &[&str]) -> String {
    let output = gradsweep(folder, arguments);
    assert!(!output.status.success(), "{arguments:?}");
    trimmed(&String::from_utf8_lossy(&output.stderr))
}

#[test]
fn help_of_the_program() {
    insta::assert_snapshot!(help(&["--help"]), @r###"
        Trains all runs of a hyperparameter sweep of one neuron in parallel, on a GPU or on all CPU cores,
        and explains the results

        Usage: gradsweep <COMMAND>

        Commands:
          run          Train a sweep, store its results, draw pictures and print a diagnosis
          plot         Draw the pictures of a stored sweep again
          report       Write the HTML report of a stored sweep
          summary      Print the diagnosis of a stored sweep
          animate      Draw the descent of one or several runs as an animation: contour, prediction and
                       cost, update by update
          compare      Rank the values of one hyperparameter by their best settings: a table, and pictures
                       side by side
          replay       Print weight and bias of one run after every batch, computed again bit for bit
          merge        Join the shards of a sweep into one run directory
          bench        Measure the backends on this machine: check their results, then their speed
          verify       Measure the rounding errors of activations, losses and optimizers on this machine
          adapters     List the usable GPUs, and what to install if there is none
          init         Write a commented example config with its data
          schema       Print the JSON Schema of a config, with which editors complete and check its keys
          completions  Print the completion script of a shell
          man          Print the manual page, for example to gradsweep.1
          help         Print this message or the help of the given subcommand(s)

        Options:
          -h, --help     Print help
          -V, --version  Print version
        "###);
}

#[test]
fn help_of_run() {
    insta::assert_snapshot!(help(&["run", "--help"]), @r###"
        Train a sweep, store its results, draw pictures and print a diagnosis

        Usage: gradsweep run [OPTIONS] <CONFIG>

        Arguments:
          <CONFIG>
                  Config of the sweep, a TOML file, or - for stdin

        Options:
              --backend <BACKEND>
                  Backend that trains the runs

                  Possible values:
                  - auto:      A GPU that is faster, if the CPU is estimated to take 2 s or more
                  - gpu:       WGSL compute shaders on a GPU (see `gradsweep adapters`), in float32
                  - cpu:       SIMD on all cores, in float32
                  - reference: One core, one run at a time, in float64: slow, checks the other backends

                  [default: auto]

              --adapter <NAME>
                  Use the first GPU whose name or API matches NAME (see `gradsweep adapters`)

              --threads <N>
                  Number of CPU threads, at most as many as cores [default: all cores]

              --simd <LEVEL>
                  CPU vector instructions: scalar, sse2, avx2, avx512 or neon [default: the widest of this
                  CPU]

              --shape <RUNSxTHREADS>
                  Runs per GPU thread x threads per workgroup [default: 1x64; 4x64 on software adapters for
                  large sweeps]

              --out <DIR>
                  Directory for the results; must be new or empty [default: runs/<name>]

              --set <KEY=VALUE>
                  Override a key of the config, for example --set training.epochs=20

              --on-device-loss <ACTION>
                  What to do if the GPU is lost or has too little memory; stored runs are kept

                  Possible values:
                  - cpu:  Train the remaining runs on the CPU
                  - stop: Stop with an error

                  [default: cpu]

              --no-plots
                  Draw no pictures and write no report

              --resume
                  Go on with the interrupted sweep in --out DIR or the last runs/<name>, if there is one

              --shard <I/N>
                  Train part I of N of the runs, into DIR/shard-I-of-N; auto: as a Slurm array or Kubernetes
                  has it

              --chunk <RUNS>
                  Runs that are trained and stored at a time [default: chosen by memory use]

              --dry-run
                  Check the config and print the planned runs; open no device, write nothing

              --json
                  Print the results as JSON

          -h, --help
                  Print help (see a summary with '-h')
        "###);
}

#[test]
fn help_of_plot() {
    insta::assert_snapshot!(help(&["plot", "--help"]), @r###"
        Draw the pictures of a stored sweep again

        Usage: gradsweep plot [OPTIONS] <DIRECTORY>

        Arguments:
          <DIRECTORY>  Run directory, as written by `gradsweep run`

        Options:
              --only <NAME>        Draw only the pictures whose names begin with NAME, for example contour
              --runs <N>           Draw only these runs, for example --runs 3,17
              --where <KEY=VALUE>  Draw only runs with this value, for example --where optimizer=sgd
              --size <SIZE>        Size: screen, column (of a paper: 85 mm wide, with the title and the note
                                   on the drawn runs, without the caption) or slide (16:9, with the first
                                   line of the caption) [default: screen]
              --format <FORMAT>    File formats: png, svg [default: both]
              --title <TEXT>       Title of the pictures; "" for neither title nor caption [default: written
                                   by the program]
              --out <DIR>          Directory for the pictures [default: plots/ in the run directory]
          -h, --help               Print help
        "###);
}

#[test]
fn help_of_compare() {
    insta::assert_snapshot!(help(&["compare", "--help"]), @r###"
        Rank the values of one hyperparameter by their best settings: a table, and pictures side by side

        Usage: gradsweep compare [OPTIONS] <--by <KEY>|--heatmap <KEY,KEY>> <DIRECTORY>...

        Arguments:
          <DIRECTORY>...  Run directories, as written by `gradsweep run`; several are ranked in one table,
                          without pictures

        Options:
              --by <KEY>           Hyperparameter whose values are compared, for example optimizer
              --heatmap <KEY,KEY>  Draw a heatmap of two hyperparameters instead: which settings converge,
                                   how fast, and which diverge
              --where <KEY=VALUE>  Include only runs with this value, for example --where optimizer=sgd or
                                   --where momentum=none
              --style <KEY>        Second hyperparameter, shown by colour
              --top <K>            Print only the best K values [default: all of up to 20 values, else the
                                   best 10; all with --json and --csv]
              --out <DIR>          Directory for the pictures [default: plots/compare-KEY in the run
                                   directory]
              --no-plots           Draw no pictures
              --json               Print the table as JSON, with full precision
              --csv                Print the table as CSV, with full precision
          -h, --help               Print help
        "###);
}

#[test]
fn help_of_replay() {
    insta::assert_snapshot!(help(&["replay", "--help"]), @r###"
        Print weight and bias of one run after every batch, computed again bit for bit

        Usage: gradsweep replay [OPTIONS] --run <N> <DIRECTORY>

        Arguments:
          <DIRECTORY>
                  Run directory, as written by `gradsweep run`

        Options:
              --run <N>
                  Number of the run, column `run` of runs.parquet

              --format <FORMAT>
                  Output format

                  [default: csv]
                  [possible values: csv, json]

              --epochs
                  Print loss and MAE after every epoch instead of weight and bias after every batch

              --backend <BACKEND>
                  Backend that trains the runs

                  Possible values:
                  - auto:      A GPU that is faster, if the CPU is estimated to take 2 s or more
                  - gpu:       WGSL compute shaders on a GPU (see `gradsweep adapters`), in float32
                  - cpu:       SIMD on all cores, in float32
                  - reference: One core, one run at a time, in float64: slow, checks the other backends

                  [default: auto]

              --adapter <NAME>
                  Use the first GPU whose name or API matches NAME (see `gradsweep adapters`)

              --threads <N>
                  Number of CPU threads, at most as many as cores [default: all cores]

              --simd <LEVEL>
                  CPU vector instructions: scalar, sse2, avx2, avx512 or neon [default: the widest of this
                  CPU]

              --shape <RUNSxTHREADS>
                  Runs per GPU thread x threads per workgroup [default: 1x64; 4x64 on software adapters for
                  large sweeps]

          -h, --help
                  Print help (see a summary with '-h')
        "###);
}

#[test]
fn help_of_bench() {
    insta::assert_snapshot!(help(&["bench", "--help"]), @r###"
        Measure the backends on this machine: check their results, then their speed

        Usage: gradsweep bench [OPTIONS] [CONFIG]

        Arguments:
          [CONFIG]
                  Config of the sweep to measure [default: a built-in sweep of 16,384 RMSprop runs with 160
                  updates each]

        Options:
              --backend <BACKEND>
                  Backend that trains the runs

                  Possible values:
                  - auto:      A GPU that is faster, if the CPU is estimated to take 2 s or more
                  - gpu:       WGSL compute shaders on a GPU (see `gradsweep adapters`), in float32
                  - cpu:       SIMD on all cores, in float32
                  - reference: One core, one run at a time, in float64: slow, checks the other backends

                  [default: auto]

              --adapter <NAME>
                  Use the first GPU whose name or API matches NAME (see `gradsweep adapters`)

              --threads <N>
                  Number of CPU threads, at most as many as cores [default: all cores]

              --simd <LEVEL>
                  CPU vector instructions: scalar, sse2, avx2, avx512 or neon [default: the widest of this
                  CPU]

              --shape <RUNSxTHREADS>
                  Runs per GPU thread x threads per workgroup [default: 1x64; 4x64 on software adapters for
                  large sweeps]

              --software
                  Measure software GPU adapters too

              --levels
                  Measure every SIMD level of this CPU, on one core

              --shapes
                  Measure the GPU with several values of --shape

              --sizes
                  Measure 1, 4, 16, .. runs, and print the number of runs from which the GPU is faster than
                  the CPU

              --plot <DIR>
                  Draw the speed by the number of runs: bench.png and bench.svg in DIR (implies --sizes)

              --floor <PERCENT>
                  Fail if the CPU, without histories, reaches less than PERCENT of the machine's limit

              --repeats <N>
                  Repetitions of each measurement; the median is reported

                  [default: 5]

              --set <KEY=VALUE>
                  Override a key of the config, for example --set training.epochs=20

              --json
                  Print the table as JSON

          -h, --help
                  Print help (see a summary with '-h')
        "###);
}

#[test]
fn help_of_verify() {
    insta::assert_snapshot!(help(&["verify", "--help"]), @r###"
        Measure the rounding errors of activations, losses and optimizers on this machine

        Usage: gradsweep verify [OPTIONS]

        Options:
              --adapter <NAME>  Use the first GPU whose name or API matches NAME (see `gradsweep adapters`)
                                [default: the first GPU]
              --json            Print the table as JSON
          -h, --help            Print help
        "###);
}

#[test]
fn help_of_adapters() {
    insta::assert_snapshot!(help(&["adapters", "--help"]), @r###"
        List the usable GPUs, and what to install if there is none

        Usage: gradsweep adapters [OPTIONS]

        Options:
              --json  Print the list as JSON
          -h, --help  Print help
        "###);
}

#[test]
fn help_of_init() {
    insta::assert_snapshot!(help(&["init", "--help"]), @r###"
        Write a commented example config with its data

        Usage: gradsweep init [OPTIONS] [DIRECTORY]

        Arguments:
          [DIRECTORY]  Directory for the config and its data [default: .]

        Options:
              --from <YAML>  Use the search space of a W&B sweep (sweep.yaml); says what has no counterpart
          -h, --help         Print help
        "###);
}

#[test]
fn summary_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let config = root().join("configs/article.toml");
    let arguments = ["run", config.to_str().unwrap(), "--backend", "reference", "--out", "out"];
    let output = gradsweep(folder.path(), &arguments);
    assert!(output.status.success());
    let announcement = String::from_utf8_lossy(&output.stderr);
    let device = announcement.split_once('(').and_then(|(_, rest)| rest.split_once(", float64")).map_or("", |(device, _)| device);
    insta::assert_snapshot!(announcement.replace(device, "DEVICE"), @"backend: reference (DEVICE, float64, one core)");
    let summary = trimmed(&String::from_utf8_lossy(&output.stdout));
    // The diagnosis has tests of its own.
    let files = summary.lines().skip_while(|line| !line.starts_with("results")).collect::<Vec<_>>().join("\n");
    insta::assert_snapshot!(files, @r"
    results   out
    pictures  out/plots/contour.png
              out/plots/parameters.png
              out/plots/losses.png
              out/plots/fit.png
    ");
}

#[test]
fn small_sweeps_open_no_gpu_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let config = root().join("configs/article.toml");
    let output = gradsweep(folder.path(), &["run", config.to_str().unwrap(), "--out", "out", "--no-plots"]);
    let announcement = String::from_utf8_lossy(&output.stderr);
    assert!(announcement.starts_with("backend: cpu ("), "{announcement}");
    assert!(announcement.ends_with("; estimated time is under 0.1 s, and a GPU is tried only from 2 s\n"), "{announcement}");
}

#[test]
fn errors_state_the_fact_and_the_remedy() {
    let (folder, _) = folder_with("");
    std::fs::write(folder.path().join("data.csv"), "").unwrap();
    insta::assert_snapshot!(
        failure(folder.path(), &["init", "."]),
        @"error: ./sweep.toml already exists, and nothing was written; name another directory, for example `gradsweep init my_sweep`"
    );
    insta::assert_snapshot!(failure(folder.path(), &["run", "sweep.toml", "--simd", "sse9"]), @r"
    error: invalid value 'sse9' for '--simd <LEVEL>': the levels are scalar, sse2, avx2, avx512, neon

    For more information, try '--help'.
    ");
    insta::assert_snapshot!(failure(folder.path(), &["compare", "out", "--by", "optimizer", "--where", "sgd"]), @r"
    error: invalid value 'sgd' for '--where <KEY=VALUE>': write KEY=VALUE, for example optimizer=sgd

    For more information, try '--help'.
    ");
}

#[test]
fn init_names_its_files_and_the_next_command() {
    let folder = tempfile::tempdir().unwrap();
    insta::assert_snapshot!(succeeds(folder.path(), &["init", "mine"]), @r"
    written   mine/sweep.toml
              mine/data/advertising.csv
    next      gradsweep run mine/sweep.toml
    ");
}
