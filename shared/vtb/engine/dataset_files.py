"""The files that rows of a dataset name."""

from __future__ import annotations

from pathlib import Path


def inside(dataset: Path, name: str) -> Path:
    """A file of a dataset; ``ValueError`` where it is none."""
    path = dataset / name
    try:
        there = path.is_file()
    except OSError:  # a name that is longer than any file's
        there = False
    if ".." in Path(name).parts or Path(name).is_absolute() or not there:
        raise ValueError(f"{name[:200]!r} is not among its files")
    return path
