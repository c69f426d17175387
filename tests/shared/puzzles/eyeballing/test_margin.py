"""No wrong candidate comes near the truth: by how much is stated, and holds in every sample."""

import itertools
import math

import pytest

from vtb.puzzles.registry import families
from vtb.puzzles.sample import make_example

ON_A_LINE = (
    "angle_bisector", "circle_tangent_line", "parallel", "perpendicular", "perpendicular_bisector", "ray_reflect",
)  # fmt: skip
SAMPLES = 300


def distance(point: complex, a: complex, b: complex) -> float:
    """From a point to the line through two others."""
    return abs(((point - a) * (b - a).conjugate()).imag) / abs(b - a)


@pytest.mark.parametrize("spread", [1.0, 1.6])
@pytest.mark.parametrize("sampling", ["fair", "videothinkbench"])
@pytest.mark.parametrize("name", ON_A_LINE)
def test_wrong_candidates_are_off_the_line(name: str, sampling: str, spread: float) -> None:
    family = families()[name]
    config = family.config_class(sampling=sampling, distractor_distance=spread)
    for index in range(SAMPLES):
        record = make_example(family, config, name, 8, index).payload
        line = [complex(x, y) for x, y in record.solution_strokes[-1].points][-2:]
        off = {entry.label: distance(complex(entry.x, entry.y), *line) for entry in record.candidates}
        assert off.pop(record.correct_option) < 0.1
        assert min(off.values()) >= 2.8 * record.point_radius * spread - 0.1, index


@pytest.mark.parametrize("name", sorted(n for n, f in families().items() if f.group == "eyeballing"))
def test_candidates_are_apart(name: str) -> None:
    family = families()[name]
    for index in range(SAMPLES):
        record = make_example(family, family.config_class(), name, 8, index).payload
        points = [(entry.x, entry.y) for entry in record.candidates]
        least = min(math.dist(a, b) for a, b in itertools.combinations(points, 2))
        assert least >= 2.8 * record.point_radius - 0.1, index
