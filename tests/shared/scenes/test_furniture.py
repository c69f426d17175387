"""Every shape: whole, of boxes that do not overlap, and stretched to any size."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtb.scenes.furniture import COLORS, LARGE, SHAPES, SMALL, build
from vtb.scenes.render import back_to_front
from vtb.scenes.scene import Box

Lengths = st.integers(32, 260).map(lambda length: 10 * length)


def overlap(one: Box, other: Box) -> bool:
    return all(a < d and c < b for a, b, c, d in zip(one.low, one.high, other.low, other.high, strict=True))


@pytest.mark.parametrize("name", SHAPES)
@given(size=st.tuples(Lengths, Lengths, Lengths), turns=st.integers(0, 3))
def test_a_thing_has_the_size_that_was_asked_for(name: str, size: tuple[int, int, int], turns: int) -> None:
    thing = build(name, COLORS[0], (130, 70), size, turns)
    across = size if turns % 2 == 0 else (size[1], size[0], size[2])
    assert thing.bounds.low == (130, 70, 0)
    assert thing.bounds.high == (130 + across[0], 70 + across[1], size[2])
    assert thing.longest_side == max(size)
    assert all(a < b for box in thing.boxes for a, b in zip(box.low, box.high, strict=True))
    assert not any(overlap(*two) for two in combinations(thing.boxes, 2))


@pytest.mark.parametrize("turns", range(4))
def test_a_chair_has_its_back_behind_it(turns: int) -> None:
    thing = build("chair", COLORS[0], (0, 0), (400, 400, 800), turns)
    back = max(thing.boxes, key=lambda box: box.high[2])
    middle = [(low + high) / 2 - 200 for low, high in zip(back.low[:2], back.high[:2], strict=True)]
    behind = [(0, 1), (-1, 0), (0, -1), (1, 0)][turns]
    assert middle[0] * behind[0] + middle[1] * behind[1] > 150


def test_large_and_small_things_have_names_of_their_own() -> None:
    assert not set(LARGE) & set(SMALL)


def test_boxes_that_hide_each_other_in_a_circle_are_told() -> None:
    """Three sticks, each before the next, as seen from far along the diagonal."""
    low, eye = np.array([[0, 0, 10], [10, 0, 0], [0, 10, 0]], float), np.array([100.0, 100, 100])
    high = np.array([[30, 10, 20], [20, 30, 10], [10, 20, 30]], float)
    assert back_to_front(low[:2], high[:2], eye).tolist() == [1, 0]
    assert back_to_front(low[1:], high[1:], eye).tolist() == [1, 0]
    with pytest.raises(ValueError, match="in a circle"):
        back_to_front(low, high, eye)
