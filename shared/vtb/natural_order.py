"""Names in the order in which people count: 9 before 10."""

from __future__ import annotations

import re

_DIGITS = re.compile(r"([0-9]{1,18})")


def natural_order(name: str) -> list[tuple[bool, int, str]]:
    """A key to sort names by: their numbers as numbers."""
    return [(part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in _DIGITS.split(name)]
