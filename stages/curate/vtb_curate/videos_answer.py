"""What an answer about a video says; it has a strict form, and anything else is no answer."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vtb.chat.said import CUT_OFF, FILTERED, REFUSED, Said
from vtb.datasets.videos.record import CATEGORIES, class_names

MOVES, CLASSES, CATEGORY = "moves", ("agents", "objects"), "category"
MOST_CLASSES = 50
_THOUGHTS = "</think>"  # where a server leaves what a model thinks in the answer
_FENCE = re.compile(r"```\w*")
_LINE = re.compile(r"\**(\w+)\**\s*:\**\s*(.*?)[\s*]*")
_CLASS = re.compile(r"\w[\w '&/()-]{0,59}")
_ENDS = {CUT_OFF: "cut off", FILTERED: "stopped by a filter", REFUSED: "refused by the model"}


class Unread(Exception):
    """Why an answer cannot be read: in words that can be counted, and for a person."""

    def __init__(self, kind: str, detail: str) -> None:
        """Both in a few words."""
        super().__init__(detail)
        self.kind, self.detail = kind, detail


@dataclass(frozen=True)
class Decision:
    """What a model says of a video: whether things move, the classes, and the category where it was asked for one."""

    moves: bool
    agents: tuple[str, ...]
    objects: tuple[str, ...]
    category: str | None


def read_answer(said: Said, *, with_category: bool) -> Decision:
    """The decision in an answer.

    Raises:
        Unread: the answer was not brought to its end, or is not in the form.
    """
    if said.finish in _ENDS:
        raise Unread(_ENDS[said.finish], f"ends with {said.finish}")
    values = _values(said.text, with_category)
    agents, objects = (_classes(name, values[name]) for name in CLASSES)
    category = _category(values[CATEGORY]) if CATEGORY in values else None
    return Decision(_yes(values[MOVES]), agents, tuple(name for name in objects if name not in agents), category)


def _values(text: str, with_category: bool) -> dict[str, str]:
    """What stands behind each word, which must be these in this order and no others."""
    text = text.rpartition(_THOUGHTS)[2]
    lines = [line.strip() for line in text.splitlines() if line.strip() and not _FENCE.fullmatch(line.strip())]
    parts = [_LINE.fullmatch(line) for line in lines[:8]]
    found = {part[1].lower(): part[2] for part in parts if part}
    wanted = [MOVES, *CLASSES, *([CATEGORY] if with_category or CATEGORY in found else [])]
    if list(found) != wanted or len(lines) != len(wanted):
        raise _odd(f"does not consist of the lines {', '.join(wanted)}")
    return found


def _yes(value: str) -> bool:
    word = value.lower().rstrip(".")
    if word not in ("yes", "no"):
        raise _odd(f"says neither yes nor no: {value[:60]!r}")
    return word == "yes"


def _classes(name: str, value: str) -> tuple[str, ...]:
    if not value:
        raise _odd(f"names no {name}, and does not say None")
    found = class_names(value)
    if bad := next((one for one in found if not _CLASS.fullmatch(one)), None):
        raise _odd(f"has something among the {name} that is no class: {bad[:60]!r}")
    if len(found) > MOST_CLASSES:
        raise _odd(f"names {len(found)} {name}")
    return found


def _category(value: str) -> str:
    plain = _plain(value)
    found = next((name for name in CATEGORIES if _plain(name) == plain), None)
    if found is None:
        raise _odd(f"has an unknown category: {value[:60]!r}")
    return found


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("&", " and ").rstrip(".").split())


def _odd(detail: str) -> Unread:
    return Unread("not in the form", detail)
