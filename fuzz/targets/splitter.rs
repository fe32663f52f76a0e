//! Any bytes, cut into lines: see the oracle, which the tests share.

#![no_main]

#[path = "../../tests/oracles/mod.rs"]
#[expect(dead_code, reason = "each target asks one of them")]
mod oracles;

libfuzzer_sys::fuzz_target!(|input: &[u8]| oracles::splitter::check(input));
