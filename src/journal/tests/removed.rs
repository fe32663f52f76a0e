//! The file of records is removed or replaced while the server runs.

use std::fs;
use std::path::PathBuf;

use super::server::Stage;
use super::*;

/// A folder, and a file of records in it that was opened.
struct Place {
    parent: tempfile::TempDir,
    path: PathBuf,
}

impl Place {
    fn new() -> Place {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data/Ball.redb");
        Place { parent, path }
    }

    fn volume(&self) -> Box<dyn Volume> {
        Box::new(FileVolume::new(&self.path))
    }

    fn disk(&self) -> Disk {
        Disk::open(self.volume(), "Ball", |_| {}).unwrap().0
    }

    /// What the next start finds.
    fn found(&self) -> BTreeSet<String> {
        let (_, store, notice) = Journal::open(Durability::Always, || self.volume(), "Ball").unwrap();
        assert_eq!(notice, None);
        lines(&store)
    }

    fn files(&self) -> BTreeSet<String> {
        let files = fs::read_dir(self.path.parent().unwrap()).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    }
}

fn commit(disk: &Disk, client: u32) -> Result<Option<String>, DiskError> {
    let mut batch = Batch::default();
    store(&[line(client, 1)]).records().for_each(|record| batch.push(record));
    disk.commit(&batch)
}

fn first(clients: u32) -> BTreeSet<String> {
    (0..clients).map(|client| line(client, 1)).collect()
}

#[test]
fn a_file_that_was_removed_is_put_back_by_the_commit_that_finds_it_so() {
    let place = Place::new();
    let disk = place.disk();
    assert_eq!(commit(&disk, 0).unwrap(), None);
    fs::remove_file(&place.path).unwrap();
    let notice = commit(&disk, 1).unwrap().unwrap();
    assert!(
        notice.ends_with("Ball.redb was removed while it was in use; it is put back with all that it held")
    );
    assert_eq!(commit(&disk, 2).unwrap(), None);
    assert_eq!(disk.get(b"client-0").unwrap().unwrap(), line(0, 1).as_bytes());
    drop(disk);
    assert_eq!(place.found(), first(3));
    assert_eq!(place.files(), BTreeSet::from(["Ball.redb".to_owned()]));
}

#[test]
fn a_file_that_was_replaced_is_put_back_and_the_other_is_kept() {
    let place = Place::new();
    let disk = place.disk();
    for round in [1, 2] {
        commit(&disk, round - 1).unwrap();
        let other = place.path.with_extension("other");
        fs::write(&other, format!("other {round}")).unwrap();
        fs::rename(other, &place.path).unwrap();
        let notice = disk.put_back().unwrap().unwrap();
        let aside = format!("{}.replaced-{round}", place.path.display());
        assert!(notice.ends_with(&format!("and what was there is {aside}")), "{notice}");
        assert_eq!(fs::read_to_string(aside).unwrap(), format!("other {round}"));
        assert_eq!(disk.put_back().unwrap(), None);
    }
    drop(disk);
    assert_eq!(place.found(), first(2));
}

#[test]
fn a_file_that_was_moved_is_put_back_and_a_link_to_it_is_as_good() {
    let place = Place::new();
    let disk = place.disk();
    commit(&disk, 0).unwrap();
    let moved = place.parent.path().join("moved");
    fs::rename(&place.path, &moved).unwrap();
    std::os::unix::fs::symlink(&moved, &place.path).unwrap();
    assert_eq!(commit(&disk, 1).unwrap(), None);
    fs::remove_file(&place.path).unwrap();
    assert!(commit(&disk, 2).unwrap().is_some());
    drop(disk);
    assert_eq!(place.found(), first(3));
}

#[test]
fn while_the_folder_is_gone_commits_fail_and_nothing_begins_empty() {
    let place = Place::new();
    let disk = place.disk();
    commit(&disk, 0).unwrap();
    fs::remove_dir_all(place.path.parent().unwrap()).unwrap();
    for _ in 0..2 {
        let error = commit(&disk, 1).unwrap_err().to_string();
        assert!(
            error.starts_with("it was removed or replaced, and cannot be put back: No such file"),
            "{error}"
        );
        assert!(!place.path.exists());
        assert!(disk.get(b"client-0").is_err(), "it is not to be taken for a client that nobody knows");
    }
    fs::create_dir(place.path.parent().unwrap()).unwrap();
    assert!(commit(&disk, 1).unwrap().is_some());
    drop(disk);
    assert_eq!(place.found(), first(2));
}

#[test]
fn in_always_nothing_is_acknowledged_that_the_next_start_would_not_find() {
    let place = Place::new();
    let mut stage = Stage::on(place.volume(), Durability::Always, usize::MAX);
    assert_eq!(stage.ask("IAMAT one +1-1 5\n"), ["AT Ball one +1-1 5"]);
    fs::remove_file(&place.path).unwrap();
    assert_eq!(stage.ask("IAMAT two +1-1 5\n"), ["AT Ball two +1-1 5"]);
    assert!(place.path.exists());
    fs::remove_dir_all(place.path.parent().unwrap()).unwrap();
    assert!(stage.ask("IAMAT three +1-1 5\n").is_empty(), "nobody can say whether it will be kept");
    fs::create_dir(place.path.parent().unwrap()).unwrap();
    stage.harness.advance(SECOND);
    assert_eq!(stage.counters().failed, 1);
    drop(stage);
    let ids = |line: String| line.split(' ').nth(3).unwrap().to_owned();
    let found: BTreeSet<_> = place.found().into_iter().map(ids).collect();
    assert_eq!(found, ["one", "two", "three"].map(str::to_owned).into());
}

#[test]
fn records_that_lie_on_disk_alone_are_put_back_too() {
    let place = Place::new();
    let mut stage = Stage::on(place.volume(), Durability::Always, 1);
    let reports: String = (0..50).map(|n| format!("IAMAT client-{n} +1-1 5\n")).collect();
    assert_eq!(stage.ask(&reports).len(), 50);
    fs::remove_file(&place.path).unwrap();
    assert_eq!(stage.ask("IAMAT last +1-1 5\n").len(), 1);
    assert!(stage.counters().evicted > 0);
    assert_eq!(stage.ask("IAMAT client-7 +1-1 4\nWHATSAT client-7 10 1\n")[1], "AT Ball client-7 +1-1 5");
    drop(stage);
    assert_eq!(place.found().len(), 51);
}

#[test]
fn a_file_that_is_gone_is_put_back_when_somebody_looks() {
    let place = Place::new();
    let mut stage = Stage::on(place.volume(), Durability::Everysec, usize::MAX);
    fs::remove_file(&place.path).unwrap();
    let reactor::testing::Harness { reactor, net, .. } = &mut stage.harness;
    reactor.enter(net, |cx| cx.app.journal.look_after_file(&mut cx.reactor));
    stage.harness.settle();
    assert!(place.path.exists());
}
