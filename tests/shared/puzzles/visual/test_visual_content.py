"""The content of the ten visual puzzles: the rule gives the answer, and nothing else does."""

from __future__ import annotations

import collections
import functools
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from shared.puzzles.damaged import decoded, plain
from shared.puzzles.visual.visual_table import RULES, STARRED, TEN, answer, example, family_of, make
from vtb.errors import UsageProblem
from vtb.puzzles.family import Clip
from vtb.puzzles.registry import families
from vtb.puzzles.visual.common.base import MIN_SIDE, Config
from vtb.puzzles.visual.common.patterns import missing_in, options_around
from vtb.puzzles.visual.common.place import area_in_clip
from vtb.rng import sample_rng

CLIP = Clip(9, 16, (320, 256))
MANY = 5000
Sampling = Literal["fair", "videothinkbench"]
every_puzzle = pytest.mark.parametrize("name", TEN)


def test_the_ten_are_there() -> None:
    found = {family.name for family in families().values() if family.group == "visual"}
    assert found == {f"visual_{name}" for name in TEN}
    assert {name for name in TEN if family_of(name).starred} == STARRED


configs = st.fixed_dictionaries(
    {
        "target_size": st.tuples(st.integers(176, 1400), st.integers(176, 900)),
        "sampling": st.sampled_from(["fair", "videothinkbench"]),
        "choices": st.sampled_from(["benchmark", "always", "never"]),
        "colors": st.integers(6, 10),
        "clip": st.none()
        | st.builds(Clip, st.just(5), st.just(16), st.tuples(st.just(512), st.integers(4, 20).map(lambda n: 32 * n))),
    }
)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(st.sampled_from(TEN), configs, st.integers(0, 10**6))
def test_whatever_is_chosen_the_rule_gives_the_answer(name: str, options: dict[str, Any], index: int) -> None:
    family, clip = family_of(name), options["clip"]
    if clip and area_in_clip(clip, options["target_size"])[2] < MIN_SIDE:
        with pytest.raises(UsageProblem, match="--clip-size"):
            make(name, index, **options)
        return
    record = make(name, index, **options)
    assert decoded(family.name, plain(record)) == record
    assert bool(record.hidden) == (options["sampling"] == "fair" and name != "color_overlap_squares")
    assert RULES[name](record, record.seen) == family.answer(record) == record.values[record.missing]
    assert answer(record) in record.options
    assert len(set(record.options)) == len(record.options) >= (2 if record.hidden else 3)
    assert answer(record) in record.explanation
    width, height = options["target_size"]
    puzzle, solution = family.draw_puzzle(record), family.draw_solution(record)
    assert puzzle.shape == solution.shape == (height, width)
    assert (puzzle != solution).any()
    if clip:
        frames = [frame.copy() for frame in family.draw_frames(record)]
        assert {frame.shape for frame in frames} == {clip.size[::-1]}
        assert len(frames) == 5


@functools.cache
def drawn(name: str, sampling: str = "fair", choices: str = "always") -> list[Any]:
    return [make(name, index, sampling=sampling, choices=choices) for index in range(MANY)]


@every_puzzle
def test_identities_are_of_the_pattern_alone(name: str) -> None:
    family, record = family_of(name), make(name)
    identity = family.identity(record)
    other = make(name, target_size=(600, 512), choices="always", clip=CLIP)
    assert identity == family.identity(other) == family.identity(decoded(family.name, plain(record)))
    assert identity != family.identity(make(name, 1))
    assert identity != family.identity(replace(record, missing=(record.missing + 1) % family.places))


@every_puzzle
@pytest.mark.parametrize("sampling", ["fair", "videothinkbench"])
def test_no_more_puzzles_than_counted(name: str, sampling: Sampling) -> None:
    family, records = family_of(name), drawn(name, sampling)
    space = family.distinct(Config(sampling=sampling))
    found = len({family.identity(record) for record in records})
    assert space is not None
    assert found <= space
    # So many draws reach every puzzle of a small space, unless some are much rarer than others.
    assert found > (0.8 if space < 1500 else 0.3) * min(space, MANY)
    if (name, sampling) == ("size_grid", "videothinkbench"):
        assert found == space


@pytest.mark.parametrize("groups", [(range(2), range(2, 4)), (range(3), range(3, 6), range(6, 10))])
def test_what_is_hidden(groups: tuple[range, ...]) -> None:
    """Fairly, as many of every group are seen, and each group is asked about equally often."""
    rng = sample_rng(1, "hidden", len(groups))
    asked = collections.Counter[int]()
    for _ in range(2_000):
        found = missing_in(rng, groups, "fair", seen=1)
        out = {found["missing"], *found["hidden"]}
        assert {len(set(group) - out) for group in groups} == {1}
        assert len(out) == 1 + len(found["hidden"])
        asked[next(n for n, group in enumerate(groups) if found["missing"] in group)] += 1
    assert chi_square(asked, [(group, 2_000 / len(groups)) for group in range(len(groups))]) < 21.1
    assert missing_in(rng, groups, "videothinkbench").keys() == {"missing"}


def chi_square(counts: collections.Counter[Any], expected: list[tuple[Any, float]]) -> float:
    return sum((counts[key] - wanted) ** 2 / wanted for key, wanted in expected)


@every_puzzle
def test_every_option_and_letter_is_right_equally_often(name: str) -> None:
    records = drawn(name)
    (count,) = {len(record.options) for record in records}
    places = collections.Counter(record.options.index(answer(record)) for record in records)
    # Beyond these a chi-square of so many degrees of freedom comes once in ten thousand.
    limits = {1: 15.1, 2: 18.4, 3: 21.1, 4: 23.5, 5: 25.7, 11: 37.4, 29: 66.2}
    assert chi_square(places, [(place, MANY / count) for place in range(count)]) < limits[count - 1]
    if name == "color_size":  # the palest and the darkest are options of every puzzle, the others of some
        records = [record for record in records if set(record.seen.values()) == set(records[0].seen.values())]
    answers = collections.Counter(answer(record) for record in records)
    assert chi_square(answers, [(answer, len(records) / len(answers)) for answer in answers]) < limits[len(answers) - 1]


def test_options_around_an_answer() -> None:
    rng = sample_rng(1, "options", 0)
    options = options_around(rng, "red", ["blue", "red", "blue"], ["red", "green", "pink", "blue"], 3)
    assert set(options) >= {"red", "blue"}
    assert len(set(options)) == len(options) == 3


@every_puzzle
def test_difficulty_counts_what_is_seen(name: str) -> None:
    for index in range(50):
        whole = example(name, index, choices="always")
        record = whole.payload
        seen = [*record.seen.values()]
        assert whole.figures == {
            "values_shown": len(set(seen)),
            "right_value_shown": sum(value == answer(record) for value in seen),
        }
