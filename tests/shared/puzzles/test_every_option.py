"""Every option of every family does something; sampling that cannot meet its constraints ends and says so."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest

from shared.puzzles.options_table import EVERY, OTHER, WITHOUT_EFFECT, key_of
from vtb.errors import UsageProblem
from vtb.formats.arc import ArcTask
from vtb.puzzles.eyeballing.common.config import Config
from vtb.puzzles.eyeballing.common.placement import Frame
from vtb.puzzles.family import Clip, Family
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example, render

SAMPLES = 12
EYEBALLING = sorted({name for name, _ in EVERY if key_of(name) == "eyeballing"})


def results(family: Family[Any], options: dict[str, Any]) -> list[dict[str, bytes]]:
    """The pictures, clips and, as one more part, prompts that the options give."""
    config, found = family.config_class(**options), []
    for index in range(SAMPLES):
        example = make_example(family, config, family.name, 3, index)
        parts = dict(render(family, example).parts)
        del parts["json"]  # it holds the option itself
        found.append({**parts, "prompts": str(example.prompts).encode()})
    return found


def other_value(name: str, field: str) -> Any:
    value = OTHER[key_of(name)][field]
    starred = getattr(find_family(name), "starred", False)  # the benchmark gives these puzzles choices already
    return "never" if field == "choices" and starred else value


@pytest.mark.parametrize(("name", "field"), EVERY)
def test_every_option_takes_effect(name: str, field: str) -> None:
    family = find_family(name)
    before, after = (results(family, options) for options in ({}, {field: other_value(name, field)}))
    changed = {part for one, other in zip(before, after, strict=True)
               for part in one.keys() | other.keys() if one.get(part) != other.get(part)}  # fmt: skip
    if (name, field) in WITHOUT_EFFECT:
        assert changed == set()
    elif field == "clip":
        assert changed == {"solution.mp4"}
    elif field == "choices":  # of the words only
        assert changed == {"prompts"}
    else:
        assert "solution.png" in changed


def test_the_table_has_every_option() -> None:
    assert {(key_of(name), field) for name, field in EVERY} == {(key, field) for key in OTHER for field in OTHER[key]}


class AllMargin(Config):
    """A canvas of which nothing is left inside its margins."""

    @property
    def frame(self) -> Frame:
        return dataclasses.replace(super().frame, margin=self.width // 2 - 1)


@pytest.mark.parametrize(
    ("name", "sampling"), [*((name, "fair") for name in EYEBALLING), ("midpoint", "videothinkbench")]
)
def test_sampling_that_cannot_fit_ends_and_says_so(name: str, sampling: Any) -> None:
    with pytest.raises(UsageProblem, match=r"none of \d+000 draws fits .*100 % rejected.*--distractor-distance"):
        find_family(name).sample(random.Random(1), AllMargin(sampling=sampling))


def test_a_puzzle_that_cannot_be_drawn_so_small_is_refused() -> None:
    many = ArcTask("many", (((((0,) * 30,) * 30), (((0,) * 30,) * 30)),) * 3, (((0,) * 30,) * 30, ((0,) * 30,) * 30))
    family = find_family("arc_agi_2")
    for options in ({"max_side": 320}, {"clip": Clip(5, 16, (256, 256))}):
        with pytest.raises(UsageProblem, match=r"task many: .*(--max-side|--clip-size)"):
            family.sample(random.Random(1), family.config_class(task=many, **options))
