//! Every difference is explained, and nothing else is.

use std::fs;
use std::path::Path;

use super::listing::Listing;

const PAGE: &str = "docs/study.md";

#[test]
fn every_difference_is_explained_once_and_nothing_else_is() {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE)).unwrap();
    let listing = Listing::committed();
    let mut explained = explained(&page);
    explained.sort_unstable();
    assert_eq!(
        explained,
        listing.ids().into_iter().collect::<Vec<_>>(),
        "{PAGE}, and tests/study/mixed/differences.txt"
    );
}

/// The ids of the rows between the two marks.
fn explained(page: &str) -> Vec<&str> {
    let (_, section) = page.split_once("<!-- differences -->").unwrap();
    let (section, _) = section.split_once("<!-- end: differences -->").unwrap();
    let ids = section.lines().filter_map(|line| line.strip_prefix("| ")?.split(' ').next());
    ids.filter(|id| id.starts_with('D')).collect()
}

#[test]
fn the_rows_between_the_marks_are_read() {
    let page = "| D1 | no |\n<!-- differences -->\n| id | a |\n|---|---|\n| D2 | b |\nD3\n| D10 | c |\n<!-- end: differences -->\n| D4 |";
    assert_eq!(explained(page), ["D2", "D10"]);
}
