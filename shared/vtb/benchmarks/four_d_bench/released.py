"""How the released scripts of 4D-Bench read an answer, written anew from what they do."""

from __future__ import annotations

import re

_BRACKETED = re.compile(r"\(([A-D])\)")
_ALONE = re.compile(r"(?:^|[\s(.,;:])([A-D])(?:[\s).,;:]|$)")
_MOST = 50_000  # characters


def first_option(text: str) -> str | None:
    """The first A to D in brackets, else the first that stands alone, which "A" as a word does, too."""
    found = _BRACKETED.search(text[:_MOST]) or _ALONE.search(text[:_MOST])
    return found[1] if found else None
