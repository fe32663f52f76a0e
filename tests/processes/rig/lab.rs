//! Name spaces of our own: networks and file systems that may be spoilt, and that vanish with the process.

use std::path::{Path, PathBuf};
use std::process::Command;

/// It says that this process is inside already.
const INSIDE: &str = "PROCESSES_LAB";
/// What makes name spaces: as root, or as a user who is root in them alone.
const WAYS_IN: [&[&str]; 2] =
    [&["unshare", "--net", "--mount"], &["unshare", "--map-root-user", "--net", "--mount"]];

/// Runs the work of the test of this name in name spaces of its own: this program is started again in them, for
/// that test alone. Where the machine has none, says so and does nothing.
pub(crate) fn inside(test: &str, work: impl FnOnce()) {
    if is_inside() {
        run("ip link set lo up");
        return work();
    }
    let Some(mut again) = again() else {
        return println!("{test}: passed over: this machine gives no name spaces");
    };
    let output = again.args(["--exact", test, "--nocapture"]).output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "inside: {said}");
    assert!(said.contains("1 passed"), "{test} is the name of no test: {said}");
}

/// Starts this program again in name spaces, with the same arguments, and waits for its end. False: there are none,
/// or this is inside already.
pub(crate) fn enter() -> bool {
    if is_inside() {
        run("ip link set lo up");
        return false;
    }
    let Some(mut again) = again() else { return false };
    let status = again.args(std::env::args_os().skip(1)).status().unwrap();
    assert!(status.success(), "inside: {status}");
    true
}

/// Whether this process has name spaces of its own.
pub(crate) fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// This program, in name spaces of its own.
fn again() -> Option<Command> {
    let way = way_in()?;
    let mut command = Command::new(way[0]);
    command.args(&way[1..]).arg(std::env::current_exe().ok()?).env(INSIDE, "1");
    Some(command)
}

/// How name spaces are made on this machine, if they are.
fn way_in() -> Option<&'static [&'static str]> {
    let works = |way: &&&[&str]| {
        let probe = "ip link set lo up && mount -t tmpfs probe /mnt && ip rule add to 10.255.0.1 blackhole";
        let mut command = Command::new(way[0]);
        command.args(&way[1..]).args(["sh", "-c", probe]);
        command.output().is_ok_and(|output| output.status.success())
    };
    WAYS_IN.iter().find(works).copied()
}

/// Runs a command line that must succeed; its words hold no spaces.
pub(crate) fn run(line: &str) {
    let words: Vec<&str> = line.split(' ').collect();
    let output = Command::new(words[0]).args(&words[1..]).output();
    let output = output.unwrap_or_else(|error| panic!("{line}: {error}"));
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
}

/// A file system in memory, of a size.
pub(crate) struct SmallDisk(PathBuf);

impl SmallDisk {
    /// At this folder, which is made.
    pub(crate) fn at(folder: &Path, size: &str) -> SmallDisk {
        std::fs::create_dir_all(folder).unwrap();
        run(&format!("mount -t tmpfs -o size={size} small {}", folder.display()));
        SmallDisk(folder.to_owned())
    }

    /// Writes until nothing more fits; removing the file makes room again.
    pub(crate) fn fill(&self) -> PathBuf {
        let path = self.0.join("filler");
        let mut file = std::fs::File::create(&path).unwrap();
        for size in [65_536, 4096, 512, 1] {
            while std::io::Write::write_all(&mut file, &vec![b'x'; size]).is_ok() {}
        }
        path
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // The folder is in the way of its herd's removal otherwise.
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).output();
    }
}
