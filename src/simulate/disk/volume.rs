//! A simulated disk as a server's journal sees it.

use std::fmt;
use std::io;

use redb::{Builder, Database, DatabaseError};

use super::SimDisk;
use crate::journal::Volume;

/// Holds a server's database on a [`SimDisk`].
#[derive(Clone, Debug)]
pub struct SimVolume(pub SimDisk);

impl fmt::Display for SimVolume {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a simulated disk")
    }
}

impl Volume for SimVolume {
    fn open(&self, builder: &Builder) -> Result<Database, DatabaseError> {
        builder.create_with_backend(self.0.open())
    }

    fn read(&self) -> io::Result<Vec<u8>> {
        Ok(self.0.contents())
    }

    fn replace(&self, database: &[u8]) -> io::Result<String> {
        let number = self.0.set_aside();
        self.0.set_contents(database.to_vec());
        Ok(format!("damaged-{number}"))
    }
}
