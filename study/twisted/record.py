"""What a server knows of one client."""

import re
from typing import NamedTuple

# Flaw F8: no bounds of the globe, `+34.` passes, and `\d` is any script's digit; ours: src/command/location.rs.
LOCATION = re.compile(r"([+-]\d+\.?\d*)([+-]\d+\.?\d*)")


class Record(NamedTuple):
    message: str
    """The AT line, for the other servers and for WHATSAT."""
    latitude: float
    longitude: float
    time: float

    @classmethod
    def parse(cls, message: str, location: str, time: str) -> "Record":
        """Raises ValueError, as float() does."""
        match = LOCATION.fullmatch(location)
        if match is None:
            raise ValueError(f"not a location: {location}")
        # Flaw F3: a float holds some 16 digits, so ...392014450 and ...392014451 are one time, and float() takes
        # nan, inf, 1e9 and 1_000 as well; ours: exact decimals, src/command/decimal.rs.
        return cls(message, float(match[1]), float(match[2]), float(time))
