"""Records as the benchmark publishes them, made from puzzles of ours: the fields that it has, and the pictures."""

from __future__ import annotations

import functools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from vtb.media.image import Image, encode_rgb, to_rgb
from vtb.puzzles.arc.common.record import ArcRecord
from vtb.puzzles.eyeballing.common import draw
from vtb.puzzles.eyeballing.common.figure import Stroke
from vtb.puzzles.eyeballing.common.record import EyeballingRecord
from vtb.puzzles.registry import families, find_family
from vtb.puzzles.sample import make_example
from vtb.puzzles.visual.common import scene
from vtb.tasks.example import Example

EVERY = sorted(name for name in families() if name != "arc_connect_point_ver")
COMMON = ("id", "canvas_dimensions")
MAZE = (*COMMON, "start_point", "goal_point", "solution_path_cell_ids")
KEPT = {
    "maze_square": (*MAZE, "grid_size", "cell_size", "maze_grid", "start", "goal", "padding"),
    "maze_hexagon": (*MAZE, "radius", "cell_radius", "wall_thickness", "start_cell", "goal_cell"),
    "maze_circle": (*MAZE, "rings", "segments", "ring_width", "wall_thickness", "start_cell", "goal_cell"),
    "arc_agi_2": ("id", "task_id", "cell_size", "placements", "test_rows", "test_cols", "test_output"),
}  # fmt: skip
# Sizes of the benchmark's thinnest mazes, and the pale fills of its questions about shape and size.
SIZES: dict[str, dict[str, Any]] = {
    "maze_hexagon": {"cell_radius": 24, "wall_thickness": 6, "line_width": 8},
    "maze_circle": {"ring_width": 18, "wall_thickness": 6, "line_width": 4},
}
PALE = {
    "visual_size_grid": (255, 242, 204), "visual_size_cycle": (255, 242, 204),
    "visual_shape_reflect": (217, 234, 211), "visual_shape_size_grid": (217, 234, 211),
}  # fmt: skip
EYEBALLING = (*COMMON, "margin", "candidates", "correct_option")
VISUAL = ("id", "question", "answer", "options", "explanation")


@functools.cache
def ours(name: str, index: int = 0) -> Example:
    """An example of ours."""
    family = find_family(name)
    return make_example(family, family.config_class(**SIZES.get(name, {})), name, 11, index)


@functools.cache
def pictures(name: str, index: int = 0) -> tuple[Image, Image]:
    """Puzzle and solution."""
    family, record = find_family(name), ours(name, index).payload
    drawn = family.draw_puzzle(record), family.draw_solution(record)
    palette = family.palette if name not in PALE else scene.palette([PALE[name]] * len(scene.COLORS))
    puzzle, solution = (to_rgb(picture, palette) for picture in drawn)
    if family.group == "eyeballing":
        return marked(name, record, puzzle, solved=False), marked(name, record, solution, solved=True)
    if family.group == "maze":
        path = record.solution_path_cell_ids
        return maze_picture(name, record, puzzle, []), maze_picture(name, record, puzzle, path)
    if name == "arc_agi_2":
        return without_closing_lines(record, puzzle), without_closing_lines(record, solution)
    return puzzle, solution


def maze_picture(name: str, record: Any, puzzle: Image, path: Sequence[int]) -> Image:
    """The marks as large as the benchmark's (they fill square cells), and its line straight from centre to centre."""
    import cv2

    image: Image = puzzle.copy()
    for x, y in (record.start_point, record.goal_point):
        if name == "maze_square":
            half = record.cell_size // 2
            corners = (int(x - half), int(y - half)), (int(x + half - 1), int(y + half - 1))
            cv2.rectangle(image, *corners, (220, 30, 30), -1)
        else:
            radius = record.cell_radius * 0.45 if name == "maze_hexagon" else max(6, record.ring_width / 3)
            cv2.circle(image, (round(x), round(y)), int(radius), (220, 30, 30), -1)
    points = [centre_of(name, record, cell) for cell in path]
    cv2.polylines(image, [np.asarray(points, np.int32).reshape(-1, 1, 2)], False, (220, 0, 0), record.line_width)
    return image


def centre_of(name: str, record: Any, cell: int) -> tuple[int, int]:
    """The middle of a maze's cell."""
    if name == "maze_square":
        size, width = record.cell_size, record.grid_size[1]
        return cell % width * size + size // 2, cell // width * size + size // 2
    family: Any = find_family(name)
    x, y = family.form(record).points[cell]
    return round(x), round(y)


def without_closing_lines(record: ArcRecord, image: Image) -> Image:
    """The benchmark's grids have no line at their right and lower side."""
    image = image.copy()
    for place in record.placements:
        left, top, right, bottom = place.bbox
        image[top : bottom + 1, right] = image[bottom, left : right + 1] = (245, 245, 245)
    return image


def marked(name: str, record: EyeballingRecord, image: Image, *, solved: bool) -> Image:
    """The candidates drawn anew as the benchmark does, with Pillow and its default font."""
    from PIL import Image as PillowImage
    from PIL import ImageDraw, ImageFont

    picture, font = PillowImage.fromarray(image), ImageFont.load_default(15)
    pen, arcs = ImageDraw.Draw(picture), name == "arc_connect"
    for entry in record.candidates:
        x, y, letter = entry.x, entry.y, entry.label
        right = solved and letter == record.correct_option
        reach = 12 if arcs else 13
        pen.ellipse((x - reach, y - reach, x + reach, y + reach), "white")
        if not arcs:
            fill, outline = ((255, 220, 220), (198, 24, 24)) if right else ((255, 255, 255), (32, 32, 32))
            pen.ellipse((x - 10, y - 10, x + 10, y + 10), fill, outline, 4)
        elif right:
            pen.ellipse((x - 14, y - 14, x + 14, y + 14), outline=(20, 160, 60), width=3)
        pen.text((x, y), letter, (0, 0, 160) if arcs else "black", font, anchor="mm")
    return np.asarray(picture)


def published(name: str, index: int = 0) -> dict[str, Any]:
    """What a data.json of the benchmark holds of it."""
    example, group = ours(name, index), find_family(name).group
    record = {**msgspec.to_builtins(example.payload), "id": example.key, "answer": example.answer}
    fields = KEPT.get(name) or (EYEBALLING if group == "eyeballing" else VISUAL)
    kept = {field: record[field] for field in fields}
    if name == "arc_connect":
        kept |= arcs_as_circles(example.payload)
    return {**kept, "prompt": example.prompts.video, "image": f"puzzles/{example.key}.png"}


def arcs_as_circles(record: EyeballingRecord) -> dict[str, Any]:
    """The benchmark has whole circles in place of the letters' places, and the band that hides their middles."""
    band, left, *right = draw.given(record)

    def circle(arc: Stroke) -> dict[str, Any]:
        return {"cx": arc.points[0].real, "cy": arc.points[0].imag, "r": arc.radius}

    x, half = band.points[0].real, band.width / 2
    circles = [{**circle(arc), "label": letter} for letter, arc in zip("ABCDE", right, strict=True)]
    mask = [x - half, 0, x + half, record.canvas_dimensions[1]]
    return {"mask_rect": mask, "left_arc": circle(left), "candidates": circles, "type": "arc_connect"}


def task_of(name: str) -> str:
    """What the benchmark calls a family."""
    return {"reflection": "point_reflection", "arc_agi_2": "ARC_AGI_2"}.get(name, name.removeprefix("visual_"))


def numbered(name: str, index: int = 0) -> Image:
    """A maze with the number of every cell printed on it, as later generators add it to the record."""
    family: Any = find_family(name)
    image: Image = family.show(ours(name, index).payload, pictures(name, index)[0])
    return image


def write_folder(root: Path, names: Sequence[str], each: int) -> Path:
    """<task>/data.json with the pictures beside it."""
    for name in names:
        folder, records = root / task_of(name), []
        for part in ("puzzles", "solutions"):
            (folder / part).mkdir(parents=True)
        for index in range(each):
            paths = {"image": f"puzzles/{index}.png", "solution_image_path": f"solutions/{index}.png"}
            for path, picture in zip(paths.values(), pictures(name, index), strict=True):
                (folder / path).write_bytes(encode_rgb(picture))
            records.append({**published(name, index), **paths})
        (folder / "data.json").write_text(json.dumps(records))
    return root
