//! Files of records, damaged: see the oracle, which the tests share.

#![no_main]

#[path = "../../tests/oracles/mod.rs"]
#[expect(dead_code, reason = "each target asks one of them")]
mod oracles;

// A panic of redb's is contained, and none of the target's concern; libFuzzer's own hook would end the process.
libfuzzer_sys::fuzz_target!(init: drop(std::panic::take_hook()), |input: &[u8]| oracles::store_records::check(input));
