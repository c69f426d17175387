"""Which objects a labelSelector and a fieldSelector mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from in_memory_kubernetes.statuses import ApiError

Match = Callable[[dict[str, Any]], bool]
FIELDS = re.compile(
    r"(metadata\.(name|namespace)|involvedObject\.(name|kind|uid|namespace)|reason|type"
    r"|status\.phase|spec\.nodeName|spec\.restartPolicy|status\.successful)"
)
_SET = re.compile(r"(?P<key>\S+)\s+(?P<how>in|notin)\s+\((?P<values>[^()]*)\)")
_EQUAL = re.compile(r"(?P<key>[^\s!=]+)\s*(?P<how>==|=|!=)\s*(?P<value>\S*)")


def matcher(label_selector: str, field_selector: str) -> Match:
    """Whether an object is meant by both."""
    labels = [_label_term(term) for term in _terms(label_selector)]
    fields = [_field_term(term) for term in _terms(field_selector)]
    return lambda item: all(term(item) for term in labels + fields)


def _terms(selector: str) -> list[str]:
    return [term.strip() for term in re.split(r",(?![^(]*\))", selector) if term.strip()]


def _label_term(term: str) -> Match:
    def labels(item: dict[str, Any]) -> dict[str, str]:
        return item["metadata"].get("labels") or {}

    if found := _SET.fullmatch(term):
        key, values = found["key"], {value.strip() for value in found["values"].split(",")}
        if found["how"] == "in":
            return lambda item: labels(item).get(key) in values
        return lambda item: labels(item).get(key) not in values
    if found := _EQUAL.fullmatch(term):
        key, value = found["key"], found["value"]
        if found["how"] == "!=":
            return lambda item: labels(item).get(key) != value
        return lambda item: labels(item).get(key) == value
    if re.fullmatch(r"!?[\w./-]+", term):
        return lambda item: (term.lstrip("!") in labels(item)) != term.startswith("!")
    raise ApiError(400, f"unable to parse requirement: {term!r}")


def _field_term(term: str) -> Match:
    found = _EQUAL.fullmatch(term)
    if not found:
        raise ApiError(400, f"invalid selector: {term!r}; can't understand {term!r}")
    path, value, unequal = found["key"], found["value"], found["how"] == "!="
    if not FIELDS.fullmatch(path):
        raise ApiError(400, f"field label not supported: {path}")
    return lambda item: (field(item, path) == value) != unequal


def field(item: dict[str, Any], path: str) -> str:
    """The value at a dotted path, or an empty text."""
    here: Any = item
    for name in path.split("."):
        here = here.get(name) if isinstance(here, dict) else None
    return "" if here is None else str(here)
