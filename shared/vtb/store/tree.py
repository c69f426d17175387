"""Many objects at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from vtb.errors import BadInput
from vtb.store.base import Store, check_key
from vtb.store.files import walk
from vtb.store.parallel import each


def upload_tree(store: Store, folder: Path, prefix: str = "", *, threads: int = 8) -> list[str]:
    """Write every file below a folder to a store.

    Args:
        store: Where to.
        folder: The folder; unfinished writes in it are left out.
        prefix: A folder in the store to put them below.
        threads: How many files at once.

    Returns:
        The keys, sorted.

    Raises:
        BadInput: The folder is not there.
    """
    if not folder.is_dir():
        raise BadInput(f"there is no folder {folder} to upload")
    base = prefix.strip("/")

    def put(name: str) -> str:
        key = f"{base}/{name}" if base else name
        store.put_file(key, folder / name)
        return key

    return sorted(each(put, (name for name, _ in walk(str(folder))), threads))


def download(
    store: Store,
    keys: Iterable[str],
    folder: Path,
    *,
    threads: int = 8,
    on_done: Callable[[str], None] | None = None,
) -> None:
    """Read objects into files of the same names below a folder, which appear whole or not at all.

    Args:
        store: Where from.
        keys: Which; may be lazy and without end, as few are taken ahead.
        folder: Where to.
        threads: How many objects at once.
        on_done: Called in the caller's thread with each key whose file is complete.

    Raises:
        BadInput: A key would leave the folder, or its object is not there.
    """

    def get(key: str) -> str:
        store.get_file(key, folder / key)
        return key

    for key in each(get, (_inside(key, store.uri) for key in keys), threads):
        if on_done is not None:
            on_done(key)


def _inside(key: str, uri: str) -> str:
    try:
        return check_key(key)
    except BadInput as error:
        raise BadInput(f"refusing to download from {uri}: {error}") from None
