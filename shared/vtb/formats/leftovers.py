"""Files that people's machines leave beside others: every reader of folders and archives passes them over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePath

# Of the Finder, Windows' Explorer, notebooks, and zip files made on a Mac; in lower case.
NAMES = {
    ".ds_store", ".appledouble", ".spotlight-v100", ".trashes", ".fseventsd", "__macosx", "thumbs.db", "ehthumbs.db",
    "desktop.ini", "$recycle.bin", ".ipynb_checkpoints",
}  # fmt: skip


def left_behind(path: PurePath | str) -> bool:
    """Whether a path, or a folder on it, is no file of the data; give it relative to what is read."""
    return any(_is_leftover(part) for part in PurePath(path).parts)


def _is_leftover(name: str) -> bool:
    """By its name: of the list, a Mac's second half of a file, a lock of an office program, an editor's backup."""
    return name.lower() in NAMES or name.startswith(("._", "~$")) or name.endswith("~")


def without_leftovers(root: Path, paths: Iterable[Path]) -> Iterator[Path]:
    """The paths below a root that belong to the data."""
    return (path for path in paths if not left_behind(path.relative_to(root)))
