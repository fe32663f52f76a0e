//! The seeds of the fuzzer are read as the same however they are cut, and refused for what they are named.

use std::fs;
use std::path::Path;

use http::Method;
use protocols::http::{FramingError, HttpLimits, RequestReader, ResponseReader};

use crate::http_oracle;

/// The seeds of a target, by name.
fn seeds(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus").join(target);
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap());
    let seeds = files.map(|file| (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap()));
    let mut seeds: Vec<_> = seeds.collect();
    seeds.sort();
    assert!(seeds.len() > 20, "the seeds are found");
    seeds
}

/// `good`, or the name of the error.
fn verdict(result: Result<(), FramingError>) -> String {
    result.map_or_else(|error| format!("{error:?}"), |()| "good".to_owned())
}

#[test]
fn every_seed_of_a_response_gets_the_verdict_of_its_name() {
    for (name, stream) in seeds("http_response") {
        http_oracle::check_response(&stream);
        let mut reader = ResponseReader::new(&Method::GET, &HttpLimits::default());
        let result = match reader.read(&stream) {
            Ok((_, None)) => reader.end().map(|_| ()),
            whole => whole.map(|_| ()),
        };
        assert_eq!(Some(verdict(result).as_str()), name.split('-').next(), "{name}");
    }
}

#[test]
fn every_seed_of_a_request_gets_the_verdict_of_its_name() {
    for (name, stream) in seeds("http_request") {
        http_oracle::check_request(&stream);
        let result = RequestReader::new(&HttpLimits::default()).read(&stream).map(|_| ());
        assert_eq!(Some(verdict(result).as_str()), name.split('-').next(), "{name}");
    }
}
