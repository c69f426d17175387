"""The files that rows of a dataset name."""

from __future__ import annotations

from pathlib import Path


def inside(dataset: Path, name: str) -> Path:
    """A file of a dataset; ``ValueError`` where it is none."""
    path = dataset / name
    if ".." in Path(name).parts or Path(name).is_absolute() or not path.is_file():
        raise ValueError(f"{name!r} is not among its files")
    return path
