//! Servers by others: `openssl s_server`, where there is one.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use super::manner::{PLACES, ok};
use crate::common::authority::Identity;
use crate::common::missing::pass_over;

/// What the herd asks for, and so the name of the file that is sent.
const TARGET: &str = "maps/api/place/nearbysearch/json?location=34.06893,-118.445127&radius=10000\
                      &key=a-key-that-nobody-sees";

/// Runs until it is dropped.
pub(crate) struct Foreign {
    process: Child,
    pub(crate) port: u16,
    _folder: TempDir,
}

impl Foreign {
    /// A server that is right but for what `flags` say. `None`: there is no such tool, or it lacks a flag.
    pub(crate) fn open(identity: &Identity, flags: &[&str]) -> Option<Foreign> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("identity.pem"), identity.chain.clone() + &identity.key).unwrap();
        let file = folder.path().join(TARGET);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, ok(PLACES)).unwrap();
        let mut command = Command::new("openssl");
        command.args(["s_server", "-HTTP", "-accept", "127.0.0.1:0", "-cert", "identity.pem"]);
        command.args(["-cert_chain", "identity.pem", "-key", "identity.pem"]).args(flags);
        command.current_dir(&folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let Ok(mut process) = command.spawn() else { return absent(flags) };
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        match lines.find_map(|line| line.strip_prefix("ACCEPT ")?.rsplit(':').next()?.parse().ok()) {
            Some(port) => Some(Foreign { process, port, _folder: folder }),
            None => absent(flags),
        }
    }
}

fn absent(flags: &[&str]) -> Option<Foreign> {
    pass_over(&format!("no openssl s_server {}", flags.join(" ")));
    None
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
