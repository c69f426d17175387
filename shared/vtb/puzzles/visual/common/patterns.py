"""Choosing the content of a pattern at random, so that counting colors or shapes does not tell the answer.

In a pattern the parts of a group share a value. With one part missing, its value is seen once less than the others
(three pairs of colors: 2, 2 and 1), and who counts need not see the pattern. So under fair sampling parts of the other
groups are hidden too, until every value is seen equally often: then the missing part may have any of them.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from vtb.rng import Value, pick, shuffled

SIZES = ("small", "medium", "large")
# Where a picture shows two sizes only, words for them need a measure: the grey disc in the missing place.
SIZES_NOTE = "Large is as wide as the grey disc, medium is about 0.7 and small about 0.4 times as wide."


def assign(rng: random.Random, groups: int, values: Sequence[Value]) -> list[Value]:
    """A value for every group, each another one."""
    return shuffled(rng, values)[:groups]


def missing_in(rng: random.Random, groups: Sequence[Sequence[int]], sampling: str, seen: int = 0) -> dict[str, Any]:
    """Which part is asked about, and which others are hidden: the fields ``missing`` and ``hidden`` of a record.

    Args:
        rng: the generator.
        groups: the places of every group that may be asked about.
        sampling: ``fair`` hides places of each group, ``videothinkbench`` nothing but what is asked about.
        seen: how many places of each group stay to be seen; by default all but one.
    """
    if sampling == "videothinkbench":
        return {"missing": pick(rng, [place for group in groups for place in group])}
    out = [shuffled(rng, group)[seen or len(group) - 1 :] for group in groups]
    missing = pick(rng, pick(rng, out))
    return {"missing": missing, "hidden": sorted(place for group in out for place in group if place != missing)}


def options_around(
    rng: random.Random, answer: str, likely: Sequence[str], others: Sequence[str], count: int
) -> list[str]:
    """Options in random order: the answer, what the picture shows besides, and others to fill up."""
    shown = shuffled(rng, [value for value in dict.fromkeys(likely) if value != answer])
    unseen = shuffled(rng, [value for value in others if value != answer and value not in shown])
    return shuffled(rng, [answer, *(shown + unseen)[: count - 1]])
