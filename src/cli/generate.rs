//! `gradsweep completions SHELL` and `gradsweep man`: files for shells and for `man`, generated from the arguments.

use clap::CommandFactory as _;
use clap_complete::Generator as _;

use super::args::{Arguments, Completions};
use super::failure::Failure;
use super::output::write;

/// Prints the completion script of a shell.
pub fn completions(arguments: &Completions) -> Result<(), Failure> {
    let mut command = Arguments::command();
    command.set_bin_name("gradsweep");
    command.build();
    let mut script = Vec::new();
    arguments.shell.try_generate(&command, &mut script)?;
    write(&script)
}

/// Prints the manual page: the program, then each subcommand.
pub fn man() -> Result<(), Failure> {
    let mut command = Arguments::command();
    command.build();
    let mut page = Vec::new();
    let whole = clap_mangen::Man::new(command.clone());
    whole.render_title(&mut page)?;
    whole.render_name_section(&mut page)?;
    whole.render_synopsis_section(&mut page)?;
    whole.render_description_section(&mut page)?;
    for subcommand in command.get_subcommands().filter(|own| own.get_name() != "help") {
        let title = format!("gradsweep {}", subcommand.get_name()).to_uppercase();
        page.extend_from_slice(format!(".SH \"{title}\"\n").as_bytes());
        let own = clap_mangen::Man::new(subcommand.clone());
        let mut sections = Vec::new();
        own.render_synopsis_section(&mut sections)?;
        own.render_description_section(&mut sections)?;
        own.render_options_section(&mut sections)?;
        // Sections of a subcommand are subsections of the page.
        let sections = String::from_utf8_lossy(&sections).replace(".SH ", ".SS ");
        page.extend_from_slice(sections.as_bytes());
    }
    write(&page)
}
