//! What is left of the records, and how soon they are there again.

use std::time::Duration;

use crate::common::{Herd, NAMES};
use crate::gauge::time;
use crate::rig::damage;
use crate::rig::killing::{ALWAYS, Killing};
use crate::rig::ledger::Ledger;
use crate::rig::ring::await_agreement;
use crate::table::Row;

const KILLS: u32 = 100;
const RECORDS: usize = 10_000;

pub(crate) fn kills() -> Vec<Row> {
    let (mut killing, mut lost) = (Killing::with(ALWAYS), 0);
    for round in 0..KILLS {
        // At another moment each time.
        let objections = killing.round(u64::from(100 + round * 37 % 400));
        objections.iter().for_each(|objection| eprintln!("kill {round}: {objection}"));
        lost += u32::try_from(objections.len()).unwrap();
    }
    let what = format!("lost or altered by {KILLS} kills of {} acknowledged reports", killing.acknowledged());
    vec![Row::at_most(what, f64::from(lost), 0.0, "reports")]
}

pub(crate) fn rebuilt() -> Vec<Row> {
    let mut herd = Herd::of_five();
    let ledger = Ledger::filled(&herd, "Ball", RECORDS);
    await_agreement(&herd, &NAMES, &ledger);
    herd.kill("Welsh");
    damage::forget(&herd, "Welsh");
    let time = time(|| {
        herd.start("Welsh");
        ledger.await_at(&herd, "Welsh");
    });
    let what = format!("{RECORDS} records rebuilt from neighbours, from the start of the process");
    vec![Row::within(what, time, Duration::from_secs(3))]
}

pub(crate) fn damage() -> Vec<Row> {
    let mut herd = Herd::of_one(&[ALWAYS]);
    let ledger = Ledger::filled(&herd, "Welsh", 2_000);
    herd.kill("Welsh");
    let file = herd.path("data/Welsh.redb");
    let whole = std::fs::read(&file).unwrap();
    let (mut altered, mut lost) = (0, 0);
    for seed in 1..=KILLS {
        std::fs::write(&file, &whole).unwrap();
        damage::flip_one_bit(&file, u64::from(seed));
        herd.start_with("Welsh", &[ALWAYS]);
        let objections = ledger.objections_to(&herd, "Welsh");
        let is_lost = |objection: &&String| objection.contains(": lost: ");
        lost += u32::from(objections.iter().any(|objection| is_lost(&objection)));
        altered += objections.iter().filter(|objection| !is_lost(objection)).count();
        herd.kill("Welsh");
    }
    let altered = f64::from(u32::try_from(altered).unwrap());
    vec![
        Row::at_most(format!("records altered by one flipped bit, {KILLS} starts"), altered, 0.0, "records"),
        Row::note("starts of these after which some were missing", lost),
    ]
}
