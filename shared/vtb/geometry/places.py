"""Where geometry stands in a prompt: tokens after those of each picture and clip, before the end of it.

They are pads of the same kind as the medium's, marked as text: so the model's own rule gives them positions one after
the other behind the medium, as words there would have (facts of the released model: M-RoPE knows only the grid).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

_CLIP = 2  # the kind of a clip's tokens


def tokens_of_geometry(mode: str, queries: int, seen: int) -> int:
    """Tokens of geometry that a medium gets whose vision tokens are so many."""
    return {"select": queries, "concat": seen, "none": 0}[mode]


def vision_tokens(grids: Any, merge: int) -> list[int]:
    """Of each medium, by its grid (time, height, width) of patches; none where there are no grids."""
    return [] if grids is None else [int(time * high * wide) // merge**2 for time, high, wide in grids.tolist()]


def with_places(
    ids: Sequence[int], kinds: Sequence[int], mode: str, queries: int, clips: Iterator[int]
) -> tuple[list[int], list[int]]:
    """A prompt with places for geometry.

    Args:
        ids: tokens of one row.
        kinds: of each token: 0 for words, 1 where it is of a picture, 2 of a clip.
        mode: of the geometry.
        queries: of it.
        clips: vision tokens of each clip, whose tokens may stand in several runs, with its seconds between them.
    """
    made: list[int] = []
    told: list[int] = []
    seen = left = 0  # of a clip
    for kind, found in groupby(zip(ids, kinds, strict=True), key=lambda pair: pair[1]):
        own = [token for token, _ in found]
        made += own
        told += [kind] * len(own)
        if kind == _CLIP and not left:
            seen = left = next(clips)
        left -= len(own) if kind == _CLIP else 0
        if kind and not left:
            more = tokens_of_geometry(mode, queries, seen if kind == _CLIP else len(own))
            made += [own[-1]] * more
            told += [0] * more
    return made, told
