//! A Python that has Twisted, for tests that run it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::missing::pass_over;

/// Where such a Python is; `python3` is asked if it is not set. `.ci/run` makes one and sets it.
const PYTHON: &str = "TWISTED_PYTHON";

/// It, or `None`, after saying so, if there is none and need not be.
pub(crate) fn python() -> Option<PathBuf> {
    let python = env::var_os(PYTHON).map_or_else(|| "python3".into(), PathBuf::from);
    if has_twisted(&python) {
        return Some(python);
    }
    let said =
        format!("{} has no Twisted: see study/twisted/requirements.txt and {PYTHON}", python.display());
    assert!(env::var_os(PYTHON).is_none(), "{said}");
    pass_over(&said);
    None
}

fn has_twisted(python: &Path) -> bool {
    let tried = Command::new(python).args(["-c", "import twisted"]).output();
    tried.is_ok_and(|output| output.status.success())
}
