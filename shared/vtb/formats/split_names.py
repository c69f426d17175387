"""Splits as published data sets spell them, in the names of their files and folders."""

from __future__ import annotations

import re
from pathlib import Path

from vtb.formats.leftovers import left_behind

# The words by which the Hugging Face ``datasets`` library knows the splits, and the benchmark's own.
SPLITS = {
    "train": "train", "training": "train",
    "val": "val", "valid": "val", "validation": "val", "dev": "val",
    "test": "test", "testing": "test", "eval": "test", "evaluation": "test",
    "minitest": "minitest",
}  # fmt: skip
# Folders that only the benchmark has, so that they say their split wherever they lie.
BENCHMARK = {"vision-centric_reasoning": "test", "minitest_vision-centric_reasoning": "minitest"}
_SHARD = re.compile(r"-\d+(-of-\d+)?(-[0-9a-f]+)?$")
_MINI = re.compile(r"mini[-_. ]?test")


def split_in_name(name: str) -> str | None:
    """The split that a name without its ending says, by its first or its last word."""
    plain = _MINI.sub("minitest", _SHARD.sub("", name.lower()))
    words = re.split(r"[-_. ]+", plain)
    return next((SPLITS[word] for word in (words[0], words[-1]) if word in SPLITS), None)


def split_of_place(file: Path, base: Path, *, by_name: bool) -> str | None:
    """The split that a file's place says: its own name, the folders around it below ``base``, from the innermost out.

    Args:
        file: the file.
        base: folders around this one have names that say nothing of the data, but for the benchmark's own.
        by_name: whether the file's own name counts.
    """
    for part in reversed(file.parts):
        if part.lower() in BENCHMARK:
            return BENCHMARK[part.lower()]
    names = [file.stem] if by_name else []
    names += reversed(file.relative_to(base).parent.parts)
    return next((split for name in names if (split := split_in_name(name)) is not None), None)


def is_hidden(path: Path) -> bool:
    """Whether a path below a data set is hidden, as caches are, or what a machine left there."""
    return left_behind(path) or any(part.startswith(".") for part in path.parts)
