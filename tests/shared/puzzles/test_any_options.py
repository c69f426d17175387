"""Whatever a user may type: a sound puzzle whose ground truth is right, or a clear usage error; never anything else."""

from __future__ import annotations

import itertools
import math
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, event, given, settings
from hypothesis import strategies as st

from shared.puzzles.damaged import decoded, plain
from shared.puzzles.options_table import EVERY, TYPED, key_of
from vtb.errors import UsageProblem
from vtb.media.image import to_rgb
from vtb.puzzles.eyeballing.common.base import points_of
from vtb.puzzles.family import Family
from vtb.puzzles.registry import families, find_family
from vtb.puzzles.sample import make_example

EXAMPLES = 40
OUTLINE = 2  # pixels of a candidate's outline outside its radius
# A failure prints its options; to search for smaller ones takes minutes.
NO_SHRINKING = (
    Phase.explicit,
    Phase.generate,
)


def made(family: Family[Any], options: dict[str, Any], seed: int) -> Any:
    """A record, or None where the options are refused; the message says which option, and what to take."""
    try:
        return make_example(family, family.config_class(**options), family.name, seed, 0).payload
    except UsageProblem as problem:
        refused = str(problem)
    assert re.match(r"--[a-z-]+ \S+: .|task \S+: .|[a-z_]+: none of \d+ draws fits .*: take ", refused), refused
    assert "\n" not in refused
    return None


@pytest.mark.parametrize("name", sorted(families()))
@settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=NO_SHRINKING,
    suppress_health_check=[HealthCheck.too_slow],
)  # fmt: skip
@given(st.data())
def test_any_options_give_a_sound_puzzle_or_a_usage_error(name: str, data: st.DataObject) -> None:
    family = find_family(name)
    options = data.draw(st.fixed_dictionaries({}, optional=TYPED[key_of(name)]))
    record = made(family, options, data.draw(st.integers(0, 2**40)))
    event("refused" if record is None else "made")
    if record is None:
        return
    assert decoded(name, plain(record)) == record
    assert family.score_text(record, family.answer(record)).strict
    puzzle, solution = (to_rgb(draw(record), family.palette) for draw in
                        (family.draw_puzzle, family.draw_solution))  # fmt: skip
    assert puzzle.shape[1::-1] == tuple(record.canvas_dimensions)
    assert family.score_image(record, solution, puzzle).strict
    assert not family.score_image(record, puzzle).strict
    if family.group == "eyeballing":
        check_candidates(record)
    if record.clip:
        check_clip(family, record)


def check_clip(family: Family[Any], record: Any) -> None:
    frames = [to_rgb(frame, family.palette) for frame in family.draw_frames(record)]
    width, height = record.clip.size
    assert [frame.shape for frame in frames] == [(height, width, 3)] * record.clip.frames
    assert not family.score_frame(record, frames[0]).strict
    assert family.score_frame(record, frames[-1]).strict


def check_candidates(record: Any) -> None:
    """Discs with their outlines, and the letters in them, lie on the canvas and apart from each other."""
    width, height = record.canvas_dimensions
    radius, points = record.point_radius, [(x, y) for x, y, _ in points_of(record)]
    edge = radius + OUTLINE
    assert all(edge <= x <= width - edge and edge <= y <= height - edge for x, y in points)
    least = 2 * (edge if record.sampling == "fair" else radius)  # the benchmark's outlines may touch
    assert min(math.dist(a, b) for a, b in itertools.combinations(points, 2)) >= least - 0.02


def test_the_table_has_every_option() -> None:
    assert {(key_of(name), field) for name, field in EVERY} == {(key, f) for key in TYPED for f in TYPED[key]}
