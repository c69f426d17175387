"""How a line gets through a maze in a clip: walked, jumped, taken back, in a maze that stays or changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vtb.media.image import Image, polyline, to_rgb
from vtb.media.video import decode_clip
from vtb.puzzles.family import Clip
from vtb.puzzles.maze import circle, hexagon, square
from vtb.puzzles.maze.common.base import PATH
from vtb.puzzles.maze.common.line_clip import letterbox
from vtb.puzzles.sample import encode_record_clip
from vtb.rng import sample_rng
from vtb.tasks.score import Score

CLIP = Clip(33, 16, (256, 256))
MAZES: dict[str, tuple[Any, Any]] = {
    "maze_square": (square.FAMILY, square.Config(size=9, clip=CLIP)),
    "maze_hexagon": (hexagon.FAMILY, hexagon.Config(radius=2, clip=CLIP)),
    "maze_circle": (circle.FAMILY, circle.Config(rings=3, segments=7, clip=CLIP)),
}
every = pytest.mark.parametrize("name", sorted(MAZES))


def make(name: str, number: int = 0) -> tuple[Any, Any]:
    family, config = MAZES[name]
    return family, family.sample(sample_rng(4, name, number), config)


def frames_of(family: Any, record: Any) -> list[Image]:
    return [to_rgb(frame.copy(), family.palette) for frame in family.draw_frames(record)]


def judged(family: Any, record: Any, frames: Sequence[Image]) -> Score:
    givers: list[Callable[[], Image]] = [lambda frame=frame: frame for frame in frames]  # type: ignore[misc]
    (score,) = family.score_trajectory(record, givers).values()
    return score  # type: ignore[no-any-return]


def drawn_along(family: Any, record: Any, cells: Sequence[int], count: int = 33) -> list[Image]:
    """A clip in which a line grows along cells, a cell or more a frame."""
    first = next(iter(family.draw_frames(record))).copy()
    small, box, frames = family.in_clip(record), letterbox(record.clip), []
    for number in range(count):
        picture = first.copy()
        part = list(cells[: 1 + round(number * (len(cells) - 1) / (count - 1))])
        if len(part) > 1:
            points = [(x + box.left, y + box.top) for x, y in family.line(small, part)]
            polyline(picture, points, PATH, small.line_width)
        frames.append(to_rgb(picture, family.palette))
    return frames


@every
@pytest.mark.parametrize("number", range(4))
def test_the_right_clip_is_walked(name: str, number: int) -> None:
    family, record = make(name, number)
    for frames in (frames_of(family, record), [one() for one in decode_clip(encode_record_clip(family, record))]):
        score = judged(family, record, frames)
        assert (score.strict, score.tolerant, score.reason) == (True, True, "walked"), score
        details = score.details
        assert (details["precision"], details["recall"], details["before_mistake"]) == (1, 1, 1)
        assert (details["jumps"], details["vanished"], details["exact"]) == (0, 0, True)
        assert details["cells"] > 0
    backwards = drawn_along(family, record, list(record.solution_path_cell_ids)[::-1])
    assert judged(family, record, backwards).strict


@every
def test_a_line_that_is_there_at_once_is_no_jump(name: str) -> None:
    """Only what no passage leads to is: a clip may be fast."""
    family, record = make(name)
    frames = frames_of(family, record)
    assert judged(family, record, [frames[0], frames[-1]]).strict


@every
def test_a_line_that_comes_from_nowhere_jumps(name: str) -> None:
    made = (make(name, number) for number in range(40))
    family, record = next((family, one) for family, one in made if len(one.solution_path_cell_ids) > 6)
    frames, way = frames_of(family, record), list(record.solution_path_cell_ids)
    middle = drawn_along(family, record, way[len(way) // 2 : len(way) // 2 + 2], 5)
    score = judged(family, record, [frames[0], middle[-1], *frames])
    assert (score.strict, score.reason) == (False, "jumps")
    assert score.details["jumps"] == 1


@every
def test_a_line_that_is_taken_back(name: str) -> None:
    family, record = make(name)
    frames = frames_of(family, record)
    score = judged(family, record, [*frames, frames[0]])
    assert (score.strict, score.reason) == (False, "takes the line back")
    assert score.details["vanished"] == score.details["cells"]


@every
def test_a_wrong_turn_is_the_first_mistake(name: str) -> None:
    family, record, way, wrong = with_a_wrong_turn(name)
    at = way.index(wrong[-2])
    score = judged(family, record, drawn_along(family, record, wrong))
    assert (score.strict, score.tolerant, score.reason) == (False, False, "leaves the path")
    inner = len(way) - 2
    assert score.details["before_mistake"] == pytest.approx(at / inner)
    assert score.details["recall"] == pytest.approx(at / inner)
    assert score.details["precision"] == pytest.approx(at / (at + 1))


def with_a_wrong_turn(name: str) -> tuple[Any, Any, list[int], list[int]]:
    """A maze whose path has a side passage, and the walk into it."""
    for number in range(40):
        family, record = make(name, number)
        way = list(record.solution_path_cell_ids)
        cells = [cell for cell, _, _ in family.labels(record)]
        for at in range(2, len(way) - 2):
            beside = [cell for cell in cells if cell not in way and family.leads(record, [way[at], cell])]
            if beside:
                return family, record, way, [*way[: at + 1], beside[0]]
    raise AssertionError("no maze has a side passage")


@every
def test_nothing_is_drawn(name: str) -> None:
    family, record = make(name)
    frames = frames_of(family, record)
    score = judged(family, record, [frames[0]] * 5)
    assert (score.strict, score.reason) == (False, "draws no line")
    assert (score.details["recall"], score.details["precision"], score.details["before_mistake"]) == (0, 0, 0)
    assert not judged(family, record, []).strict


@every
def test_what_is_no_walk_at_all(name: str) -> None:
    family, record = make(name)
    frames = frames_of(family, record)
    red = np.full_like(frames[0], 0)
    red[..., 0] = 255
    for clip, why in (
        ([frames[-1]] * 5, "begins with the line"), ([frames[-1]], "begins with the line"),
        (frames[::-1], "begins with the line"), ([red] * 5, "begins with the line"),
        ([frames[0], red], "leaves the path"),
    ):  # fmt: skip
        score = judged(family, record, clip)
        assert (score.strict, score.tolerant) == (False, False), (why, score)
        assert score.reason == why or score.details["jumps"], score


@every
def test_another_maze_or_one_that_changes(name: str) -> None:
    family, record = make(name)
    frames = frames_of(family, record)
    grey = [np.full_like(frames[0], 128)]
    score = judged(family, record, grey + frames)
    assert (score.strict, score.tolerant, score.reason) == (False, True, "does not begin with the puzzle")
    changed = frames[10].copy()
    changed[::2] = 255 - changed[::2]
    score = judged(family, record, [*frames[:10], changed, *frames[10:]])
    assert score.reason == "changes the maze" or score.details["jumps"], score
    assert score.details["kept"] < 0.7
    assert not score.strict


@every
def test_frames_of_another_size_and_colors_that_faded(name: str) -> None:
    import cv2

    family, record = make(name)
    frames = [cv2.resize(frame, (320, 320), interpolation=cv2.INTER_AREA) for frame in frames_of(family, record)]
    score = judged(family, record, [np.clip(frame.astype(int) - 9, 0, 255).astype(np.uint8) for frame in frames])
    assert score.tolerant, score


def test_nothing_is_said_of_cells_too_small_to_be_followed() -> None:
    small = square.Config(size=21, clip=Clip(13, 16, (128, 128)))
    assert square.FAMILY.score_trajectory(square.FAMILY.sample(sample_rng(4, "", 0), small), []) == {}


@every
@pytest.mark.parametrize("enlarged", [1, 2])
def test_without_a_clip_of_its_own_the_picture_fills_the_frames(name: str, enlarged: int) -> None:
    family, config = MAZES[name]
    record = family.sample(sample_rng(4, name, 0), replace(config, clip=None))
    frames = [frame.repeat(enlarged, 0).repeat(enlarged, 1) for frame in frames_of(family, family.filmed(record, 33))]
    score = judged(family, record, frames)
    assert (score.strict, score.details["precision"], score.details["recall"]) == (True, 1, 1), score
    assert not judged(family, record, [frames[0]]).tolerant
