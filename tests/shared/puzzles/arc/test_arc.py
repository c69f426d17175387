"""ARC-AGI-2: answers in words, and the order in which a clip fills the output."""

from __future__ import annotations

import itertools
import json
import random

import pytest

from vtb.formats.arc import ArcTask
from vtb.puzzles.arc import arc_agi_2
from vtb.puzzles.arc.common.palette import BLANK
from vtb.puzzles.family import Clip
from vtb.puzzles.sample import make_example

FAMILY = arc_agi_2.FAMILY
RECORD = make_example(FAMILY, arc_agi_2.Config(), "arc", 3, 0).payload
RIGHT = [list(row) for row in RECORD.test_output]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(RIGHT),
        json.dumps(RIGHT, separators=(",", ":")),
        json.dumps(RIGHT, indent=2),
        "```json\n[\n" + ",\n".join(f"  {row}" for row in RIGHT) + "\n]\n```",
        f"The inputs are [[1, 2], [3, 4]], so the answer is {RIGHT}.",
        f"{RIGHT} is my answer. [1] Chollet, 2019.",
    ],
)
def test_a_grid_is_read_however_it_is_written(text: str) -> None:
    assert FAMILY.score_text(RECORD, text).reason == "solved"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no grid"),
        ("[1, 2, 3]", "no grid"),
        ("[[1, 2], [3]]", "no grid"),
        ("[[1, 10]]", "no grid"),
        ("[[]]", "no grid"),
        ("[[1, , 2]]", "no grid"),
        ("[[1, 2]", "no grid"),
        ("[[0]]", "grid of another size"),
        (f"{RIGHT} or rather [[0]]", "grid of another size"),
        (json.dumps([[9 - cell for cell in row] for row in RIGHT]), "wrong cells"),
    ],
)
def test_what_is_no_right_grid_says_why(text: str, reason: str) -> None:
    score = FAMILY.score_text(RECORD, text)
    assert (score.strict, score.reason) == (False, reason)


def test_a_clip_fills_the_dominant_color_first_and_then_cell_by_cell() -> None:
    rows = ((1, 1, 1, 1), (1, 1, 1, 2), (1, 1, 3, 1))
    task = ArcTask("own", ((rows, rows),), (rows, rows))
    record = FAMILY.sample(random.Random(0), arc_agi_2.Config(task=task, clip=Clip(17, 16, (320, 320))))
    blank = [int((frame == BLANK).sum()) for frame in FAMILY.draw_frames(record)]
    steps = [count for count, before in zip(blank, [-1, *blank], strict=False) if count != before]
    ten, one, other = (a - b for a, b in itertools.pairwise(steps))  # pixels of the ones at once, the two, the three
    assert ten == 10 * one == 10 * other > 0 == blank[-1]
