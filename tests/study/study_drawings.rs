//! The drawings of docs/study are what study/draw.py makes of the code as it is, where there is a Python.

use std::process::{Command, Output};

use crate::common::missing::pass_over;

/// Runs `python3` in study/; `None`, after saying so, if there is none and need not be.
fn python(arguments: &[&str]) -> Option<Output> {
    let mut command = Command::new("python3");
    command.current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/study")).arg("-B").args(arguments);
    let output = command.output().ok();
    if output.is_none() {
        pass_over("there is no python3");
    }
    output
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn the_drawings_show_the_code_as_it_is() {
    let Some(output) = python(&["draw.py", "--check"]) else { return };
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn what_is_not_in_the_code_is_not_drawn() {
    for (what, file, name) in [
        ("require", "src/herd/mod.rs", "Shepherd"),
        ("require", "study/twisted/server_protocol.py", "ServerProtocol.handle_nothing"),
        ("require_code", "study/twisted/server_factory.py", "connectUDP("),
        ("calls_on_self", "reactor/src/reactor/mod.rs", "churn"),
        ("imported_from", "study/twisted/__main__.py", "rector"),
    ] {
        let program = format!("from drawing import symbols; symbols.{what}('{file}', '{name}')");
        let Some(output) = python(&["-c", &program]) else { return };
        assert!(said(&output).contains("\nLookupError: "), "{what}: {}", said(&output));
    }
}

#[test]
fn a_drawing_that_is_out_of_date_is_found() {
    let program = "import draw; draw.DRAWINGS = {'architecture-herd.svg': lambda: 'another'}; \
                   raise SystemExit(draw.main(['--check']))";
    let Some(output) = python(&["-c", program]) else { return };
    assert_eq!(output.status.code(), Some(1));
    assert!(said(&output).starts_with("docs/study/architecture-herd.svg is not what"), "{}", said(&output));
}
