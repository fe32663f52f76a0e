//! Any bytes, as a request: see the oracle, which the tests share.

#![no_main]

#[path = "../../protocols/tests/http_oracle/mod.rs"]
#[expect(dead_code, reason = "it judges both kinds of messages")]
mod http_oracle;

libfuzzer_sys::fuzz_target!(|stream: &[u8]| http_oracle::check_request(stream));
