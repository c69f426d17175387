"""What is the hexagon maze's own: cell IDs, geometry, options, and what is refused. The rest: test_grid_mazes.py."""

from __future__ import annotations

import math

import numpy as np
import pytest
from msgspec.structs import replace

from shared.puzzles.damaged import plain
from shared.puzzles.maze.grid_mazes import make
from vtb.puzzles.family import Clip
from vtb.puzzles.maze.common.hex_grid import Hexagons, cells_of, graph_of
from vtb.puzzles.maze.hexagon import FAMILY

NAME = "maze_hexagon"


def test_cells_are_numbered_q_by_q() -> None:
    assert cells_of(1) == ((-1, 0), (-1, 1), (0, -1), (0, 0), (0, 1), (1, -1), (1, 0))
    assert [len(cells_of(radius)) for radius in (2, 3, 4)] == [19, 37, 61]
    assert cells_of(4)[30] == (0, 0)
    assert make(NAME).goal_cell == 30


def test_neighbours_share_a_side() -> None:
    assert set(graph_of(1)[3]) == {0, 1, 2, 4, 5, 6}
    assert set(graph_of(1)[0]) == {1, 2, 3}
    form = Hexagons(4, 28, 6)
    for cell, others in enumerate(form.graph):
        assert all(
            math.dist(form.middle(cell), form.middle(other)) == pytest.approx(28 * math.sqrt(3)) for other in others
        )
        assert all(cell in form.graph[other] for other in others)
    assert sum(len(others) == 6 for others in form.graph) == 37
    assert [cell for cell, others in enumerate(form.graph) if len(others) < 6] == form.starts


def test_hexagons_are_flat_topped() -> None:
    form = Hexagons(1, 40, 4)
    assert form.size == (208, 216)
    (x, y), (right, _), (_, below) = form.middle(3), form.middle(6), form.middle(4)
    assert (x, y) == (103.5, 107.5)
    assert right - x == 60
    assert below - y == pytest.approx(69.282, abs=0.001)
    picture = FAMILY.draw_puzzle(make(NAME, radius=1, cell_radius=40, wall_thickness=4))
    assert not picture[5].any()
    assert 36 <= len(np.nonzero(picture[7])[0]) <= 40  # a flat side at the top


def test_the_start_is_anywhere_on_the_perimeter() -> None:
    starts = {make(NAME, index, radius=2, cell_radius=14).start_cell for index in range(300)}
    assert starts == {0, 1, 2, 3, 6, 7, 11, 12, 15, 16, 17, 18}


def test_the_record_says_all() -> None:
    record = make(NAME, clip=Clip())
    assert plain(record).items() >= {
        "radius": 4, "cell_radius": 28, "wall_thickness": 6, "line_width": 10, "algorithm": "wilson",
        "canvas_dimensions": [404, 452], "goal_cell": 30, "goal_point": [202, 226],
    }.items()  # fmt: skip
    assert plain(record)["clip"] == {
        "frames": 81, "fps": 16, "size": [480, 480], "scale": pytest.approx(480 / 452), "offset": [24, 0],
    }  # fmt: skip
    assert (len(record.cell_centres), len(record.passages)) == (61, 60)
    assert record.start_point == record.cell_centres[record.start_cell]


def test_difficulty() -> None:
    record = make(NAME)
    straight = replace(record, solution_path_cell_ids=[26, 27, 28, 29, 30], passages=[[26, 27], [27, 28]])
    assert FAMILY.difficulty(straight) == {"radius": 4, "path_length": 5, "turns": 0, "dead_ends": 2}
    bent = replace(straight, solution_path_cell_ids=[26, 27, 36, 37, 30])
    assert FAMILY.difficulty(bent)["turns"] == 3
