"""Rows put together so that little of each pack is empty, and how many updates that makes.

Rows of very different length waste most of a batch as padding, and a row alone most of a GPU. So rows are packed once,
before training, and share nothing but the pack: attention ends where a row ends.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import structs

from vtb.geometry.job import Job
from vtb.rng import sample_rng, shuffled

_WINDOW = 256  # rows that are looked at together, so that long and short rows stay mixed over a training


def pack(lengths: Sequence[int], most: int, seed: int) -> list[list[int]]:
    """The numbers of the rows of each pack: in windows of a random order, the longest first, where there is room.

    Args:
        lengths: of all rows, in tokens; none above ``most``.
        most: tokens of a pack.
        seed: of the order.
    """
    order = shuffled(sample_rng(seed, "packs", 0), range(len(lengths)))
    found: list[list[int]] = []
    for start in range(0, len(order), _WINDOW):
        window = sorted(order[start : start + _WINDOW], key=lambda row: -lengths[row])
        found += _first_fit(window, lengths, most)
    return found


def _first_fit(rows: Sequence[int], lengths: Sequence[int], most: int) -> list[list[int]]:
    packs: list[list[int]] = []
    room: list[int] = []
    for row in rows:
        place = next((number for number, left in enumerate(room) if left >= lengths[row]), len(packs))
        if place == len(packs):
            packs.append([])
            room.append(most)
        packs[place].append(row)
        room[place] -= lengths[row]
    return packs


def efficiency(lengths: Sequence[int], packs: int, most: int) -> float:
    """The share of the packs that is no padding."""
    return sum(lengths) / (packs * most)


def planned(job: Job, packs: int, processes: int) -> Job:
    """The job with its updates and its warm-up, which the number of packs decides."""
    made = math.ceil(job.epochs * packs / (job.grad_accum * processes))
    steps = job.max_steps or max(1, made)
    return structs.replace(job, steps=steps, warmup=job.warmup or math.ceil(job.warmup_share * steps))
