"""JSON that says two things of one name: readers disagree about which counts, and one would be lost without a word."""

from __future__ import annotations

from typing import Any


def named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object out of its names and values, for ``json.loads`` (``object_pairs_hook``).

    Raises:
        ValueError: it says two things of one name.
    """
    content: dict[str, Any] = {}
    for name, value in pairs:
        known = content.setdefault(name, value)
        if known is not value and known != value:  # what is no number differs from itself
            raise ValueError(f"says two things of {name[:80]!r}")
    return content
