"""The library behind every vtb-train stage: artifacts, stores, puzzles, reports, launchers."""

__version__ = "0.1.0"
