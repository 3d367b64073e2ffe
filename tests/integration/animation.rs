//! The descent as an animation: its frames as values, and the files that contain them.

use gradsweep::analysis::{Error, descent};
use gradsweep::figure::{Animation, Color, Figure, Layer, Marker};
use gradsweep::plot::{AnimationFormat, animated};

use crate::analysis::{Trained, check, markers, points};

fn animation(ran: &Trained, runs: &[u64]) -> Animation {
    let animation = ran.analysed(&ran.cpu, |sweep| descent(sweep, runs).unwrap());
    for frame in 0..animation.frames.len() {
        check(&[figure(&animation, frame)]);
    }
    animation
}

/// A frame with its background as a figure.
fn figure(animation: &Animation, frame: usize) -> Figure {
    let mut figure = animation.background.clone();
    figure.caption.clone_from(&animation.frames[frame].caption);
    figure.table.clone_from(&animation.frames[frame].table);
    for (panel, layers) in figure.panels.iter_mut().zip(&animation.frames[frame].layers) {
        panel.layers.extend(layers.iter().cloned());
    }
    figure
}

/// The cells of the table of a frame, without its heading.
fn table(animation: &Animation, frame: usize) -> Vec<Vec<String>> {
    animation.frames[frame].table[1..].iter().map(|row| row.cells.clone()).collect()
}

/// Weight and bias of each run in a frame.
fn parameters(animation: &Animation, frame: usize) -> Vec<[f64; 2]> {
    let of = |layer: &Layer| if matches!(layer, Layer::Markers { marker: Marker::Filled, .. }) { points(layer) } else { Vec::new() };
    animation.frames[frame].layers[0].iter().flat_map(of).collect()
}

/// The published notebook ends at w 0.0863, b −0.0213 with J = 20.20.
#[test]
fn the_article_descends_in_a_frame_for_each_update() {
    let ran = Trained::config("article", &[]);
    let animation = animation(&ran, &[]);
    assert_eq!(animation.frames.len(), 161);
    assert_eq!(animation.frames[0].caption[0], "Update 0 of 160, epoch 0 of 10");
    assert_eq!(animation.frames[17].caption[0], "Update 17 of 160, epoch 2 of 10");
    assert_eq!(parameters(&animation, 0), [[f64::from(0.634_306_8_f32), 0.0]]);
    assert_eq!(parameters(&animation, 160), [[ran.runs.weight[0], ran.runs.bias[0]].map(f64::from)]);
    assert_eq!(table(&animation, 159)[0][4], "", "the verdict follows at the end");
    assert_eq!(table(&animation, 160), [["0", "0.08626", "-0.02131", "20.20", "slow"], ["optimum", "0.05246", "6.567", "8.998", ""]]);
    // J over the updates reaches the last update in the last frame.
    let losses = markers(&figure(&animation, 160).panels[2], Marker::Filled);
    assert!(losses.len() == 1 && losses[0][0] == 160.0 && (losses[0][1] - 20.20).abs() < 0.005, "{losses:?}");
    // The prediction at TV = 0 is the bias.
    let Layer::Line { points, .. } = &animation.frames[160].layers[1][0] else { panic!("a line") };
    let [[x0, y0], [x1, y1]] = [points[0], points[1]];
    assert!(((y1 - y0) / (x1 - x0) - 0.086_26).abs() < 5e-6 && (y0 - x0 * (y1 - y0) / (x1 - x0) + 0.021_31).abs() < 5e-6);
    let durations: Vec<u16> = animation.frames.iter().map(|frame| frame.duration).collect();
    assert!(durations[1..160].iter().all(|&duration| duration == 4 || duration == 5) && durations[160] == 200, "{durations:?}");
}

#[test]
fn a_diverged_run_ends_where_it_diverged_and_says_so() {
    let ran = Trained::config("article", &["training.optimizer=sgd", "sweep.parameters.learning_rate=[1e-6, 1.0]"]);
    let diverged_at = ran.runs.diverged_at[1].unwrap();
    let animation = animation(&ran, &[]);
    assert_eq!(animation.frames.len(), 161);
    let last = table(&animation, 160);
    assert_eq!(
        last[..2].iter().map(|row| row.last().unwrap().as_str()).collect::<Vec<_>>(),
        ["slow", &format!("diverged at {diverged_at}")]
    );
    let before = diverged_at as usize - 1;
    assert_eq!(table(&animation, before - 1)[1].last().unwrap(), "");
    assert_eq!(parameters(&animation, before)[1], parameters(&animation, 160)[1]);
    assert_ne!(parameters(&animation, before - 1)[1], parameters(&animation, before)[1]);
    // Without another run the animation ends there.
    let alone = self::animation(&ran, &[1]);
    assert_eq!(alone.frames.len(), diverged_at as usize);
    assert_eq!(table(&alone, before)[0].last(), last[1].last());
}

#[test]
fn the_default_is_the_best_run_for_each_of_a_few_values() {
    let ran = Trained::config("optimizers", &["training.epochs=3"]);
    let animation = animation(&ran, &[]);
    let shown = table(&animation, 0);
    assert_eq!(shown.len(), 5 + 1);
    let best = ran.runs.mean_excess.iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1)).unwrap().0;
    assert!(shown.iter().any(|row| row[0] == best.to_string()), "{shown:?} has run {best}");
    assert_eq!(animation.background.note, "5 of 13 runs are drawn: the best for 5 of 13 values of optimizer");
    let mut colors: Vec<Color> = Vec::new();
    for layer in &animation.frames[0].layers[1] {
        let Layer::Line { color, .. } = layer else { panic!("a line") };
        assert!(!colors.contains(color), "each run has its own colour");
        colors.push(*color);
    }
    // Runs that no hyperparameter distinguishes have colours of their own, too.
    let seeds = Trained::config("optimizers", &["training.epochs=1", "sweep.parameters={ \"training.seed\" = [1, 2] }"]);
    let shown = self::animation(&seeds, &[0, 1]);
    let [Layer::Line { color: first, .. }, Layer::Line { color: second, .. }] = &shown.frames[0].layers[1][..] else { panic!("two lines") };
    assert_ne!(first, second);
}

#[test]
fn long_runs_and_sparse_histories_have_few_frames_and_end_at_the_last_update() {
    let ran = Trained::config("logistic", &["training.epochs=5000", "sweep.parameters={ optimizer = [\"sgd\"] }"]);
    let animation = animation(&ran, &[]);
    assert_eq!(animation.frames.len(), 161);
    assert_eq!(parameters(&animation, 160), [[ran.runs.weight[0], ran.runs.bias[0]].map(f64::from)]);
    assert_eq!(animation.frames[160].caption[0], "Update 5,000 of 5,000, epoch 5,000 of 5,000");
    // Recorded are updates 0, 7, .., 154, and the last.
    let sparse = Trained::config("article", &["history.every=7"]);
    let animation = self::animation(&sparse, &[]);
    assert_eq!(animation.frames.len(), 24);
    assert_eq!(animation.frames[1].caption[0], "Update 7 of 160, epoch 1 of 10");
}

#[test]
fn runs_of_different_batch_sizes_have_a_column_of_epochs() {
    let ran = Trained::config("article", &["data.scale=standard", "training.epochs=2", "sweep.parameters.batch_size=[40, \"full\"]"]);
    let animation = animation(&ran, &[]);
    assert_eq!(animation.frames.last().unwrap().caption[0], "Update 8 of 8");
    let epochs = |frame: usize| table(&animation, frame)[..2].iter().map(|row| (row[1].clone(), row[2].clone())).collect::<Vec<_>>();
    let pair = |size: &str, epoch: &str| (size.to_owned(), epoch.to_owned());
    assert!(epochs(1).contains(&pair("40", "1")) && epochs(1).contains(&pair("160", "1")));
    assert!(epochs(8).contains(&pair("40", "2")) && epochs(8).contains(&pair("160", "2")));
}

#[test]
fn runs_without_an_optimum_or_with_negative_costs_are_animated() {
    // Labels of 0 or 1 under poisson, whose J is negative for predictions above 1.
    let no_optimum = "[data]\npath = \"data.csv\"\nfeature = \"x\"\ntarget = \"y\"\n[model]\nloss = \"poisson\"\nactivation = \"exponential\"\n\
                      [training]\nepochs = 40\noptimizer = \"sgd\"\nlearning_rate = 0.05\n";
    let ran = Trained::text(no_optimum, "x,y\n1,3\n2,4\n3,2\n1.5,5\n");
    assert!(ran.runs.train_loss[0] < 0.0, "{:?}", ran.runs.train_loss);
    let animation = animation(&ran, &[]);
    assert_eq!(animation.frames.len(), 41);
}

#[test]
fn runs_that_are_unknown_too_many_or_on_different_surfaces_are_refused() {
    let ran =
        Trained::config("article", &["training.epochs=1", "sweep.parameters={ learning_rate = { min = 0.1, max = 1.0, count = 14 } }"]);
    let error = |ran: &Trained, runs: &[u64]| ran.analysed(&ran.cpu, |sweep| descent(sweep, runs).unwrap_err());
    let unknown = error(&ran, &[14]);
    assert!(matches!(unknown, Error::NoSuchRun { run: 14, .. }) && unknown.is_usage(), "{unknown}");
    assert_eq!(
        error(&ran, &(0..14).collect::<Vec<u64>>()).to_string(),
        "14 runs are too many for one animation; name up to 13 of them with --run"
    );
    let scales = Trained::config("article", &["training.epochs=1", "sweep.parameters={ \"data.scale\" = [\"none\", \"standard\"] }"]);
    let other = error(&scales, &[0, 1]);
    assert_eq!(
        other.to_string(),
        "runs 0 and 1 have different cost surfaces (data.scale none; data.scale standard); animate them one at a time"
    );
    assert!(other.is_usage());
    assert_eq!(animation(&scales, &[1]).frames.len(), 17);
}

/// The images of a GIF file, RGB, and their durations.
fn gif_images(file: &[u8]) -> Vec<(Vec<u8>, u16)> {
    let mut options = gif::DecodeOptions::new();
    options.set_color_output(gif::ColorOutput::RGBA);
    let mut decoder = options.read_info(file).unwrap();
    let mut screen = vec![0; usize::from(decoder.width()) * usize::from(decoder.height()) * 3];
    let (width, mut images) = (usize::from(decoder.width()), Vec::new());
    while let Some(frame) = decoder.read_next_frame().unwrap() {
        let [left, top, wide] = [frame.left, frame.top, frame.width].map(usize::from);
        paint(&mut screen, width, &frame.buffer, [left, top, wide]);
        images.push((screen.clone(), frame.delay));
    }
    images
}

/// The images of an APNG file, RGB, and their durations.
fn apng_images(file: &[u8]) -> Vec<(Vec<u8>, u16)> {
    let mut decoder = png::Decoder::new(file);
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().unwrap();
    let frames = reader.info().animation_control().unwrap().num_frames;
    let (width, height) = reader.info().size();
    let mut screen = vec![0; (width * height * 3) as usize];
    let mut images = Vec::new();
    for _ in 0..frames {
        let mut buffer = vec![0; reader.output_buffer_size()];
        let output = reader.next_frame(&mut buffer).unwrap();
        let control = *reader.info().frame_control().unwrap();
        let place = [control.x_offset, control.y_offset, control.width].map(|side| side as usize);
        paint(&mut screen, width as usize, &buffer[..output.buffer_size()], place);
        assert_eq!(control.delay_den, 100);
        images.push((screen.clone(), control.delay_num));
    }
    images
}

/// Paints the opaque pixels of RGBA rows over a screen.
fn paint(screen: &mut [u8], screen_width: usize, rgba: &[u8], [left, top, width]: [usize; 3]) {
    for (index, pixel) in rgba.chunks_exact(4).enumerate().filter(|(_, pixel)| pixel[3] == 255) {
        let at = 3 * ((top + index / width) * screen_width + left + index % width);
        screen[at..at + 3].copy_from_slice(&pixel[..3]);
    }
}

#[test]
fn a_gif_and_an_apng_file_have_the_same_images() {
    let ran = Trained::config("article", &["training.epochs=1"]);
    let animation = animation(&ran, &[]);
    let [gif, apng] = [AnimationFormat::Gif, AnimationFormat::Apng].map(|format| animated(&animation, format).unwrap());
    let (images, others) = (gif_images(&gif), apng_images(&apng));
    let durations = |images: &[(Vec<u8>, u16)]| images.iter().map(|(_, duration)| *duration).collect::<Vec<u16>>();
    assert_eq!(durations(&images), animation.frames.iter().map(|frame| frame.duration).collect::<Vec<u16>>());
    assert_eq!(durations(&others), durations(&images));
    assert!(images == others, "the images differ");
    assert!(images.windows(2).all(|pair| pair[0].0 != pair[1].0), "every frame changes the image");
    // A frame with its background, drawn at once as an animation of one frame, is the image of that frame.
    let single = Animation { background: animation.background.clone(), frames: vec![animation.frames[16].clone()] };
    let alone = &gif_images(&animated(&single, AnimationFormat::Gif).unwrap())[0].0;
    // The colour tables of the two files differ.
    let close = |(a, b): (&u8, &u8)| a.abs_diff(*b) <= 24;
    let agreeing = images[16].0.iter().zip(alone).filter(|&pair| close(pair)).count();
    assert!(agreeing as f64 > 0.999 * alone.len() as f64, "{agreeing} of {}", alone.len());
}
