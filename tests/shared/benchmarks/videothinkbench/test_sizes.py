"""Right answers of every size that models return are right, and paths through walls wrong, by every common filter.

Puzzles as the benchmark draws them and puzzles of ours; a table of families, scales and filters, sampled so that each
scale meets each filter in every family.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Sequence
from typing import Any

import av
import numpy as np
import pytest
from PIL import Image as PillowImage

from clip_frames import frames_of
from shared.benchmarks.videothinkbench.benchmark_like import EVERY, maze_picture, ours, pictures, published, task_of
from vtb.benchmarks.videothinkbench.records import as_example
from vtb.benchmarks.videothinkbench.tasks import tasks
from vtb.media.image import Image, decode_image, encode_rgb, to_rgb
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example

FILTERS = PillowImage.Resampling
SCALES = (0.4, 0.53, 0.75, 0.93, 1.0, 1.1, 1.7, 3.0)
SIDES = (256, 320, 448, 512, 560, 704, 768, 832, 1024)
MAZES = ("maze_circle", "maze_hexagon", "maze_square")
BY = (FILTERS.NEAREST, FILTERS.BOX, FILTERS.BILINEAR, FILTERS.BICUBIC, FILTERS.LANCZOS)
every_family = pytest.mark.parametrize("name", EVERY)


def resized(image: Image, width: int, height: int, kind: FILTERS) -> Image:
    return np.asarray(PillowImage.fromarray(image).resize((width, height), kind))


def scaled(image: Image, scale: float, kind: FILTERS) -> Image:
    return resized(image, round(image.shape[1] * scale), round(image.shape[0] * scale), kind)


def jpeg(image: Image) -> Image:
    return decode_image(encode_rgb(image, quality=85))


def taken(name: str) -> tuple[Any, Any]:
    """The judge of a benchmark's puzzle and its record."""
    puzzle, solution = pictures(name)
    example = as_example(published(name), task_of(name), puzzle, lambda: solution)
    return tasks()[example.task], example.payload


def judged(name: str, image: Image) -> str:
    family, record = taken(name)
    return str(family.score_image(record, image, pictures(name)[0]).reason)


@every_family
def test_right_answers_are_right_at_every_scale_and_by_every_filter(name: str) -> None:
    family, record = taken(name)
    puzzle, solution = pictures(name)
    for number, scale in enumerate(SCALES):
        kinds = BY if name in MAZES else (BY[number % 5],)
        for kind in kinds:
            image = scaled(solution, scale, kind)
            assert family.score_image(record, image, puzzle).strict, (scale, kind)
            if scale > 0.5 or kind != FILTERS.NEAREST:  # a line of four pixels keeps one of them, and JPEG none
                assert family.score_image(record, jpeg(image), puzzle).strict, (scale, kind, "JPEG")


@every_family
@pytest.mark.parametrize("form", ["folder", "parquet"])
def test_right_answers_are_right_at_the_sizes_of_models(name: str, form: str) -> None:
    """In both published forms: of a parquet row, by what is read off its pictures."""
    puzzle, solution = pictures(name)
    record = published(name)
    row = {"id": record["id"], "prompt": record["prompt"]}
    example = as_example(record if form == "folder" else row, task_of(name), puzzle, lambda: solution)
    task, (height, width) = tasks()[example.task], solution.shape[:2]
    for number, side in enumerate((*SIDES, 384, 640)):
        if side < SCALES[0] * width:  # small shapes are blots of a few pixels then
            continue
        for kind in BY[::2] if name in MAZES else (BY[number % 3 * 2],):
            image = resized(solution, side, round(side * height / width), kind)
            assert task.score_image(example.payload, image, puzzle).strict, (side, kind)
            if side > 0.5 * width or kind != FILTERS.NEAREST:  # as above
                assert task.score_image(example.payload, jpeg(image), puzzle).strict, (side, kind, "JPEG")


@every_family
def test_our_own_are_too(name: str) -> None:
    family = find_family(name)
    record = make_example(family, family.config_class(), name, 11, 1).payload
    solution = to_rgb(family.draw_solution(record), family.palette)
    for number, scale in enumerate(SCALES):
        image = scaled(solution, scale, BY[(number + 1) % 5])
        assert family.score_image(record, image).strict, scale
        assert family.score_image(record, jpeg(image)).strict, scale


def encoded(frames: Sequence[Image]) -> list[Image]:
    """Frames after H.264 as players and models write it."""
    buffer = io.BytesIO()
    height, width = frames[0].shape[:2]
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream("libx264", 16, options={"crf": "23", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")))
        container.mux(stream.encode())
    buffer.seek(0)
    with av.open(buffer) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


@pytest.mark.parametrize("name", [*MAZES, "midpoint", "arc_agi_2"])
@pytest.mark.parametrize("side", SIDES)
def test_clips_are_right_at_every_size(name: str, side: int) -> None:
    family, record = taken(name)
    puzzle, solution = pictures(name)
    sizes = [(side, round(side * puzzle.shape[0] / puzzle.shape[1] / 2) * 2)] + [(832, 480)] * (side == 832)
    for width, height in sizes:
        first, last = (resized(image, width, height, FILTERS.BICUBIC) for image in (puzzle, solution))
        clip = encoded([*[first] * 3, *[last] * 6])
        scores = family.score_video(record, frames_of(clip), puzzle)
        assert scores["last"].strict, (width, height, scores["last"].reason)
        assert not family.score_frame(record, clip[0], puzzle).tolerant


def shortcuts(name: str) -> list[Image]:
    """Paths from mark to mark that cross one wall, as the benchmark would draw them."""
    record = ours(name).payload
    path = record.solution_path_cell_ids
    puzzle = pictures(name)[0]
    if name == "maze_square":
        width, wall = record.grid_size[1], record.maze_grid
        beside = [(a, b) for a, b in itertools.product(range(len(path)), repeat=2)
                  if b > a + 2 and path[b] - path[a] in (2, -2, 2 * width, -2 * width)
                  and wall[(path[a] + path[b]) // 2 // width][(path[a] + path[b]) // 2 % width]]  # fmt: skip
    else:
        family: Any = find_family(name)
        graph = family.form(record).graph
        beside = [(a, b) for a, b in itertools.product(range(len(path)), repeat=2)
                  if b > a + 1 and path[b] in graph[path[a]]]  # fmt: skip
    return [maze_picture(name, record, puzzle, [*path[: a + 1], *path[b:]]) for a, b in beside]


@pytest.mark.parametrize("name", MAZES)
def test_paths_through_a_wall_are_wrong_at_every_scale(name: str) -> None:
    wrongs = shortcuts(name)
    assert wrongs
    for (number, scale), kind in itertools.product(enumerate(SCALES), BY):
        image = scaled(wrongs[number % len(wrongs)], scale, kind)
        assert judged(name, image) in ("crosses a wall", "path is broken"), (scale, kind)
        assert judged(name, jpeg(image)) in ("crosses a wall", "path is broken"), (scale, kind)
