//! The table: what was measured, the figure, the target, and whether it was met.

use std::fmt::Display;
use std::time::Duration;

/// One line of it.
pub(crate) struct Row {
    what: String,
    figure: String,
    target: String,
    met: Option<bool>,
}

impl Row {
    /// A figure that is best small.
    pub(crate) fn at_most(what: impl Into<String>, figure: f64, most: f64, unit: &str) -> Row {
        let met = Some(figure <= most);
        Row { what: what.into(), figure: show(figure, unit), target: format!("<= {most} {unit}"), met }
    }

    /// The same of a time, in milliseconds.
    pub(crate) fn within(what: impl Into<String>, figure: Duration, most: Duration) -> Row {
        Row::at_most(what, milliseconds(figure), milliseconds(most), "ms")
    }

    /// A figure without a target.
    pub(crate) fn note(what: impl Into<String>, figure: impl Display) -> Row {
        Row { what: what.into(), figure: figure.to_string(), target: "-".to_owned(), met: None }
    }

    pub(crate) fn print(&self) {
        let met = self.met.map_or("-", |met| if met { "met" } else { "MISSED" });
        println!("| {:<58} | {:>14} | {:>12} | {met:<6} |", self.what, self.figure, self.target);
    }
}

pub(crate) fn print_head() {
    println!("| {:<58} | {:>14} | {:>12} | {:<6} |", "what", "figure", "target", "met");
    println!("|{:-<60}|{:->15}:|{:->13}:|{:-<8}|", "", "", "", "");
}

fn show(figure: f64, unit: &str) -> String {
    if figure.fract() == 0.0 { format!("{figure} {unit}") } else { format!("{figure:.1} {unit}") }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
