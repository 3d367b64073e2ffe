//! Data that are hard for a sweep: constant columns, a single row, values at the limits of float32. Each is run as a user runs it.

use gradsweep::store::RunDirectory;
use gradsweep::table::RunTable;

use crate::common::program::{gradsweep, succeeds};

/// The streams of `gradsweep run` and, if it succeeded, the stored runs and the SVG pictures.
struct Run {
    stdout: String,
    stderr: String,
    runs: Option<RunTable>,
    svgs: Vec<String>,
}

/// Runs a sweep of the columns x and y, unless `rest` names others; `rest` continues its table [data].
fn run(csv: &str, rest: &str) -> Run {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data.csv"), csv).unwrap();
    let columns = if rest.starts_with("feature") { "" } else { "feature = \"x\"\ntarget = \"y\"\n" };
    std::fs::write(folder.path().join("sweep.toml"), format!("[data]\npath = \"data.csv\"\n{columns}{rest}")).unwrap();
    let output = gradsweep(folder.path(), &["run", "sweep.toml", "--out", "out"]);
    let [stdout, stderr] = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert!(output.status.code().is_some_and(|code| code == 0 || code == 2), "{stderr}");
    let directory = folder.path().join("out");
    let runs = output.status.success().then(|| RunDirectory::open(&directory).unwrap().runs().unwrap());
    let svgs = std::fs::read_dir(directory.join("plots")).into_iter().flatten().filter_map(|entry| {
        let path = entry.unwrap().path();
        (path.extension()? == "svg").then(|| std::fs::read_to_string(path).unwrap())
    });
    Run { stdout, stderr, runs, svgs: svgs.collect() }
}

/// The plan that `--dry-run` prints for a sweep of the columns x and y.
fn dry_run(csv: &str, rest: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data.csv"), csv).unwrap();
    let config = format!("[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n{rest}");
    std::fs::write(folder.path().join("sweep.toml"), config).unwrap();
    succeeds(folder.path(), &["run", "sweep.toml", "--dry-run"])
}

/// Rows of x and y as a CSV.
fn csv(rows: impl Iterator<Item = (f64, f64)>) -> String {
    rows.fold("x,y\n".to_owned(), |csv, (x, y)| csv + &format!("{x},{y}\n"))
}

#[test]
fn a_constant_feature_is_recognised_whatever_its_value() {
    let data = csv((0..20).map(|row| (14.62, f64::from(row % 5) + 0.5)));
    let ran = run(
        &data,
        "[model]\ninitial_weight = 0.0\n[training]\nepochs = 50\nbatch_size = \"full\"\n[sweep.parameters]\nlearning_rate = [1e-5, 1e-3]\n",
    );
    assert!(ran.stderr.contains("warning: the feature is 14.62 in all 20 training rows"), "{}", ran.stderr);
    let all = format!("{}{}", ran.stdout, ran.svgs.concat());
    assert!(all.contains("The feature is constant") && !all.contains("κ") && !all.contains("standard"), "{}", ran.stdout);
    // Lines of equal J cross the frame of the contour picture.
    assert!(ran.svgs.iter().any(|svg| svg.contains("J* = 2.000")));
    for scale in ["standard", "min_max"] {
        let refused = run(&data, &format!("scale = \"{scale}\"\n"));
        assert!(refused.stderr.contains("the feature is 14.62 in every training row"), "{}", refused.stderr);
    }
}

#[test]
fn targets_beyond_the_squares_of_float32_are_refused() {
    for (factor, message, help) in [
        (
            3e-30,
            "the target values reach only 5.7e-29, so their squares underflow float32",
            "multiply the column by a constant such as 1e29",
        ),
        (1e30, "the target values reach 1.9e31, so their squares overflow float32", "divide the column by a constant"),
    ] {
        let ran = run(&csv((0..20).map(|row| (f64::from(row), factor * f64::from(row)))), "");
        assert!(ran.stderr.contains(message) && ran.stderr.contains(help), "{}", ran.stderr);
        assert!(ran.runs.is_none());
    }
}

#[test]
fn an_offset_that_float32_cannot_carry_is_refused_or_warned_of() {
    let offset = |offset: f64| csv((0..60).map(|row| (f64::from(row), offset + f64::from(row))));
    // The standard deviation of 0, 1 .. 59 is √((60² − 1)/12) = 17.3. Float32 numbers near 1.6e9 are 128 apart, near 1e8 8 apart.
    let refused = run(&offset(1.6e9), "");
    assert!(refused.stderr.contains("float32 keeps no digit of the variation of the target"), "{}", refused.stderr);
    assert!(refused.stderr.contains("subtract a constant such as 1.6e9 from the column"), "{}", refused.stderr);
    let warned = run(&offset(1e8), "scale = \"standard\"\n");
    let digits = (17.318_f64 / 4.0).log10();
    assert!(warned.stderr.contains(&format!("{digits:.1} digits of the variation remain")), "{}", warned.stderr);
    let exact = run(&offset(1000.0), "");
    assert!(!exact.stderr.contains("warning"), "{}", exact.stderr);
}

/// J of the training rows and of the test rows is exact for the rows as rounded to float32, also where a float32 sum would lose it.
#[test]
fn the_loss_of_a_run_is_one_number() {
    let rows: Vec<(f64, f64)> = (0..60).map(|row| (f64::from(row), 1e8 + f64::from(row))).collect();
    let config = "train_rows = \"0..40\"\ntest_rows = \"40..60\"\n[training]\noptimizer = \"sgd\"\nepochs = 3\nbatch_size = \"full\"\n[model]\ninitial_weight = 0.0\n\
                  [sweep.parameters]\nlearning_rate = [1e-4, 3e-4]\n";
    let ran = run(&csv(rows.iter().copied()), config);
    let runs = ran.runs.unwrap();
    for row in 0..2 {
        let (w, b) = (f64::from(runs.weight[row]), f64::from(runs.bias[row]));
        let mean =
            |rows: &[(f64, f64)]| rows.iter().map(|(x, y)| (w * x + b - f64::from(*y as f32)).powi(2)).sum::<f64>() / rows.len() as f64;
        let (train, test) = rows.split_at(40);
        for (found, mse, expected) in
            [(runs.train_loss[row], runs.train_mse[row], mean(train)), (runs.test_loss[row], runs.test_mse[row], mean(test))]
        {
            assert!((f64::from(found) / expected - 1.0).abs() < 1e-6, "{found} and {expected}");
            assert_eq!(found, mse);
        }
    }
}

/// With a target near 1e8 the rate that would reach the optimum in time is beyond the largest accepted one.
#[test]
fn a_printed_remedy_is_within_bounds() {
    let data = csv((0..60).map(|row| (f64::from(row), 1e8 + f64::from(row))));
    let ran =
        run(&data, "scale = \"standard\"\n[training]\noptimizer = \"adam\"\nlearning_rate = 0.5\nepochs = 50\nbatch_size = \"full\"\n");
    for rate in ran.stdout.split("learning_rate=").skip(1) {
        let digits = |c: char| c.is_ascii_digit() || ".e-+".contains(c);
        let value: f64 = rate[..rate.find(|c| !digits(c)).unwrap_or(rate.len())].trim_end_matches('.').parse().unwrap();
        assert!((0.0..=1e6).contains(&value), "{}", ran.stdout);
    }
}

/// Neither a terminal nor an SVG file receives the control characters of a header or a cell.
#[test]
fn control_characters_of_a_data_file_are_escaped() {
    let is_control = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
    let header = "\u{1b}[31mx,y\u{1}\n";
    let refused = run(&format!("{header}1,2\n2,3\n"), "");
    assert!(
        refused.stderr.contains("columns of the file: \"\\u{1b}[31mx\", \"y\\u{1}\"") && !is_control(&refused.stderr),
        "{}",
        refused.stderr
    );
    let refused = run("x,y\n1,2\n2,\u{1b}]0;title\u{7}\n", "");
    assert!(refused.stderr.contains("\\u{1b}]0;title") && !is_control(&refused.stderr), "{}", refused.stderr);
    let drawn = run(&format!("{header}1,3\n2,5\n3,8\n").replace("\u{1b}[31m", "\u{1}"), "feature = \"\\u0001x\"\ntarget = \"y\\u0001\"\n");
    assert!(drawn.svgs.len() >= 4 && drawn.svgs.iter().all(|svg| !is_control(svg)), "{}", drawn.stderr);
}

/// A target in words, with missing values, semicolons and decimal commas.
#[test]
fn a_foreign_file_is_read_with_the_keys_of_data() {
    let data = "x;y\n0,5;no\n1,5;yes\n2,5;\n3,5;no\n4,5;yes\n";
    let ran = run(
        data,
        "delimiter = \";\"\ndecimal = \",\"\nmissing = \"drop\"\npositive = \"yes\"\n[model]\nactivation = \"sigmoid\"\nloss = \"binary_crossentropy\"\n",
    );
    assert!(ran.stderr.contains("1 row without a feature or a target is left out; 4 rows remain"), "{}", ran.stderr);
    assert_eq!(ran.runs.unwrap().run, [0]);
}

#[test]
fn a_short_last_batch_is_announced() {
    let data = csv((0..89).map(|row| (f64::from(row), f64::from(row % 7))));
    let ran = run(&data, "[training]\nbatch_size = 8\n");
    assert!(ran.stderr.contains("with batch_size 8 the last of 12 batches has only 1 row"), "{}", ran.stderr);
    assert!(dry_run(&data, "[training]\nbatch_size = 8\n").contains("batch_size 8: 12 batches an epoch, the last of 1 row\n"));
    let even = run(&data, "[training]\nbatch_size = 12\n");
    assert!(!even.stderr.contains("batch_size 12"), "{}", even.stderr);
}

#[test]
fn data_without_information_give_finite_results() {
    let models = [
        "",
        "[model]\nloss = \"binary_crossentropy\"\nactivation = \"sigmoid\"\n",
        "[model]\nloss = \"hinge\"\n",
        "[model]\nloss = \"huber\"\nactivation = \"hard_sigmoid\"\nuse_bias = false\n",
        "[model]\nloss = \"poisson\"\nactivation = \"exponential\"\n",
    ];
    let data = ["x,y\n3,1\n", "x,y\n0,0\n0,0\n", "x,y\n1,1\n2,1\n3,1\n", "x,y\n1,0\n2,0\n"];
    for model in models {
        for csv in data {
            let ran = run(
                csv,
                &format!("{model}[training]\nepochs = 5\n[sweep.parameters]\nlearning_rate = [1e-3, 1.0]\n\"training.seed\" = [1, 2]\n"),
            );
            let text = format!("{}{}", ran.stdout, ran.svgs.concat());
            assert!(ran.runs.is_some() && !text.contains("NaN") && !text.contains("inf"), "{model} {csv:?}: {}{}", ran.stdout, ran.stderr);
            assert!(ran.stderr.contains("warning: "), "{model} {csv:?}");
        }
    }
}

/// Poisson under a linear neuron falls without bound for negative predictions, so no run reaches an optimum, and no other rate would.
#[test]
fn a_cost_without_a_minimum_is_reported_as_such() {
    let data = "x,y\n\
        29.98710703995891,30.116\n\
        -3.9725364695237935,4.112\n\
        129.522068603761,130.969\n\
        301.79760618699186,303.924\n\
        53.14164753761601,52.723\n\
        112.12715325072655,112.704\n\
        80.99769633082869,80.918\n\
        -110.11843641507568,111.415\n\
        60.2304125607902,61.08\n\
        -100.61379293116349,99.466\n\
        -101.7812356094426,100.563\n\
        -19.761275902465492,20.455\n\
        33.77472615858956,33.315\n\
        90.71734826668846,90.445\n\
        129.46722801704064,128.291\n\
        -11.828078083501609,11.66\n\
        -67.81004729575352,68.266\n\
        -87.27279797208666,86.632\n\
        75.04882510279516,74.076\n\
        -128.43829841464384,129.825\n";
    let ran = run(
        data,
        "[model]\nloss = \"poisson\"\n[training]\nepochs = 400\nbatch_size = \"full\"\n[sweep.parameters]\noptimizer = [\"adam\", \"adagrad\"]\n\
         learning_rate = [0.01, 0.1, 1.0]\ninitial_weight = [-10, -3, -1, 0.1, 1, 3, 10]\ninitial_bias = [-10, -2, 0, 2, 10]\n",
    );
    assert!(ran.stdout.contains("optimum   none, because J has no minimum"), "{}", ran.stdout);
    assert!(ran.stdout.contains("J has no minimum, so no run can reach one; the lowest J of a setting is -"), "{}", ran.stdout);
    assert!(!ran.stdout.contains("converged") && !ran.stdout.contains("extend"), "{}", ran.stdout);
    let runs = ran.runs.unwrap();
    assert_eq!(runs.run.len(), 210);
    assert!(runs.excess.iter().all(|excess| excess.is_nan()), "{:?}", runs.excess);
}
