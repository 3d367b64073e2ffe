//! The manual: every page of docs/ is in docs/SUMMARY.md, and every relative link in the Markdown files leads to a file and a heading.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::common::program::root;

/// The Markdown files of a folder, by name.
fn pages(folder: &Path) -> BTreeSet<PathBuf> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// The targets of the links of a page, outside of code: `[text](target)`.
fn links(text: &str) -> Vec<String> {
    let mut is_code = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            is_code = !is_code;
        }
        if is_code || line.starts_with("    ") {
            continue;
        }
        // Every second part is between backticks.
        for part in line.split('`').step_by(2) {
            found.extend(part.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target.to_owned()));
        }
    }
    found
}

/// The anchors of the headings of a page, as GitHub and mdBook form them.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#')).map(|line| line.trim_start_matches('#').trim().to_lowercase());
    let anchor =
        |heading: String| heading.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c)).collect::<String>().replace(' ', "-");
    headings.map(anchor).collect()
}

#[test]
fn the_summary_lists_every_page_once() {
    let docs = root().join("docs");
    let listed = links(&std::fs::read_to_string(docs.join("SUMMARY.md")).unwrap());
    let mut expected: Vec<String> = pages(&docs).iter().map(|path| path.file_name().unwrap().to_string_lossy().into_owned()).collect();
    expected.retain(|name| name != "SUMMARY.md");
    let mut sorted = listed;
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
}

#[test]
fn every_relative_link_leads_to_a_file_and_a_heading() {
    let mut count = 0;
    for page in pages(root()).union(&pages(&root().join("docs"))) {
        let text = std::fs::read_to_string(page).unwrap();
        for link in links(&text).iter().filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').map_or((link.as_str(), None), |(path, anchor)| (path, Some(anchor)));
            let target = if path.is_empty() { page.clone() } else { page.parent().unwrap().join(path) };
            assert!(target.exists(), "{}: {link} leads to no file", page.display());
            if let Some(anchor) = anchor {
                let headings = anchors(&std::fs::read_to_string(&target).unwrap());
                assert!(headings.contains(anchor), "{}: {link} leads to none of {headings:?}", page.display());
            }
            count += 1;
        }
    }
    assert!(count > 50, "{count} links");
}

#[test]
fn links_in_code_and_remote_links_are_no_files() {
    assert_eq!(links("[a](b.md) and `[c](d.md)` [e](f.md#g)\n```\n[h](i)\n```\n    [j](k)\n[l](m)"), ["b.md", "f.md#g", "m"]);
    assert!(anchors("## The `--set` option: 1 & 2").contains("the---set-option-1--2"));
}
