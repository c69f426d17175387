"""The judge of drawn paths: what the benchmark's rule accepts, what it does not, and no answer that stops it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from vtb.media.image import Image, decode_image, encode_rgb, to_rgb
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common.path_judge import Ends, draw_answer, judge, red_mask, wall_mask
from vtb.puzzles.maze.square import FAMILY, Config
from vtb.rng import sample_rng
from vtb.tasks.score import Score

CELL = 32
RECORD = FAMILY.sample(sample_rng(1, "red", 3), Config(size=9, clip=Clip(9, 16, (320, 320))))
PUZZLE = to_rgb(FAMILY.draw_puzzle(RECORD), FAMILY.palette)
SOLUTION = to_rgb(FAMILY.draw_solution(RECORD), FAMILY.palette)
RIGHT: list[int] = RECORD.solution_path_cell_ids
GRID = np.asarray(RECORD.maze_grid)


def drawn(cells: Sequence[int], width: int = 10) -> Image:
    """The puzzle with a red line through cells."""
    import cv2

    image: Image = PUZZLE.copy()
    points = [(cell % 9 * CELL + 16, cell // 9 * CELL + 16) for cell in cells]
    cv2.polylines(image, [np.asarray(points, np.int32)], False, (220, 0, 0), width)
    return image


def score(image: Image) -> Score:
    return FAMILY.score_image(RECORD, image)


def text(cells: Sequence[int]) -> Score:
    return FAMILY.score_text(RECORD, str(list(cells)))


def straight(start: int, goal: int) -> list[int]:
    """All cells down and then right from one to another, walls or not."""
    column = range(start, start + 9 * (goal // 9 - start // 9) + 1, 9)
    return [*column, *range(column[-1] + 1, goal + 1)]


def test_the_ground_truth_is_right_in_every_form() -> None:
    *_, last = FAMILY.draw_frames(RECORD)
    for found in (score(SOLUTION), text(RIGHT), FAMILY.score_frame(RECORD, to_rgb(last, FAMILY.palette))):
        assert (found.strict, found.tolerant, found.reason, found.value) == (True, True, "solved", 1.0)
    assert score(SOLUTION).details["wall_pixels"] == 0


@pytest.mark.parametrize("quality", [70, 90, 100])
def test_a_jpeg_of_it_is_right(quality: int) -> None:
    assert score(decode_image(encode_rgb(SOLUTION, quality=quality))).strict


@pytest.mark.parametrize("side", [144, 200, 287, 289, 512, 1024])
def test_a_picture_of_another_size_is_right(side: int) -> None:
    resized = PillowImage.fromarray(SOLUTION).resize((side, side), PillowImage.Resampling.NEAREST)
    assert score(np.asarray(resized)).strict
    unsolved = PillowImage.fromarray(PUZZLE).resize((side, side), PillowImage.Resampling.NEAREST)
    assert not score(np.asarray(unsolved)).tolerant


def test_a_picture_of_another_shape_is_right() -> None:
    import cv2

    assert score(cv2.resize(SOLUTION, (576, 288), interpolation=cv2.INTER_NEAREST)).strict


def test_the_line_may_be_thin_or_wide() -> None:
    assert all(score(drawn(RIGHT, width)).strict for width in (1, 3, 6, 16, 28))


def test_going_back_and_forth_is_still_a_path() -> None:
    assert text([*RIGHT, *RIGHT[::-1], *RIGHT]).strict
    assert text(RIGHT[::-1]).strict


WRONG: dict[str, tuple[list[int], str]] = {
    "through walls": (straight(10, 70), "crosses a wall"),
    "diagonal": ([RIGHT[0], RIGHT[-1]], "crosses a wall"),
    "short of the goal": (RIGHT[:-3], "path is broken"),
    "short of the start": (RIGHT[3:], "path is broken"),
    "one cell": (RIGHT[:1], "path is broken"),
    "around a corner at once": (
        [cell for cell in RIGHT if cell != next(b for a, b, c in zip(RIGHT, RIGHT[1:], RIGHT[2:], strict=False)
                                                if b - a != c - b)],
        "crosses a wall",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", WRONG)
def test_wrong_paths(what: str) -> None:
    cells, reason = WRONG[what]
    in_words, in_picture = text(cells), score(drawn(cells))
    assert (in_words.strict, in_words.value) == (False, 0.0)
    assert not in_picture.strict
    assert (in_words.reason, in_picture.reason) == (reason, reason)


def test_every_single_wrong_step_is_wrong() -> None:
    for index in range(1, len(RIGHT) - 1):
        for wrong in (RIGHT[index] - 10, RIGHT[index] + 10, RIGHT[index] - 9, RIGHT[index] + 1):
            if GRID.flat[wrong] == 1:
                assert not text([*RIGHT[:index], wrong, *RIGHT[index + 1 :]]).strict


def test_the_untouched_puzzle_is_wrong() -> None:
    assert score(PUZZLE).reason == "path is broken"
    assert (score(PUZZLE).strict, score(PUZZLE).tolerant) == (False, False)
    blank = np.full_like(PUZZLE, 255)
    assert score(blank).reason == "no red path"


def test_ends_whose_red_mark_is_gone_are_missed() -> None:
    for cells, reason in ((RIGHT[3:], "misses the start"), (RIGHT[:-3], "misses the goal")):
        image = drawn(cells)
        image[(image == FAMILY.palette[2]).all(axis=2)] = 255
        assert score(image).reason == reason


def test_two_pieces_are_no_path() -> None:
    both = drawn(RIGHT[: len(RIGHT) // 2 - 1])
    rest = drawn(RIGHT[len(RIGHT) // 2 + 2 :])
    both[(rest == (220, 0, 0)).all(axis=2)] = (220, 0, 0)
    assert score(both).reason == "path is broken"


def test_pieces_that_touch_at_a_corner_only_are_no_path() -> None:
    walls = np.zeros((20, 20), np.uint8)
    answer = np.full((20, 20, 3), 255, np.uint8)
    answer[range(20), range(20)] = (255, 0, 0)
    ends = Ends((0, 0), (19, 19), 4)
    assert judge(answer, walls, ends).reason == "path is broken"
    answer[range(19), range(1, 20)] = (255, 0, 0)
    assert judge(answer, walls, ends).strict


def test_a_thin_line_in_a_smaller_answer_may_be_a_staircase() -> None:
    answer = np.full((20, 20, 3), 255, np.uint8)
    answer[range(20), range(20)] = (255, 0, 0)
    for side, reason in ((20, "path is broken"), (30, "solved")):
        ends = Ends((0, 0), (side - 1, side - 1), 4)
        assert judge(answer, np.zeros((side, side), np.uint8), ends).reason == reason


def test_all_red_is_wrong() -> None:
    assert score(np.full_like(PUZZLE, (255, 0, 0))).reason == "crosses a wall"


def test_tolerant_forgives_walls_at_the_ends_and_nowhere_else() -> None:
    at_the_end, in_between = SOLUTION.copy(), SOLUTION.copy()
    x, y = RECORD.start_point
    at_the_end[y, x - 18] = (220, 0, 0)  # two pixels into the wall left of the start
    assert GRID[RECORD.start[0], RECORD.start[1] - 1] == 1
    assert (score(at_the_end).strict, score(at_the_end).tolerant) == (False, True)
    assert score(at_the_end).reason == "crosses a wall"
    wall = next((r, c) for r in range(3, 6) for c in range(3, 6) if GRID[r, c])
    in_between[wall[0] * CELL + 16, wall[1] * CELL + 16] = (220, 0, 0)
    assert (score(in_between).strict, score(in_between).tolerant) == (False, False)


def test_the_rim_of_a_wall_counts_only_where_the_path_needs_it() -> None:
    """One rule at all sizes: scaling and compression put red there; what lies deeper, or through a wall, is wrong."""
    wall = next((r, c) for r in range(2, 7) for c in range(2, 7) if GRID[r, c] and GRID[r, c - 1] == 0)
    y, x = wall[0] * CELL + 16, wall[1] * CELL
    for depth, strict in ((0, True), (1, False), (2, False)):
        image = SOLUTION.copy()
        image[y, x + depth] = (220, 0, 0)
        alone = score(image)
        assert (alone.strict, alone.reason) == (False, "crosses a wall")  # nothing beside it that could have spilled
        image[y - 3 : y + 4, x - 6 : x] = (220, 0, 0)
        assert (score(image).strict, score(image).tolerant) == (strict, strict)
    walls = np.zeros((21, 21), np.uint8)
    for thick, deep in ((1, 0), (2, 0), (3, 1), (8, 6)):
        walls[:, 10 : 10 + thick] = 1
        answer = np.full((21, 21, 3), 255, np.uint8)
        answer[9:13] = (220, 0, 0)
        found = judge(answer, walls, Ends((2, 10), (19, 10), 8))
        assert (found.strict, found.reason, deep) == (False, "crosses a wall", max(0, thick - 2))


def test_a_line_up_to_the_walls_and_a_flood_are_right_at_every_size() -> None:
    flood = PUZZLE.copy()
    flood[(flood > 200).any(axis=2)] = (220, 0, 0)
    for answer in (drawn(RIGHT, 30), flood):
        for side in (120, 200, 288, 333, 700):
            for kind in (PillowImage.Resampling.NEAREST, PillowImage.Resampling.BOX, PillowImage.Resampling.LANCZOS):
                resized = np.asarray(PillowImage.fromarray(answer).resize((side, side), kind))
                assert score(resized).strict, (side, kind)


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize(("away", "reason"), [(4, "solved"), (5, "misses the start")])
def test_red_reaches_an_end_from_an_eighth_of_a_cell(scale: int, away: int, reason: str) -> None:
    side = 64 * scale
    answer = np.full((side, side, 3), 255, np.uint8)
    answer[10 * scale : 14 * scale, (10 + away) * scale : 60 * scale] = (220, 0, 0)
    ends = Ends((10 * scale, (10 - away) * scale), (50 * scale, 12 * scale), 32 * scale)
    assert judge(answer, np.zeros((side, side), np.uint8), ends).reason == reason


def test_a_speck_on_the_start_that_joins_no_line_is_no_path() -> None:
    answer = np.full((64, 64, 3), 255, np.uint8)
    answer[10:14, 13:60] = (220, 0, 0)
    ends, walls = Ends((10, 12), (50, 12), 32), np.zeros((64, 64), np.uint8)
    assert judge(answer, walls, ends).strict
    answer[12, 10] = (220, 0, 0)
    assert judge(answer, walls, ends).reason == "path is broken"


def test_a_line_that_compression_paled_in_places_is_one() -> None:
    answer = np.full((64, 128, 3), 255, np.uint8)
    walls, ends = np.zeros((64, 128), np.uint8), Ends((10, 12), (120, 12), 32)
    answer[10:14, 8:124] = (220, 0, 0)
    answer[10:14, 50:75] = (140, 60, 60)
    assert judge(answer, walls, ends).strict
    answer[10:14, 62] = 255
    assert judge(answer, walls, ends).reason == "path is broken"
    answer[10:14, 30:100] = (140, 60, 60)
    assert judge(answer, walls, ends).reason == "path is broken"


@pytest.mark.parametrize(("red", "joins"), [(80, True), (70, False)])
def test_a_line_that_compression_darkened_between_walls_is_one(red: int, joins: bool) -> None:
    """What nearest scaling and JPEG 85 left of circle mazes' lines of one pixel between walls was no brighter."""
    answer = np.full((64, 128, 3), 255, np.uint8)
    answer[10:14, 8:124] = (220, 0, 0)
    answer[10:14, 60:63] = (red, 30, 30)
    assert judge(answer, np.zeros((64, 128), np.uint8), Ends((10, 12), (120, 12), 32)).strict == joins


@pytest.mark.parametrize("color", [(150, 80, 80), (160, 20, 90), (200, 127, 127)])
@pytest.mark.parametrize("side", [256, 320, 512, 704])
def test_a_pale_line_is_none_when_scaling_reddened_it_in_places(color: tuple[int, int, int], side: int) -> None:
    pale = PUZZLE.copy()
    pale[(SOLUTION != PUZZLE).any(axis=2)] = color
    for kind in (PillowImage.Resampling.BILINEAR, PillowImage.Resampling.LANCZOS):
        assert not score(np.asarray(PillowImage.fromarray(pale).resize((side, side), kind))).strict


def test_the_tolerant_margin_is_six_pixels_of_a_cell_of_32() -> None:
    x, y = (int(v) for v in RECORD.start_point)
    for depth, tolerated in ((6, True), (8, False)):
        image = SOLUTION.copy()
        image[y, x - CELL // 2 - depth] = (220, 0, 0)
        assert (score(image).strict, score(image).tolerant) == (False, tolerated)


@pytest.mark.parametrize(
    ("color", "red"),
    [
        ((220, 0, 0), True), ((220, 30, 30), True), ((150, 70, 70), True), ((149, 0, 0), False),
        ((200, 121, 0), False), ((200, 0, 121), False), ((255, 255, 255), False), ((0, 0, 255), False),
    ],
)  # fmt: skip
def test_what_is_red(color: tuple[int, int, int], red: bool) -> None:
    assert (red_mask(np.full((3, 3, 3), color, np.uint8)) == int(red)).all()


@pytest.mark.parametrize(
    ("color", "wall"), [((0, 0, 0), 1), ((40, 40, 40), 1), ((41, 0, 0), 0), ((0, 41, 0), 0), ((0, 0, 41), 0)]
)
def test_what_is_wall(color: tuple[int, int, int], wall: int) -> None:
    assert (wall_mask(np.full((3, 3, 3), color, np.uint8)) == wall).all()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.integers(1, 70), st.integers(1, 70), st.integers(0, 2**32 - 1), st.sampled_from([2, 3, 256]))
def test_no_picture_stops_the_judge(height: int, width: int, seed: int, values: int) -> None:
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, values, (height, width, 3)).astype(np.uint8) * (255 // (values - 1))
    for found in (FAMILY.score_image(RECORD, noise), FAMILY.score_frame(RECORD, noise)):
        assert found.tolerant >= found.strict


def test_the_drawn_answer_is_pure_red_on_a_copy() -> None:
    before = PUZZLE.copy()
    image = draw_answer(PUZZLE, [(48, 48), (48, 80)], CELL)
    assert (before == PUZZLE).all()
    assert (image[64, 48] == (255, 0, 0)).all()
