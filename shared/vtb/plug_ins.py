"""What other packages add by entry points."""

from __future__ import annotations

import logging
import multiprocessing
from importlib.metadata import EntryPoint, entry_points
from typing import Protocol, TypeVar

from vtb.errors import BadInput

log = logging.getLogger("vtb.plug_ins")


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """The name by which it is found."""


T = TypeVar("T", bound=Named)


def plug_ins(group: str, what: str, kind: type[T]) -> dict[str, T]:
    """Everything of a group by its name; a broken one is named and left out, since most commands do not need it.

    Args:
        group: of the entry points.
        what: what one of them is called in messages.
        kind: the class of which each is.
    """
    found: dict[str, T] = {}
    for entry in entry_points(group=group):
        try:
            found[entry.name] = _load(entry, what, kind)
        except BadInput as error:
            # Worker processes look again, and nobody needs to hear it twice.
            level = logging.WARNING if multiprocessing.parent_process() is None else logging.DEBUG
            log.log(level, "%s: it is left out", error)
    return found


def _load(entry: EntryPoint, what: str, kind: type[T]) -> T:
    where = f"{what} {entry.name!r} of {entry.value}"
    try:
        loaded: object = entry.load()
    except (Exception, SystemExit) as error:  # whatever somebody else's module does when it is imported
        raise BadInput(f"{where}: cannot be loaded: {error}") from error
    if not isinstance(loaded, kind):
        raise BadInput(f"{where}: cannot be loaded: it is no {kind.__name__}")
    if loaded.name != entry.name:
        raise BadInput(f"{where}: calls itself {loaded.name!r}: use one name")
    return loaded
