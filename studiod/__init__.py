"""studiod: a headless studio that records, mixes and tells every surface the same truth."""

__version__ = "0.1.0"
