"""The reward of drawings beside what models try when they are paid for it: nothing but an answer pays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vtb.errors import UsageProblem
from vtb.media.image import Image, polyline, to_rgb
from vtb.puzzles.family import Clip
from vtb.puzzles.registry import families
from vtb.puzzles.sample import make_example
from vtb.rewards.registry import drawing_rewards, find_drawing_reward, read_weights, rewards
from vtb.tasks.example import Example

RED = (255, 0, 0)
REWARD = find_drawing_reward("drawn")


def example_of(name: str, index: int = 0, **config: Any) -> Example:
    family = families()[name]
    return make_example(family, family.config_class(**config), "drawn", 1, index)


def pictures(example: Example) -> tuple[Image, Image]:
    """The puzzle, and its solution."""
    family: Any = families()[example.task]
    return tuple(to_rgb(draw(example.payload), family.palette) for draw in (family.draw_puzzle, family.draw_solution))  # type: ignore[return-value]


def paid(example: Example, drawn: Image) -> dict[str, float]:
    return REWARD.parts(example, [drawn], pictures(example)[0], moving=False)


def hostile(puzzle: Image) -> dict[str, Image]:
    """What covers everything, or changes nothing."""
    passages, left = puzzle.copy(), puzzle.copy()
    passages[(puzzle > 200).all(axis=-1)] = RED
    left[:, : left.shape[1] // 2] = RED
    flat = {name: np.full_like(puzzle, color) for name, color in (("red", RED), ("black", 0), ("white", 255))}
    return {**flat, "passages in red": passages, "half of it red": left, "unchanged": puzzle}


@pytest.mark.parametrize("name", sorted(families()))
def test_floods_and_unchanged_puzzles_never_pay(name: str) -> None:
    example = example_of(name)
    puzzle, solution = pictures(example)
    assert paid(example, solution) == {"correct": 1.0, "near": 1.0, "trajectory": 0.0}
    for what, drawn in hostile(puzzle).items():
        assert not any(paid(example, drawn).values()), what
    noise = np.random.default_rng(0).integers(0, 256, puzzle.shape, dtype=np.uint8)
    assert paid(example, noise)["correct"] == 0
    assert paid(example, noise)["near"] < 0.01


@pytest.mark.parametrize("name", ["maze_square", "maze_hexagon", "maze_circle"])
def test_a_path_pays_for_as_far_as_it_goes(name: str) -> None:
    example = example_of(name)
    family: Any = families()[name]
    found = [0.0]
    cells = example.payload.solution_path_cell_ids
    for share in (1 / 3, 2 / 3):
        picture = family.draw_puzzle(example.payload)
        line = family.line(example.payload, cells[: max(2, round(share * len(cells)))])
        polyline(picture, line, 3, example.payload.line_width)  # 3 is the path's color
        found.append(paid(example, to_rgb(picture, family.palette))["near"])
    found.append(paid(example, pictures(example)[1])["near"])
    assert found == sorted(set(found)), found
    assert found[1] == pytest.approx(1 / 3, abs=0.2)
    astray = pictures(example)[0].copy()
    astray[: astray.shape[0] // 6] = RED  # beside the path, mostly
    assert paid(example, astray)["near"] < found[1]


def test_a_mark_pays_for_how_much_of_it_is_on_the_point() -> None:
    example = example_of("midpoint")
    puzzle, solution = pictures(example)
    record: Any = example.payload
    wrong = next(one for one in record.candidates if one.label != record.correct_option)
    other = puzzle.copy()
    radius = record.point_radius
    x, y = round(wrong.x), round(wrong.y)
    other[y - radius : y + radius, x - radius : x + radius] = RED
    assert paid(example, other) == {"correct": 0.0, "near": 0.0, "trajectory": 0.0}
    both = solution.copy()
    both[y - radius : y + radius, x - radius : x + radius] = RED
    assert 0.2 < paid(example, both)["near"] < 0.8
    assert paid(example, both)["correct"] == 0


def test_clips_must_end_with_the_answer() -> None:
    """The benchmark takes a clip's best frame: one that shows every answer in turn would be right."""
    example = example_of("visual_color_grid")
    puzzle, solution = pictures(example)

    def clip(*frames: Image) -> dict[str, float]:
        return REWARD.parts(example, frames, None, moving=True)

    assert clip(puzzle, puzzle, solution)["correct"] == 1
    assert clip(puzzle, solution, puzzle)["correct"] == 0
    assert not any(clip(puzzle, puzzle).values())


@pytest.mark.parametrize("name", ["arc_agi_2", "midpoint", "triangle_center", "visual_color_grid"])
def test_floods_and_unchanged_puzzles_never_pay_in_clips(name: str) -> None:
    family: Any = families()[name]
    example = example_of(name, clip=Clip(9, 8, (256, 256)))
    frames = [to_rgb(frame, family.palette).copy() for frame in family.draw_frames(example.payload)]
    red = np.full_like(frames[0], RED)
    assert REWARD.parts(example, frames, None, moving=True)["correct"] == 1
    for clip in ([red] * 5, [frames[0], red, red], [frames[0]] * 5, frames[::-1]):
        assert not any(REWARD.parts(example, clip, None, moving=True).values())


def test_a_clip_of_a_maze_pays_for_how_the_line_grows() -> None:
    family: Any = families()["maze_square"]
    example = example_of("maze_square", size=7, cell_px=24, clip=Clip(9, 8, (192, 192)))
    frames = [to_rgb(frame, family.palette).copy() for frame in family.draw_frames(example.payload)]
    assert REWARD.parts(example, frames, None, moving=True) == {"correct": 1.0, "near": 1.0, "trajectory": 1.0}
    at_once = REWARD.parts(example, [frames[0], frames[-1]], None, moving=True)
    assert (at_once["correct"], at_once["near"]) == (1.0, 1.0)
    backwards = REWARD.parts(example, frames[::-1], None, moving=True)
    assert not any(backwards.values())
    red = [np.full_like(frames[0], RED)] * 5
    assert not any(REWARD.parts(example, red, None, moving=True).values())
    halfway = REWARD.parts(example, frames[: len(frames) // 2], None, moving=True)
    assert 0 < halfway["near"] < 1
    assert halfway["correct"] == 0


def test_rewards_of_drawings_are_found_apart() -> None:
    assert "drawn" in drawing_rewards()
    assert not drawing_rewards().keys() & rewards().keys()
    assert read_weights(REWARD, "near=0.5") == {"correct": 1.0, "near": 0.5, "trajectory": 0.0}
    with pytest.raises(UsageProblem, match="did you mean"):
        find_drawing_reward("drawm")
