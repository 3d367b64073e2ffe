//! `gradsweep animate DIR`: draws the descent of runs as a GIF or APNG file.

use std::path::Path;

use gradsweep::analysis;
use gradsweep::plot::{AnimationFormat, draw_animation};

use super::args;
use super::failure::Failure;
use super::opened::OpenedSweep;
use super::output::print;
use super::plot::{analysed, create, reader};

pub fn animate(arguments: &args::Animate) -> Result<(), Failure> {
    let file = arguments.out.clone().unwrap_or_else(|| arguments.directory.join("plots/descent.gif"));
    let format = format(&file)?;
    let opened = OpenedSweep::open(&arguments.directory)?;
    let runs = opened.directory.runs()?;
    let backend = opened.replay_backend()?;
    let paths = opened.paths(&runs, backend.as_ref());
    let animation = analysis::descent(&analysed(&paths, &reader(&paths)), &arguments.runs)?;
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        create(folder)?;
    }
    draw_animation(&animation, format, &file)?;
    print(&format!("{}\n", file.display()))
}

/// The format that the extension of a file name stands for.
fn format(file: &Path) -> Result<AnimationFormat, Failure> {
    let extension = file.extension().map(|extension| extension.to_string_lossy().to_lowercase());
    let known = AnimationFormat::ALL.iter().find(|(_, own)| extension.as_deref() == Some(own));
    known.map(|(format, _)| *format).ok_or_else(|| {
        Failure::usage(format!(
            "the animation {} needs the extension .gif, or .png or .apng for APNG, for example --out descent.gif",
            file.display()
        ))
    })
}
