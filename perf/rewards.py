"""Rewards of completions in words, on one core: ten thousand, eight of a prompt as GRPO has them, half right."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

from vtb.puzzles.family import Family
from vtb.puzzles.registry import families
from vtb.puzzles.sample import make_example
from vtb.rewards.registry import rewards
from vtb.tasks.example import Example, encode_example

COMPLETIONS, GENERATIONS, EXAMPLES = 10_000, 8, 144
THOUGHT = "The shapes in the picture are compared one by one, from the left to the right and from above. " * 5
Pair = tuple[str, dict[str, str]]


def run() -> Iterator[dict[str, Any]]:
    """All families in turn, then each group."""
    every = list(families().values())
    yield {"name": "rewards_vtb_all_families", "value": _rate("vtb", _puzzles(every)), "unit": "completions/s",
           "target": 10_000}  # fmt: skip
    for group in sorted({family.group for family in every}):
        members = [family for family in every if family.group == group]
        yield {"name": f"rewards_vtb_{group}", "value": _rate("vtb", _puzzles(members)), "unit": "completions/s"}
    yield {"name": "rewards_vsi", "value": _rate("vsi", _vsi()), "unit": "completions/s", "target": 10_000}


def _rate(name: str, pairs: list[Pair]) -> int:
    reward = rewards()[name]
    began = time.perf_counter()
    for completion, row in pairs:
        reward.parts(completion, row)
    return round(len(pairs) / (time.perf_counter() - began))


def _puzzles(members: list[Family[Any]]) -> list[Pair]:
    wanted = COMPLETIONS // GENERATIONS
    several = range(max(1, EXAMPLES // len(members)))
    made = [make_example(family, family.config_class(), "bench", 1, n) for n in several for family in members]
    return [pair for example in itertools.islice(itertools.cycle(made), wanted) for pair in _generations(example)]


def _generations(example: Example) -> list[Pair]:
    row = {"example": encode_example(example).decode()}
    right = example.answer
    wrong = right[:-4] + "]" if right.startswith("[") and not right.startswith("[[") else "E" if right != "E" else "A"
    return [(f"<think>{THOUGHT}</think><answer>{right if n % 2 else wrong}</answer>", row) for n in range(GENERATIONS)]


def _vsi() -> list[Pair]:
    kinds = [("object_counting", "4"), ("object_rel_distance_v1", "B"), ("room_size_estimation", "23.5")]
    return [
        (f"<think>{THOUGHT}</think><answer>{answer}</answer>", {"question_type": kind, "solution": solution})
        for (kind, solution), answer in itertools.islice(
            itertools.cycle(itertools.product(kinds, ["4", "B", "A", "about 23 meters"])), COMPLETIONS
        )
    ]
