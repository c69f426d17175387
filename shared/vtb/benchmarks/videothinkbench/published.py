"""Published figures to compare with, in percent right (VideoThinkBench, arXiv 2511.04570, tables 1, 7, 9 and 10)."""

from __future__ import annotations

SOURCE = "VideoThinkBench, arXiv 2511.04570, tables 1, 7, 9 and 10"
# Which of our signals a published column was measured by.
VLM = ("Gemini 2.5 Pro", "GPT-5 high", "Claude Sonnet 4.5")
RULES = {
    "Sora-2 audio": "audio", "Sora-2 last frame": "last", "Sora-2 major frame": "major", "Sora-2": "last",
    **dict.fromkeys(VLM, "text"),
}  # fmt: skip
_EYEBALLING_COLUMNS = ("Sora-2 audio", "Sora-2 last frame", "Sora-2 major frame", *VLM)
_COLUMNS = ("Sora-2", *VLM)

_EYEBALLING = {
    "ray_intersection": (22, 70, 88, 22, 16, 22),
    "midpoint": (22, 48, 64, 28, 34, 66),
    "circle_center": (58, 56, 70, 44, 62, 50),
    "reflection": (18, 22, 22, 30, 28, 30),
    "triangle_center": (34, 42, 44, 38, 40, 36),
    "incenter": (48, 30, 34, 32, 30, 34),
    "circumcenter": (14, 20, 24, 12, 32, 26),
    "orthocenter": (32, 18, 26, 14, 32, 28),
    "fermat_point": (24, 24, 30, 30, 28, 34),
    "perpendicular": (20, 38, 46, 8, 26, 14),
    "parallel": (22, 28, 30, 20, 32, 32),
    "angle_bisector": (28, 36, 38, 28, 28, 24),
    "arc_connect": (12, 56, 68, 20, 20, 12),
    "perpendicular_bisector": (22, 20, 40, 16, 30, 58),
    "circle_tangent_line": (22, 20, 26, 22, 20, 22),
    "circle_tangent_point": (18, 16, 24, 22, 18, 22),
    "ray_reflect": (28, 30, 32, 32, 18, 26),
    "square_outlier": (54, 44, 54, 52, 54, 86),
    "parallelogram": (24, 28, 32, 24, 30, 36),
    "right_triangle": (30, 14, 16, 38, 20, 60),
    "isosceles_trapezoid": (36, 42, 36, 24, 26, 20),
}
_OTHERS = {
    "visual_color_hexagon": (96, 98, 100, 92),
    "visual_color_grid": (94, 94, 100, 100),
    "visual_size_grid": (85.4, 87.5, 95.8, 62.5),
    "visual_shape_reflect": (52, 100, 98, 66),
    "visual_color_size": (45.8, 83.3, 35.4, 93.8),
    "visual_size_cycle": (58, 84, 98, 46),
    "visual_color_overlap_squares": (56, 56, 100, 86),
    "visual_polygon_sides_color": (66, 54, 82, 88),
    "visual_rectangle_height_color": (44, 58, 60, 54),
    "visual_shape_size_grid": (64, 100, 98, 100),
    "arc_agi_2": (1.3, 1.9, 0.5, 5.3),
    "maze_square": (40, 0, 0, 0),
    "maze_hexagon": (0, 0, 0, 0),
    "maze_circle": (0, 0, 0, 0),
}
PER_TASK: dict[str, dict[str, float]] = {
    **{task: dict(zip(_EYEBALLING_COLUMNS, row, strict=True)) for task, row in _EYEBALLING.items()},
    **{task: dict(zip(_COLUMNS, row, strict=True)) for task, row in _OTHERS.items()},
}
# Puzzles behind each figure.
COUNTS = {
    **dict.fromkeys(PER_TASK, 50), "visual_size_grid": 48, "visual_color_size": 48, "arc_agi_2": 1000,
}  # fmt: skip

CATEGORIES: dict[str, tuple[str, ...]] = {
    "point": ("circle_center", "circumcenter", "fermat_point", "incenter", "midpoint", "orthocenter", "reflection",
              "ray_intersection", "triangle_center"),
    "line": ("angle_bisector", "arc_connect", "circle_tangent_line", "circle_tangent_point", "parallel",
             "perpendicular", "perpendicular_bisector", "ray_reflect"),
    "shape": ("isosceles_trapezoid", "parallelogram", "right_triangle", "square_outlier"),
    "symmetry": ("visual_color_hexagon", "visual_color_grid", "visual_size_grid", "visual_shape_reflect"),
    "gradient": ("visual_color_size", "visual_size_cycle"),
    "compositionality": ("visual_polygon_sides_color", "visual_rectangle_height_color", "visual_color_overlap_squares",
                         "visual_shape_size_grid"),
    "ARC-AGI-2": ("arc_agi_2",),
    "square maze": ("maze_square",),
    "hexagon maze": ("maze_hexagon",),
    "circle maze": ("maze_circle",),
}  # fmt: skip
# The full test, table 1, and for models that one would train the mini test, table 7.
PER_CATEGORY: dict[str, dict[str, float]] = {
    model: dict(zip(CATEGORIES, row, strict=True))
    for model, row in {
        "Sora-2": (44.7, 38.0, 34.5, 81.9, 51.9, 57.5, 1.3, 40, 0, 0),
        "Gemini 2.5 Pro": (27.8, 21.0, 34.5, 94.9, 83.7, 67.0, 1.9, 0, 0, 0),
        "GPT-5 high": (33.6, 24.0, 32.5, 98.5, 66.7, 85.0, 0.5, 0, 0, 0),
        "Claude Sonnet 4.5": (36.2, 26.3, 50.5, 80.1, 69.9, 82.0, 5.3, 0, 0, 0),
        "Wan2.2-TI2V-5B (mini test)": (17.8, 10.0, 20.0, 7.5, 10.0, 7.5, 0.7, 0, 0, 0),
        "Qwen-Image-Edit-2511 (mini test)": (30.0, 23.8, 27.5, 25.0, 35.0, 7.5, 0, 0, 0, 0),
    }.items()
}
