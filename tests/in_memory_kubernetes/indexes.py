"""Sets of completion indexes as the status of a Job writes them: ``0,2-5``."""

from __future__ import annotations

from collections.abc import Iterable


def parse_indexes(text: str) -> set[int]:
    """``"0,2-4"`` to {0, 2, 3, 4}."""
    found: set[int] = set()
    for part in text.split(",") if text else []:
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return found


def write_indexes(indexes: Iterable[int]) -> str:
    """{0, 2, 3, 4} to ``"0,2-4"``; two neighbors are written with a comma."""
    intervals: list[list[int]] = []
    for index in sorted(indexes):
        if intervals and index == intervals[-1][1] + 1:
            intervals[-1][1] = index
        else:
            intervals.append([index, index])
    return ",".join(_write(first, last) for first, last in intervals)


def _write(first: int, last: int) -> str:
    if first == last:
        return str(first)
    return f"{first}{',' if last == first + 1 else '-'}{last}"
