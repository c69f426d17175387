"""The work folder of a training, which nodes share whose cache lies on one disk.

Whoever comes first empties and fills it, and whoever leaves last removes it. A lock beside the folder, shared by all
who work in it, says who is alone; the kernel frees it when its holder is killed.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_FILLED = ".filled"


@contextmanager
def work_folder(folder: Path, fill: Callable[[], str]) -> Iterator[str]:
    """The folder, filled by one of those who work in it at a time; it is gone when the last has left in good order.

    What goes wrong leaves it there with its logs, until the next run comes.

    Args:
        folder: Where to work.
        fill: Puts into the empty folder what all of them need.

    Yields:
        What ``fill`` said, to all the same.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    users = os.open(folder.with_name(f"{folder.name}.users"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        while (said := _join(users, folder, fill)) is None:
            pass
        yield said
        if _alone(users):
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(users)


def _join(users: int, folder: Path, fill: Callable[[], str]) -> str | None:
    """Work in the folder from here on; None where its last user has just left, and taken it away."""
    if _alone(users):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / _FILLED).write_text(fill(), encoding="utf-8")
    fcntl.flock(users, fcntl.LOCK_SH)  # waits for whoever fills it
    try:
        return (folder / _FILLED).read_text(encoding="utf-8")
    except FileNotFoundError:
        return None


def _alone(users: int) -> bool:
    """Whether nobody else works there; from here on nobody can."""
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
