"""What is the circle maze's own: cell IDs, geometry, options, and what is refused. The rest: test_grid_mazes.py."""

from __future__ import annotations

import itertools
import math

import pytest
from msgspec.structs import replace

from shared.puzzles.damaged import plain
from shared.puzzles.maze.grid_mazes import make
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.circle import FAMILY, Config
from vtb.puzzles.maze.common.polar_grid import Circle, graph_of

NAME = "maze_circle"
FORM = Circle(3, 8, 30, 6, 40)


def test_cells_are_numbered_ring_by_ring() -> None:
    graph = graph_of(2, 4)
    assert graph[0] == (1, 2, 3, 4)
    assert set(graph[1]) == {0, 2, 4, 5}
    assert set(graph[8]) == {4, 5, 7}
    assert FORM.cell_count == len(FORM.graph) == 25
    for ring, segment in itertools.product((1, 2, 3), range(8)):
        x, y = FORM.middle(1 + (ring - 1) * 8 + segment)
        middle = (FORM.size[0] - 1) / 2
        assert math.dist((x, y), (middle, middle)) == pytest.approx(40 + 30 * ring - 15)
        # Clockwise from the top: the angle of (up, right).
        angle = math.atan2(x - middle, middle - y) % (2 * math.pi)
        assert angle == pytest.approx(2 * math.pi * (segment + 0.5) / 8)


def test_the_start_is_anywhere_in_the_outermost_ring_and_the_goal_in_the_centre() -> None:
    records = [make(NAME, index, rings=2, segments=5) for index in range(100)]
    assert {record.start_cell for record in records} == {6, 7, 8, 9, 10}
    assert {record.goal_cell for record in records} == {0}


def test_the_line_follows_the_arc_between_neighbours_in_a_ring() -> None:
    middle = (FORM.size[0] - 1) / 2
    for cells in ([17, 18], [18, 17], [24, 17], [17, 24], [1, 2, 3, 4, 5, 6, 7, 8, 1]):
        line, ring = FORM.line(cells), 1 if cells[0] < 9 else 3
        radii = [math.dist(point, (middle, middle)) for point in line]
        assert all(abs(radius - (25 + 30 * ring)) < 1 for radius in radii)
        assert len(line) > len(cells)
        assert all(a != b for a, b in itertools.pairwise(line))
    for cells in ([0, 3], [3, 11], [11, 3, 0], [17, 19], [1, 12]):
        assert FORM.line(cells) == [FORM.points[cell] for cell in cells]


def test_arcs_are_smooth() -> None:
    """However few segments: no drawn arc is more than a pixel from the true one."""
    form = Circle(3, 3, 60, 6, 60)
    line, middle = form.line([7, 8, 9]), (form.size[0] - 1) / 2
    for (x, y), (u, v) in itertools.pairwise(line):
        assert abs(math.dist(((x + u) / 2, (y + v) / 2), (middle, middle)) - 210) < 1


def test_doors_around_the_centre_are_as_wide_as_the_others() -> None:
    for segments in (3, 6, 12, 18, 40):
        form = Config(rings=2, segments=segments).form
        assert form.opening >= form.ring_width - form.wall_thickness - 1e-9
    assert Config(segments=18, inner_radius=80).form.opening == pytest.approx(2 * 80 * math.sin(math.pi / 18) - 7)


def test_the_record_says_all() -> None:
    record = make(NAME, clip=Clip(81, 16, (832, 480)))
    assert plain(record).items() >= {
        "rings": 6, "segments": 18, "ring_width": 36, "wall_thickness": 7, "inner_radius": 104, "line_width": 9,
        "algorithm": "wilson", "canvas_dimensions": [656, 656], "goal_cell": 0, "goal_point": [328, 328],
    }.items()  # fmt: skip
    assert plain(record)["clip"] == {
        "frames": 81, "fps": 16, "size": [832, 480], "scale": pytest.approx(480 / 656), "offset": [176, 0],
    }  # fmt: skip
    assert (len(record.cell_centres), len(record.passages)) == (109, 108)
    assert record.start_point == record.cell_centres[record.start_cell]


def test_difficulty() -> None:
    record = make(NAME, rings=3, segments=8)
    inwards = replace(record, solution_path_cell_ids=[19, 11, 3, 0], passages=[[3, 11], [11, 19]])
    assert FAMILY.difficulty(inwards) == {"rings": 3, "segments": 8, "path_length": 4, "turns": 0, "dead_ends": 2}
    around = replace(inwards, solution_path_cell_ids=[23, 24, 17, 9, 10, 9, 16])
    assert FAMILY.difficulty(around)["turns"] == 3  # past the top is straight on; in, then there and back
