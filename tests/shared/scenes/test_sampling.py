"""Rooms at random are rooms: nothing overlaps, everything stands on the floor, and the way is free."""

from __future__ import annotations

import math
from collections import Counter
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vtb.rng import sample_rng
from vtb.scenes.furniture import LARGE, SMALL
from vtb.scenes.path import BODY, EYE
from vtb.scenes.render import MOST_THINGS
from vtb.scenes.sampling import GAP, KINDS, LEAST, MOST, SINGLE, sample_counts, sample_scene
from vtb.scenes.scene import TURN, Scene, Thing, crosses

FRAMES = 48


def scene_of(index: int, frames: int = FRAMES) -> Scene:
    rng = sample_rng(7, "scenes", index)
    return sample_scene(rng, sample_counts(rng), frames)


def gap(one: Thing, other: Thing) -> int:
    a, b = one.bounds, other.bounds
    return max(max(a.low[axis] - b.high[axis], b.low[axis] - a.high[axis]) for axis in (0, 1))


@settings(max_examples=25)
@given(index=st.integers(0, 10**9))
def test_a_room(index: int) -> None:
    scene = scene_of(index)
    for thing in scene.things:
        assert thing.bounds.low[2] == 0
        assert all(
            low >= 0 and high <= size
            for low, high, size in zip(thing.bounds.low, thing.bounds.high, scene.size, strict=True)
        )
        assert thing.bounds.high[2] < EYE  # the renderer draws no undersides
    assert all(gap(*two) >= GAP for two in combinations(scene.things, 2))
    counts = Counter(thing.name for thing in scene.things)
    assert sum(name in LARGE for name in counts) == SINGLE
    assert all(counts[name] == 1 for name in counts if name in LARGE)
    small = [counts[name] for name in counts if name in SMALL]
    assert len(small) == KINDS
    assert all(LEAST <= count <= MOST for count in small)
    assert len(scene.things) <= MOST_THINGS


@settings(max_examples=25)
@given(index=st.integers(0, 10**9))
def test_a_walk(index: int) -> None:
    scene = scene_of(index)
    assert len(scene.path) == FRAMES
    turned = 0
    for pose, after in pairwise(scene.path):
        step = (after.heading - pose.heading + TURN // 2) % TURN - TURN // 2
        assert turned * step >= 0
        turned += step
        assert math.dist(pose.place, after.place) < 1000
    assert abs(turned) >= TURN
    for pose in scene.path:
        assert all(BODY <= pose.place[axis] <= scene.size[axis] - BODY for axis in (0, 1))
        assert all(_clearance(pose.place, thing) >= BODY - 2 for thing in scene.things)


def _clearance(place: tuple[int, int, int], thing: Thing) -> float:
    low, high = thing.bounds.low, thing.bounds.high
    return max(max(low[axis] - place[axis], place[axis] - high[axis]) for axis in (0, 1))


@pytest.mark.parametrize("margin", [0, 15])
@given(
    ends=st.tuples(*[st.integers(-50, 50)] * 4), low=st.tuples(*[st.integers(-30, 30)] * 2),
    size=st.tuples(*[st.integers(1, 30)] * 2),
)  # fmt: skip
def test_a_way_crosses_what_lies_on_it(
    margin: int, ends: tuple[int, ...], low: tuple[int, int], size: tuple[int, int]
) -> None:
    start, end = (ends[0], ends[1]), (ends[2], ends[3])
    high = (low[0] + size[0], low[1] + size[1])
    steps = [number / 2000 for number in range(2001)]
    spots = [(start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t) for t in steps]
    depth = max(min(min(s[a] - low[a], high[a] - s[a]) + margin for a in (0, 1)) for s in spots)
    if abs(depth) > 0.1:  # nearer, so many steps do not tell
        assert crosses(start, end, low, high, margin) == (depth > 0)


def test_names_tell_nothing_of_sizes() -> None:
    """The longest side of every large thing has one distribution (Kruskal and Wallis)."""
    from scipy.stats import kruskal

    sides: dict[str, list[int]] = {name: [] for name in LARGE}
    for index in range(250):
        for thing in scene_of(index, 2).things[:SINGLE]:
            sides[thing.name].append(thing.longest_side)
    assert kruskal(*sides.values()).pvalue > 0.001
