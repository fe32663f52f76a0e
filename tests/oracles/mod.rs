//! What must hold of each parser for every input there is. The fuzz targets ask the same.

pub(crate) mod at_line;
pub(crate) mod command;
pub(crate) mod config;
pub(crate) mod dialects;
pub(crate) mod draw;
pub(crate) mod hello;
pub(crate) mod lines;
pub(crate) mod peer;
pub(crate) mod reactor_ops;
pub(crate) mod resync;
pub(crate) mod search;
pub(crate) mod splitter;
pub(crate) mod store;
pub(crate) mod store_records;
pub(crate) mod strings;
