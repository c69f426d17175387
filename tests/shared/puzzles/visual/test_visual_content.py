"""The content of the ten visual puzzles: the rule gives the answer, and nothing else does."""

from __future__ import annotations

import collections
import functools
import itertools
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
from vtb.puzzles.visual.common.patterns import assign, count_assigned, options_around
from vtb.puzzles.visual.common.place import area_in_clip
from vtb.puzzles.visual.common.record import VisualRecord
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
    seen = {place: value for place, value in enumerate(record.values) if place != record.missing}
    assert RULES[name](record, seen) == family.answer(record) == record.values[record.missing]
    assert answer(record) in record.options
    assert len(set(record.options)) == len(record.options) >= 3
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
    if (name, sampling) in {("color_size", "fair"), ("size_grid", "videothinkbench")}:
        assert found == space


@pytest.mark.parametrize(("groups", "values"), list(itertools.product((2, 3, 4), (3, 4, 6))))
def test_assignments_are_counted(groups: int, values: int) -> None:
    names = [str(number) for number in range(values)]
    every = list(itertools.product(names, repeat=groups))
    fair = [drawn for drawn in every if 1 < len(set(drawn)) <= 3]
    assert count_assigned(groups, values, "fair") == len(fair)
    assert count_assigned(groups, values, "videothinkbench") == sum(len(set(drawn)) == groups for drawn in every)
    rng = sample_rng(1, "assign", groups * 10 + values)
    assert {tuple(assign(rng, groups, names, "fair")) for _ in range(40 * len(fair))} == set(fair)


def chi_square(counts: collections.Counter[Any], expected: list[tuple[Any, float]]) -> float:
    return sum((counts[key] - wanted) ** 2 / wanted for key, wanted in expected)


@every_puzzle
def test_every_option_and_letter_is_right_equally_often(name: str) -> None:
    records = drawn(name)
    (count,) = {len(record.options) for record in records}
    places = collections.Counter(record.options.index(answer(record)) for record in records)
    # Beyond these a chi-square of so many degrees of freedom comes once in ten thousand.
    limits = {2: 18.4, 3: 21.1, 4: 23.5, 5: 25.7, 11: 37.4, 29: 66.2}
    assert chi_square(places, [(place, MANY / count) for place in range(count)]) < limits[count - 1]
    answers = collections.Counter(answer(record) for record in records)
    assert chi_square(answers, [(answer, MANY / len(answers)) for answer in answers]) < limits[len(answers) - 1]


def guess(records: list[VisualRecord], rule: str) -> float:
    """How often a guess from the counts of what is seen is right; ties are broken at random."""
    right = 0.0
    for record in records:
        seen = [value for place, value in enumerate(record.values) if place != record.missing]
        counts = collections.Counter(seen)
        best = (max if rule == "commonest" else min)(counts.values())
        chosen = {value for value in counts if counts[value] == best}
        right += (answer(record) in chosen) / len(chosen)
    return right / len(records)


@pytest.mark.parametrize("name", sorted(set(TEN) - {"color_size", "color_overlap_squares", "shape_size_grid"}))
def test_counting_does_not_tell_the_answer(name: str) -> None:
    # Two or three values are seen, so blind luck is right in 45 %; neither end of the counts is much better.
    for rule in ("commonest", "rarest"):
        assert 0.33 < guess(drawn(name), rule) < 0.55, rule
    # In the benchmark's own way the count decides.
    both = [guess(drawn(name, "videothinkbench"), rule) for rule in ("commonest", "rarest")]
    assert max(both) > 0.7 or max(both) == 0


def test_a_mixture_that_is_seen_is_as_likely_as_one_that_is_not() -> None:
    seen = sum(record.values[0] == record.values[1] for record in drawn("color_overlap_squares"))
    assert abs(seen / MANY - 1 / 3) < 0.025


def test_what_the_grid_shows_does_not_tell_the_option() -> None:
    best = collections.defaultdict[str, float](float)
    for record in drawn("shape_size_grid"):
        seen = collections.Counter(v for place, v in enumerate(record.values) if place != record.missing)
        counts = [seen[option] for option in record.options]
        for rule, end in (("commonest", max(counts)), ("rarest", min(counts))):
            chosen = [option for option in record.options if seen[option] == end]
            best[rule] += (answer(record) in chosen) / len(chosen) / MANY
        for k in (0, 1):
            assert set(collections.Counter(option.split()[k] for option in record.options).values()) == {2}
    assert max(best.values()) < 0.36  # 0.25 by chance


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
        seen = [value for place, value in enumerate(record.values) if place != record.missing]
        assert whole.figures == {
            "values_shown": len(set(seen)),
            "right_value_shown": sum(value == answer(record) for value in seen),
        }
