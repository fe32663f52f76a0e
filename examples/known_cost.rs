//! What clients cost that are known: memory, the time of a start, and the time to find one on disk again.
//!
//! ```text
//! cargo run --release --example known_cost [CLIENTS] [BOUND ..]
//! ```
//!
//! Makes a file of a million clients, and reads it under each bound (`limits.clients_known`). `memory` is what the
//! process has more than before, redb's own cache of at most 32 MB included; `alone` and `many` are the times to find
//! a client, one at a time and 1,024 at a time.

use std::error::Error;
use std::fs;
use std::process::Command as Process;

use herd::command::Command;
use herd::config::Durability;
use herd::journal::{Batch, Disk, FileVolume, Journal, Volume};
use herd::store::Record;
use reactor::Net;
use reactor::mio_net::MioNet;

const AT_A_TIME: usize = 1024;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    let folder = std::env::temp_dir().join(format!("known-cost-{}", std::process::id()));
    let path = folder.join("Ball.redb");
    if let Ok(path) = std::env::var("KNOWN_COST_FILE") {
        return read(&path, numbers[0], numbers[1]);
    }
    let (clients, bounds) =
        numbers.split_first().map_or((1_000_000, &[][..]), |(first, rest)| (*first, rest));
    make(&path, clients)?;
    println!(
        "{:>9} {:>9} {:>9} {:>9} {:>10} {:>9} {:>9}",
        "clients", "bound", "open", "start", "memory", "alone", "many"
    );
    for bound in if bounds.is_empty() { &[1_000_000, 100_000][..] } else { bounds } {
        let mut process = Process::new(std::env::current_exe()?); // one for each: memory is not given back
        process.args([clients.to_string(), bound.to_string()]).env("KNOWN_COST_FILE", &path).status()?;
    }
    Ok(fs::remove_dir_all(folder)?)
}

fn volume(path: impl AsRef<std::path::Path>) -> Box<dyn Volume> {
    Box::new(FileVolume::new(path.as_ref()))
}

fn id(number: usize) -> String {
    format!("client-{number}.example.org")
}

fn make(path: &std::path::Path, clients: usize) -> Outcome<()> {
    let (disk, _) = Disk::open(volume(path), "Ball", |_| {})?;
    let mut batch = Batch::default();
    for number in 0..clients {
        let line = format!("AT Ball +0.263873386 {} +34.068930-118.445127 5.392014450", id(number));
        if let Ok(Command::At(at)) = Command::parse(line.as_bytes()) {
            batch.push(&Record::new(&at));
        }
        if batch.len() == 65_536 || number + 1 == clients {
            disk.commit(&batch)?;
            batch.clear();
        }
    }
    Ok(())
}

fn read(path: &str, clients: usize, bound: usize) -> Outcome<()> {
    let net = MioNet::new()?;
    let clock = || net.now();
    let began = clock();
    drop(Disk::open(volume(path), "Ball", |_| {})?);
    let open = clock().since(began);
    let (began, before) = (clock(), memory()?);
    let (journal, store, _) = Journal::open_bounded(Durability::Always, || volume(path), "Ball", bound)?;
    let (start, memory) = (clock().since(began), memory()? - before);
    assert_eq!((store.len(), store.known()), (bound.min(clients), clients));
    let disk = journal.disk().ok_or("there is a disk")?;
    let ids: Vec<Vec<u8>> = (0..8 * AT_A_TIME).map(|n| id(n * 7919 % clients).into_bytes()).collect();
    let began = clock();
    for id in &ids {
        disk.get(id)?;
    }
    let alone = clock().since(began) / (8 * 1024);
    let began = clock();
    for ids in ids.chunks(AT_A_TIME) {
        disk.get_all(ids)?;
    }
    let many = clock().since(began) / (8 * 1024);
    println!("{clients:>9} {bound:>9} {open:>9.2?} {start:>9.2?} {memory:>7} kB {alone:>9.2?} {many:>9.2?}");
    Ok(())
}

/// What the process has in memory, in kB.
fn memory() -> Outcome<usize> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
