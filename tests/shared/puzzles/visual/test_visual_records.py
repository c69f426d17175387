"""Options of visual puzzles take effect or are refused, and so are records that make no sense."""

from __future__ import annotations

import math
from typing import Any

import pytest

from shared.puzzles.damaged import decoded, plain
from shared.puzzles.visual.visual_table import STARRED, TEN, family_of, make
from vtb.errors import BadInput, UsageProblem
from vtb.puzzles.family import Clip
from vtb.puzzles.visual.common.base import Config

CLIP = Clip(9, 16, (320, 256))
every_puzzle = pytest.mark.parametrize("name", TEN)


OTHER: dict[str, Any] = {
    "target_size": (700, 512), "sampling": "videothinkbench", "choices": "always", "colors": 10, "clip": CLIP,
}  # fmt: skip


@pytest.mark.parametrize("option", sorted(OTHER))
@every_puzzle
def test_every_option_takes_effect(name: str, option: str) -> None:
    usual = [make(name, index) for index in range(40)]
    other = [make(name, index, **{option: OTHER[option]}) for index in range(40)]
    without = {
        "colors": {"color_size", "color_overlap_squares"},
        "choices": STARRED,
    }
    assert (usual == other) == (name in without.get(option, ()))
    if option == "choices":
        never = [make(name, index, choices="never") for index in range(40)]
        assert {record.lettered for record in never} == {False}
        assert {record.lettered for record in other} == {True}


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"target_size": (1280, 100)}, "--target-size 1280x100"),
        ({"target_size": (5000, 704)}, "--target-size 5000x704"),
        ({"colors": 5}, "--colors 5"),
        ({"colors": 11}, "--colors 11"),
        ({"clip": Clip(81, 16, (160, 160))}, "--clip-size 160x160"),
    ],
)
def test_what_cannot_be_drawn_is_refused(options: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageProblem, match=says):
        Config(**options)


BROKEN: dict[str, dict[str, Any]] = {
    "no values": {"values": []},
    "values of numbers": {"values": [1] * 9},
    "unknown values": {"values": ["plaid"] * 9},
    "values of lists": {"values": [[]] * 9},
    "a place outside": {"missing": 99},
    "a negative place": {"missing": -1},
    "a place that is a word": {"missing": "1"},
    "a fractional place": {"missing": 0.5},
    "no vocabulary": {"vocabulary": []},
    "another vocabulary": {"vocabulary": ["plaid"]},
    "no options": {"options": []},
    "an option twice": {"options": ["small", "small"]},
    "an absurd canvas": {"canvas_dimensions": [10**6, 704]},
    "an area outside": {"area": [1000, 96, 512]},
    "a negative area": {"area": [-5, 96, 512]},
    "no area": {"area": [384, 96, 0]},
    "a fractional area": {"area": [384.5, 96, 512]},
    "an area at infinity": {"area": [math.inf, 96, 512]},
}


@pytest.mark.parametrize("what", BROKEN)
@every_puzzle
def test_nonsense_is_refused(name: str, what: str) -> None:
    fields = plain(make(name))
    decoded(f"visual_{name}", fields)
    with pytest.raises(BadInput):
        decoded(f"visual_{name}", {**fields, **BROKEN[what]})


@every_puzzle
def test_nonsense_in_a_puzzles_own_fields_is_refused(name: str) -> None:
    fields = plain(make(name))
    for field in family_of(name).content:
        for value in (None, "plaid", 10**9, [], [None] * 7):
            with pytest.raises(BadInput):
                decoded(f"visual_{name}", {**fields, field: value})


@pytest.mark.parametrize("change", [{"size": [9, 9]}, {"area": [0, 0, 9999]}, {"frames": 0}, {"frames": 10**9}])
def test_a_clip_without_the_puzzle_is_refused(change: dict[str, Any]) -> None:
    fields = plain(make("size_grid", clip=CLIP))
    with pytest.raises(BadInput, match="clip"):
        decoded("visual_size_grid", {**fields, "clip": {**fields["clip"], **change}})
