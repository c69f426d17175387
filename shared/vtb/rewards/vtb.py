"""Reward ``vtb``: the task's own judge says whether the stated answer is right.

Parts: ``correct`` (right by the benchmark's strict rule), ``readable`` (one complete answer is stated, right or wrong,
so that what cannot be read is worth less than what is wrong), ``format`` (it stands between answer marks, as the
prompt asks), and for mazes ``path`` (how much of the right path is named from its start, without a step astray).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from vtb.errors import BadInput
from vtb.puzzles.judging.answers import last_grid, last_list, normalise
from vtb.rewards.reward import Reward
from vtb.rewards.stated import Stated, stated_answer
from vtb.tasks.example import Example
from vtb.tasks.registry import decode_example, task_of
from vtb.tasks.score import Score

NOTHING = {"correct": 0.0, "readable": 0.0, "format": 0.0, "path": 0.0}
# Words that may stand around an answer.
_FILLING = frozenset({"the", "answer", "is", "option", "choice", "final", "correct", "point", "color", "size", "shape"})
# Words by which an answer is taken back, or is one of several.
_TAKEN_BACK = frozenset({"not", "no", "never", "or", "nor", "neither", "wrong", "incorrect"})
_MOST_WORDS = 12
_WORD = re.compile(r"[^\W_]+")
_NUMBER = re.compile(r"\d+")


class JudgeReward(Reward):
    """The judge of the example's task."""

    name = "vtb"
    weights = {"correct": 1.0, "readable": 0.1, "format": 0.1, "path": 0.0}  # noqa: RUF012
    columns = ("example",)

    def parts(self, completion: str, row: Mapping[str, Any]) -> dict[str, float]:
        """See the head of this file; ``example`` is the example as JSON, as ``vtb-prepare vlm`` writes it."""
        example = _example(row)
        stated = stated_answer(completion)
        if stated is None:
            return dict(NOTHING)
        score = task_of(example).reward_text(example.payload, stated.text)
        if not _states_one(example, stated, score):
            return dict(NOTHING)
        return {
            "correct": score.value,
            "readable": 1.0,
            "format": float(stated.marked),
            "path": 1.0 if score.strict else _share_of_path(example, stated),
        }


def _example(row: Mapping[str, Any]) -> Example:
    text = row.get("example")
    if not isinstance(text, str):
        raise BadInput("a row has no column `example` to judge by: make the dataset with `vtb-prepare vlm`")
    return _decoded(text)


@functools.lru_cache(maxsize=256)
def _decoded(text: str) -> Example:
    """The generations of one prompt come together, and share it."""
    return decode_example(text.encode())


def _states_one(example: Example, stated: Stated, score: Score) -> bool:
    """Whether the judge reads all that is stated as one answer: numbers as one list or grid, words as one choice."""
    words = _WORD.findall(stated.text)
    if sum(not word.isdigit() for word in words) > _MOST_WORDS or not _TAKEN_BACK.isdisjoint(map(str.lower, words)):
        return False
    if example.answer.startswith("[["):
        grid = last_grid(stated.text)
        return grid is not None and _digits(stated) == "".join(str(cell) for row in grid for cell in row)
    if example.answer.startswith("["):
        cells = last_list(stated.text)
        return cells is not None and _NUMBER.findall(stated.text) == [str(cell) for cell in cells]
    return score.choice is not None and _names_only(example, words, score.choice)


def _digits(stated: Stated) -> str:
    return "".join(_NUMBER.findall(stated.text))


def _names_only(example: Example, words: Sequence[str], choice: str) -> bool:
    """Whether none of the words names anything but the choice."""
    wanted = set(normalise(choice).split())
    others = {word.lower() for word in words} - wanted - _FILLING
    return len(others) < 2 and all(len(word) == 1 and _chosen(example, word) == choice for word in others)


def _chosen(example: Example, letter: str) -> str | None:
    return task_of(example).score_text(example.payload, letter.upper()).choice


def _share_of_path(example: Example, stated: Stated) -> float:
    """From the end that the answer starts at: nobody sees which of the two marks is the start."""
    right: Sequence[int] = getattr(example.payload, "solution_path_cell_ids", ())
    cells = last_list(stated.text) if right else None
    return max(_same(cells, right), _same(cells, right[::-1])) / len(right) if cells else 0.0


def _same(cells: Sequence[int], right: Sequence[int]) -> int:
    """How many cells are the same before the first that is not."""
    pairs = zip(cells, right, strict=False)
    return next((place for place, (one, other) in enumerate(pairs) if one != other), min(len(cells), len(right)))


REWARD = JudgeReward()
