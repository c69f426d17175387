"""Puzzles in the forms in which the earlier generators write them, each with its right value."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import msgspec
import numpy as np
import pytest

from shared.benchmarks.videothinkbench.benchmark_like import PALE, ours, pictures, published, task_of
from vtb.benchmarks.videothinkbench.records import as_example
from vtb.benchmarks.videothinkbench.tasks import tasks
from vtb.media.image import Image, decode_image, encode_rgb, to_rgb
from vtb.puzzles.registry import find_family
from vtb.puzzles.visual.common import scene
from vtb.tasks.example import Example
from vtb.tasks.score import Score


def judged(name: str, image: Image, index: int = 0) -> Score:
    puzzle, solution = pictures(name, index)
    return score(as_example(published(name, index), task_of(name), puzzle, lambda: solution), image, puzzle)


def score(example: Example, image: Image, puzzle: Image) -> Score:
    return tasks()[example.task].score_image(example.payload, image, puzzle)


def with_noise(image: Image) -> Image:
    return np.clip(image + np.random.default_rng(1).normal(0, 10, image.shape), 0, 255).astype(np.uint8)


def with_gamma(image: Image, gamma: float) -> Image:
    return np.asarray((255 * (image / 255) ** gamma).round(), np.uint8)


@pytest.mark.parametrize("name", sorted(PALE))
@pytest.mark.parametrize("index", range(3))
def test_pale_shapes_are_seen_whatever_was_done_to_their_picture(name: str, index: int) -> None:
    puzzle, solution = pictures(name, index)
    changed: dict[str, Callable[[Image], Image]] = {
        "noise": with_noise, "dark": lambda image: (image * 0.9).astype(np.uint8),
        "bright": lambda image: with_gamma(image, 0.8), "contrast": lambda image: with_gamma(image, 1.25),
        "JPEG": lambda image: decode_image(encode_rgb(image, quality=50)),
        "tint": lambda image: (image * (0.97, 1, 0.93)).astype(np.uint8),
    }  # fmt: skip
    for what, change in changed.items():
        found = judged(name, change(solution), index)
        assert (found.strict, found.reason) == (True, "solved"), what
        assert not judged(name, change(puzzle), index).strict, what


@pytest.mark.parametrize("name", sorted(PALE))
def test_another_pale_shape_is_wrong(name: str) -> None:
    family, record, wrongs = find_family(name), ours(name).payload, 0
    palette = scene.palette([PALE[name]] * len(scene.COLORS))
    for value in record.vocabulary:
        if value != record.values[record.missing]:
            values = [value if n == record.missing else old for n, old in enumerate(record.values)]
            wrong = to_rgb(family.draw_solution(msgspec.structs.replace(record, values=values)), palette)
            assert not judged(name, wrong).strict
            wrongs += 1
    assert wrongs


@pytest.mark.parametrize("index", range(4))
def test_grids_without_a_closing_line_are_read_exactly(index: int) -> None:
    puzzle, solution = pictures("arc_agi_2", index)
    seen = as_example({"id": "a"}, "ARC_AGI_2", puzzle, lambda: solution).payload
    record = ours("arc_agi_2", index).payload
    assert seen.test_output == record.test_output
    assert seen.output_box == record.placements[-1].bbox


def test_the_canvas_of_an_arc_task_is_its_picture() -> None:
    """Records of the earlier generators do not say it; what a record says wrongly does not count."""
    puzzle, solution = pictures("arc_agi_2")
    for said in ({}, {"canvas_dimensions": [100, 100]}):
        example = as_example({**published("arc_agi_2"), **said}, "ARC_AGI_2", puzzle, lambda: solution)
        assert score(example, solution, puzzle).strict


@pytest.mark.parametrize("scale", [0.45, 0.72, 1.5])
def test_the_cells_of_an_arc_task_are_where_its_picture_has_them(scale: float) -> None:
    """A tool of theirs scales pictures and places to its canvas, and leaves ``cell_size`` as it was."""
    puzzle, solution = (cv2.resize(image, None, fx=scale, fy=scale) for image in pictures("arc_agi_2"))
    record = published("arc_agi_2")
    places = [{**place, "bbox": [round(scale * v) for v in place["bbox"]]} for place in record["placements"]]
    example = as_example({**record, "placements": places}, "ARC_AGI_2", puzzle, lambda: solution)
    assert score(example, solution, puzzle).strict
    left, top, right, bottom = places[-1]["bbox"]
    rows, cols = len(record["test_output"]), len(record["test_output"][0])
    wrong = solution.copy()
    wrong[bottom - (bottom - top) // rows : bottom, right - (right - left) // cols : right] = (245, 245, 245)
    assert score(example, wrong, puzzle).details["cell_accuracy"] == round(1 - 1 / (rows * cols), 4)
    assert not score(example, puzzle, puzzle).strict


def test_arcs_given_as_circles_are_judged_by_the_ink_between_them() -> None:
    puzzle, solution = pictures("arc_connect")
    record, family = ours("arc_connect").payload, find_family("arc_connect")
    assert judged("arc_connect", solution).strict
    assert judged("arc_connect", puzzle).reason == "no option"
    ends = as_example(published("arc_connect"), "arc_connect", puzzle, lambda: solution).payload.arc_ends
    for letter in "ABCDE":
        drawn = to_rgb(family.draw_puzzle(record), family.palette)
        places = [tuple(round(value) for value in ends[name]) for name in ("left", letter)]
        cv2.line(drawn, places[0], places[1], (10, 10, 10), 5)
        found = judged("arc_connect", drawn)
        assert (found.choice, found.strict) == (letter, letter == record.correct_option)


def test_an_arc_that_ends_above_the_picture_cannot_be_joined() -> None:
    """Else ink at the picture's upper rim would join it too: in the records of others some arcs end outside."""
    index, (left, *inner) = next((index, ends) for index in range(50) if _third_lies_higher(ends := _end_rows(index)))
    third, cut = sorted(inner)[2], round(sorted(inner)[2]) - 6
    puzzle = np.pad(pictures("arc_connect", index)[0][cut:], ((0, cut), (0, 0), (0, 0)), constant_values=255)
    record: dict[str, Any] = copy.deepcopy(published("arc_connect", index))
    for circle in (record["left_arc"], *record["candidates"]):
        circle["cy"] -= cut
    record["correct_option"] = letter = "ABCDE"[inner.index(third)]
    example = as_example(record, "arc_connect", puzzle, lambda: puzzle)
    band, drawn = record["mask_rect"], puzzle.copy()
    cv2.line(drawn, (round(band[0]) - 4, round(left - cut)), (round(band[2]) + 4, 6), (10, 10, 10), 5)
    found = score(example, drawn, puzzle)
    assert (found.choice, found.strict) == (letter, True)


def _end_rows(index: int) -> list[float]:
    """The rows in which the left arc and the five right ones end."""
    puzzle, solution = pictures("arc_connect", index)
    ends = as_example(published("arc_connect", index), "arc_connect", puzzle, lambda: solution).payload.arc_ends
    return [ends[name][1] for name in ("left", *"ABCDE")]


def _third_lies_higher(rows: Sequence[float]) -> bool:
    """Whether the third of the right ends lies well above the left one, and the first two well above it."""
    left, *inner = rows
    first, second, third, *_ = sorted(inner)
    return left > third + 10 and third - second > 20 and second > first


def test_a_square_that_fills_its_part_is_no_circle_around_it() -> None:
    """Of a larger shape only what lies in the part was looked at, which is all of it: the same as the square."""
    puzzle, solution = (np.full((512, 512, 3), 255, np.uint8) for _ in range(2))
    for image in (puzzle, solution):
        cv2.circle(image, (100, 100), 40, (0, 0, 0), 2)
    corners = (223, 223), (288, 288)
    cv2.rectangle(puzzle, *corners, (238, 238, 238), -1)
    cv2.rectangle(solution, *corners, (217, 234, 211), -1)
    cv2.rectangle(solution, *corners, (0, 0, 0), 2)
    example = as_example({"id": "a", "answer": "medium"}, "shape_size_grid", puzzle, lambda: solution)
    assert score(example, solution, puzzle).reason == "solved"
    around = puzzle.copy()
    cv2.circle(around, (256, 256), 46, (217, 234, 211), -1)
    for wrong in (around, puzzle):
        assert not score(example, wrong, puzzle).tolerant


def test_arc_connect_with_discs_is_its_point_version() -> None:
    """A later generator has only this version, by the name of the other."""
    record, family = ours("arc_connect_point_ver").payload, find_family("arc_connect_point_ver")
    puzzle, solution = (
        to_rgb(picture, family.palette) for picture in (family.draw_puzzle(record), family.draw_solution(record))
    )
    fields = msgspec.to_builtins(record)
    told = {"id": "b", **{field: fields[field] for field in ("canvas_dimensions", "candidates", "correct_option")}}
    for written in (told, {"id": "a"}):
        taken = as_example(written, "arc_connect", puzzle, lambda: solution)
        assert taken.task == "arc_connect_point_ver"
        assert score(taken, solution, puzzle).strict
        assert not score(taken, puzzle, puzzle).strict


def test_candidates_that_overlap_or_cross_the_edge_are_seen() -> None:
    """The earlier generators let discs lie a radius and a fifth apart, and over the picture's edge."""
    places = {"A": (200, 200), "B": (212, 201), "C": (474, 300), "D": (100, 380), "E": (330, 90)}
    for right in "ABC":
        puzzle, solution = (_with_discs(places, marked) for marked in ("", right))
        example = as_example({"id": "a"}, "midpoint", puzzle, functools.partial(np.copy, solution))
        payload = example.payload
        seen = sorted((round(entry.x), round(entry.y)) for entry in payload.candidates)
        assert np.abs(np.subtract(seen, sorted(places.values()))).max() <= 2
        assert score(example, solution, puzzle).strict
        other = _with_discs(places, "E")
        assert not score(example, other, puzzle).strict


def _with_discs(places: dict[str, tuple[int, int]], marked: str) -> Image:
    from PIL import Image as PillowImage
    from PIL import ImageDraw, ImageFont

    picture, font = PillowImage.new("RGB", (480, 480), "white"), ImageFont.load_default(15)
    pen = ImageDraw.Draw(picture)
    for letter, (x, y) in places.items():
        fill, line = ((255, 220, 220), (198, 24, 24)) if letter == marked else ((255, 255, 255), (32, 32, 32))
        pen.ellipse((x - 10, y - 10, x + 10, y + 10), fill, line, 4)
        pen.text((x, y), letter, "black", font, anchor="mm")
    return np.asarray(picture)


def test_a_later_generator_says_answers_and_prompts_by_other_names() -> None:
    puzzle, solution = pictures("visual_color_grid")
    record = {key: value for key, value in published("visual_color_grid").items() if key in ("id", "image")}
    said = {
        "ti2t_answer": "Answer: light blue.",
        "ti2t_prompt": "Which color?",
        "ti2i_prompt": "Draw.",
        "prompt": "Film.",
    }
    example = as_example({**record, **said}, task_of("visual_color_grid"), puzzle, lambda: solution)
    assert example.answer == "light blue"
    assert (example.prompts.vlm, example.prompts.image, example.prompts.video) == ("Which color?", "Draw.", "Film.")
    judge = tasks()[example.task]
    assert judge.score_text(example.payload, "It is light blue.").strict
    assert not judge.score_text(example.payload, "It is red.").strict
