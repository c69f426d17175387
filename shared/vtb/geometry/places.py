"""Where geometry stands in a prompt: tokens after those of each picture and clip, before the end of it.

They are pads of the same kind as the medium's, marked as text: so the model's own rule gives them positions one after
the other behind the medium, as words there would have (facts of the released model: M-RoPE knows only the grid).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby


def tokens_of_geometry(mode: str, queries: int, seen: int) -> int:
    """Tokens of geometry that a medium gets whose vision tokens are so many."""
    return {"select": queries, "concat": seen, "none": 0}[mode]


def with_places(ids: Sequence[int], kinds: Sequence[int], mode: str, queries: int) -> tuple[list[int], list[int]]:
    """A prompt with places for geometry.

    Args:
        ids: tokens of one row.
        kinds: of each token: 0 for words, 1 where it is of a picture, 2 of a clip.
        mode: of the geometry.
        queries: of it.
    """
    made: list[int] = []
    told: list[int] = []
    for kind, found in groupby(zip(ids, kinds, strict=True), key=lambda pair: pair[1]):
        own = [token for token, _ in found]
        more = tokens_of_geometry(mode, queries, len(own)) if kind else 0
        made += own + [own[-1]] * more
        told += [kind] * len(own) + [0] * more
    return made, told
