"""How often a guess is right that does not see the drawing: what an accuracy is to be held beside.

Measured on puzzles made here, by models that learned from one half and were judged on the other (``python -m perf
blind``; docs/decisions/0006): eyeballing by the candidates' places, the best of ten rules and four models (two, for the
benchmark's sampling); visual puzzles by the options and counts of what is seen, the best of four models; mazes by their
ends, the path that came most often between them. Where the best guess is no better than chance, chance stands here. The
benchmark's puzzles are taken for those that its way of sampling makes here.
"""

from __future__ import annotations

FAIR = "fair"  # sampling; others' and the benchmark's is the other way
FIVE = 1 / 5
# Fair, and the benchmark's way; the points of right_triangle and square_outlier are the puzzle.
_EYEBALLING = {
    "angle_bisector": (FIVE, 0.408), "arc_connect": (FIVE, FIVE), "arc_connect_point_ver": (FIVE, FIVE),
    "circle_center": (FIVE, 0.565), "circle_tangent_line": (FIVE, 0.435), "circle_tangent_point": (FIVE, FIVE),
    "circumcenter": (FIVE, 0.579), "fermat_point": (FIVE, 0.561), "incenter": (FIVE, 0.574),
    "isosceles_trapezoid": (FIVE, 0.577), "midpoint": (FIVE, 0.563), "orthocenter": (FIVE, 0.558),
    "parallel": (FIVE, 0.416), "parallelogram": (FIVE, 0.583), "perpendicular": (FIVE, 0.424),
    "perpendicular_bisector": (FIVE, 0.433), "ray_intersection": (FIVE, 0.581), "ray_reflect": (FIVE, 0.433),
    "reflection": (FIVE, 0.567), "right_triangle": (0.737, 0.715), "square_outlier": (1.0, 1.0),
    "triangle_center": (FIVE, 0.566),
}  # fmt: skip
# Fair, and the benchmark's way. Of overlapping squares, whose own colors tell more, each puzzle of ours says its guess.
_VISUAL = {
    "visual_color_hexagon": (1 / 3, 1.0), "visual_color_grid": (1 / 2, 1.0), "visual_size_grid": (1 / 2, 1.0),
    "visual_shape_reflect": (1 / 4, 1.0), "visual_color_size": (1 / 3, 0.798), "visual_size_cycle": (1 / 3, 1.0),
    "visual_polygon_sides_color": (1 / 3, 1.0), "visual_rectangle_height_color": (1 / 3, 0.715),
    "visual_color_overlap_squares": (1 / 3, 0.498), "visual_shape_size_grid": (1 / 3, 1.0),
}  # fmt: skip
# Size, radius or rings (of 18 segments): mazes that are all equally likely, and depth-first ones.
_SQUARE = {
    ("corners", 7): (0.190, 0.127), ("corners", 9): (0.067, 0.033), ("corners", 11): (0.025, 0.008),
    ("random", 7): (0.454, 0.531), ("random", 9): (0.293, 0.346), ("random", 11): (0.204, 0.209),
}  # fmt: skip
_GRID = {
    ("maze_hexagon", 2): (0.142, 0.035), ("maze_hexagon", 3): (0.041, 0.005), ("maze_hexagon", 4): (0.013, 0.000),
    ("maze_circle", 2): (0.186, 0.014), ("maze_circle", 4): (0.031, 0.001), ("maze_circle", 6): (0.002, 0.000),
}  # fmt: skip
SEGMENTS = 18  # of the circle mazes that were measured
UNIFORM = "wilson"


def places_rate(name: str, sampling: str) -> float | None:
    """Of eyeballing puzzles, guessed by the candidates' places; None where that was not measured."""
    fair, benchmark = _EYEBALLING.get(name, (None, None))
    return fair if sampling == FAIR else benchmark


def counts_rate(name: str, *, fair: bool) -> float | None:
    """Of visual puzzles, guessed by counting what is seen."""
    measured = _VISUAL.get(name)
    return measured and measured[0 if fair else 1]


def square_rate(size: int, algorithm: str, *, corners: bool) -> float | None:
    """Of square mazes, guessed by their ends; others' mazes are depth-first."""
    measured = _SQUARE.get(("corners" if corners else "random", size))
    return measured and measured[0 if algorithm == UNIFORM else 1]


def grid_rate(name: str, size: int | None, algorithm: str, segments: int | None) -> float | None:
    """Of hexagon and circle mazes by radius or rings; ``segments`` is None where there are none."""
    measured = _GRID.get((name, size or 0)) if segments in (None, SEGMENTS) else None
    return measured and measured[0 if algorithm == UNIFORM else 1]
