"""The word that was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """``: did you mean X?`` to end a message with, or nothing where no known word is like it."""
    close = difflib.get_close_matches(word, list(known), 1)
    return f": did you mean {close[0]}?" if close else ""
