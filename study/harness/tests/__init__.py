"""Tests of the harness: `study/run test`, or unittest in any Python that has study/requirements.txt."""
