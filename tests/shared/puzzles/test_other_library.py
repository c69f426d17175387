"""Right answers drawn with Pillow, at another size and in other colors, score 1; near misses score 0.

Visual puzzles have the same in test_visual_judge.py.
"""

from __future__ import annotations

import cmath
import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageDraw

from vtb.media.image import to_rgb
from vtb.puzzles.maze.common.record import CircleRecord, SquareRecord
from vtb.puzzles.registry import families, find_family
from vtb.puzzles.sample import make_example
from vtb.tasks.score import Score

Color = tuple[int, int, int]
SCALE = 1.5
MARKED = sorted(name for name, family in families().items() if family.group == "eyeballing" and name != "arc_connect")
MAZES = sorted(name for name, family in families().items() if family.group == "maze")
every_task = pytest.mark.parametrize("name", MARKED)
every_maze = pytest.mark.parametrize("name", MAZES)


class Answer:
    """The picture of a puzzle, enlarged with Pillow, to be drawn on in the puzzle's coordinates."""

    def __init__(self, name: str, index: int = 0, **options: Any) -> None:
        self.family = find_family(name)
        self.record: Any = make_example(self.family, self.family.config_class(**options), name, 21, index).payload
        puzzle = PillowImage.fromarray(to_rgb(self.family.draw_puzzle(self.record), self.family.palette))
        size = round(puzzle.width * SCALE), round(puzzle.height * SCALE)
        self.picture = puzzle.resize(size, PillowImage.Resampling.NEAREST)
        self.pen = ImageDraw.Draw(self.picture)

    def score(self) -> Score:
        return self.family.score_image(self.record, np.asarray(self.picture))

    def line(self, points: Sequence[complex], color: Color, width: int) -> None:
        self.pen.line([(p.real * SCALE, p.imag * SCALE) for p in points], color, width, joint="curve")

    def disc(self, centre: complex, radius: float, color: Color) -> None:
        x, y, r = centre.real * SCALE, centre.imag * SCALE, radius * SCALE
        self.pen.ellipse((x - r, y - r, x + r, y + r), fill=color)

    def candidates(self) -> dict[str, complex]:
        return {entry.label: complex(entry.x, entry.y) for entry in self.record.candidates}

    def right(self) -> complex:
        return self.candidates()[self.record.correct_option]


@every_task
@pytest.mark.parametrize("color", [(200, 40, 40), (140, 100, 90), (255, 130, 130), (170, 0, 130)])
def test_a_red_mark_by_another_library_is_seen(name: str, color: Color) -> None:
    answer = Answer(name)
    answer.disc(answer.right(), 7, color)
    assert answer.score().reason == "solved"


@every_task
@pytest.mark.parametrize("color", [(255, 220, 220), (255, 131, 131), (139, 20, 20), (160, 121, 20), (230, 160, 40)])
def test_a_mark_below_the_red_rule_is_none(name: str, color: Color) -> None:
    answer = Answer(name)
    answer.disc(answer.right(), 7, color)
    assert answer.score().reason == "no option"


@every_task
def test_a_mark_counts_for_the_candidate_it_is_nearest_to(name: str) -> None:
    for share, reason in ((0.44, "solved"), (0.56, "wrong option")):
        answer = Answer(name, 1)
        right = answer.right()
        near = min((p for p in answer.candidates().values() if p != right), key=lambda p: abs(p - right))
        answer.disc(right + share * (near - right), 4, (210, 20, 20))
        assert answer.score().reason == reason


@every_task
def test_twenty_red_pixels_are_a_mark_and_nineteen_are_none(name: str) -> None:
    for count, reason in ((20, "solved"), (19, "no option")):
        answer = Answer(name, 2)
        x, y = round(answer.right().real * SCALE), round(answer.right().imag * SCALE)
        for number in range(count):
            answer.picture.putpixel((x + number % 5, y + number // 5), (210, 20, 20))
        assert answer.score().reason == reason


@pytest.mark.parametrize(
    ("color", "until", "strict"),
    [((0, 0, 0), 1.0, True), ((85, 85, 85), 1.0, True), ((105, 105, 105), 1.0, False), ((0, 0, 0), 0.8, False)],
)
def test_an_arc_by_another_library_joins_only_as_ink_and_all_the_way(color: Color, until: float, strict: bool) -> None:
    for index in range(3):
        answer = Answer("arc_connect", index)
        (hidden,) = answer.record.solution_strokes
        (centre,), (start, sweep) = (complex(*point) for point in hidden.points), hidden.angles
        shares = np.linspace(0, until, 60)
        answer.line([centre + cmath.rect(hidden.radius, start + sweep * share) for share in shares], color, 7)
        assert answer.score().strict == strict


def path_points(record: Any) -> list[complex]:
    """A path from the centres of its cells, in circle mazes along rings and radii."""
    cells = record.solution_path_cell_ids
    if isinstance(record, SquareRecord):
        cell, columns = record.cell_size, record.grid_size[1]
        return [complex(i % columns * cell + cell / 2, i // columns * cell + cell / 2) for i in cells]
    centres = [complex(*record.cell_centres[cell]) for cell in cells]
    return _around(centres) if isinstance(record, CircleRecord) else centres


def _around(centres: list[complex]) -> list[complex]:
    """Arcs between cells of one ring; the last cell is the middle."""
    middle, found = centres[-1], [centres[0]]
    for a, b in itertools.pairwise(centres[:-1]):
        (r, start), turn = cmath.polar(a - middle), cmath.phase((b - middle) / (a - middle))
        radii = np.linspace(r, abs(b - middle), 12)
        found += [middle + cmath.rect(radii[step], start + turn * step / 11) for step in range(1, 12)]
    return [*found, middle]


def middle_of(points: list[complex]) -> complex:
    return points[len(points) // 2]


@every_maze
@pytest.mark.parametrize("color", [(255, 0, 0), (200, 60, 50), (150, 69, 60)])
def test_a_path_by_another_library_is_seen(name: str, color: Color) -> None:
    for index in range(3):
        answer = Answer(name, index)
        answer.line(path_points(answer.record), color, 5)
        score = answer.score()
        assert (score.strict, score.tolerant, score.reason) == (True, True, "solved"), score


@every_maze
@pytest.mark.parametrize("color", [(230, 165, 40), (149, 0, 0), (255, 190, 190)])
def test_a_path_below_the_red_rule_is_none(name: str, color: Color) -> None:
    answer = Answer(name)
    answer.line(path_points(answer.record), color, 5)
    assert not answer.score().tolerant
    assert answer.score().reason in ("no red path", "misses the start", "path is broken")


@every_maze
def test_one_red_pixel_on_a_wall_is_wrong(name: str) -> None:
    answer = Answer(name, 1)
    answer.line(path_points(answer.record), (220, 0, 0), 5)
    pixels = np.asarray(answer.picture)
    ys, xs = np.nonzero((pixels <= 40).all(axis=2))
    ends = [complex(*getattr(answer.record, f"{end}_point")) * SCALE for end in ("start", "goal")]
    far = np.min([np.hypot(xs - end.real, ys - end.imag) for end in ends], axis=0)
    place = int(far.argmax())
    answer.picture.putpixel((int(xs[place]), int(ys[place])), (220, 0, 0))
    score = answer.score()
    assert (score.strict, score.tolerant, score.reason) == (False, False, "crosses a wall")
    assert score.details["wall_pixels"] == 1


@every_maze
def test_a_gap_of_a_few_pixels_is_wrong(name: str) -> None:
    answer = Answer(name, 2)
    points = path_points(answer.record)
    answer.line(points, (220, 0, 0), 5)
    answer.disc(middle_of(points), 3, (255, 255, 255))
    score = answer.score()
    assert (score.strict, score.tolerant, score.reason) == (False, False, "path is broken")


@pytest.mark.parametrize("wrong", [None, (0, 0), (-1, -1)])
def test_an_arc_grid_by_another_library(wrong: tuple[int, int] | None) -> None:
    """Every color a little off; one cell of another color is wrong."""
    palette = [(30, 20, 20), (20, 40, 225), (230, 30, 20), (20, 220, 40), (240, 235, 30), (120, 135, 125),
               (230, 20, 235), (240, 140, 20), (20, 240, 235), (140, 70, 20)]  # fmt: skip
    for index in range(4):
        answer = Answer("arc_agi_2", index)
        output = [list(row) for row in answer.record.test_output]
        if wrong:
            output[wrong[0]][wrong[1]] = (output[wrong[0]][wrong[1]] + 1) % 10
        (place,) = (entry for entry in answer.record.placements if entry.kind == "test_output")
        cell = (place.bbox[2] - place.bbox[0]) / place.cols * SCALE
        left, top = (side * SCALE for side in place.bbox[:2])
        for row, column in np.ndindex(len(output), len(output[0])):
            x, y = left + column * cell, top + row * cell
            answer.pen.rectangle((x + 2, y + 2, x + cell - 2, y + cell - 2), fill=palette[output[row][column]])
        score, cells = answer.score(), len(output) * len(output[0])
        assert score.strict == (wrong is None)
        assert score.details["cell_accuracy"] == pytest.approx(1 - (wrong is not None) / cells, abs=1e-4)
        assert math.isclose(cell, answer.record.cell_size * SCALE)
