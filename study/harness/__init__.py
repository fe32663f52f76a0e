"""Measures the herd beside its originals: `study/run` is the way in, README.md the map."""
