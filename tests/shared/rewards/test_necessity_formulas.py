"""The three formulas of necessity, and what a group of answers is rewarded for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vtb.errors import UsageProblem
from vtb.latent.rewards import PENALTIES, PRESETS, LatentReward, not_needed, quality, weights_of
from vtb.latent.rollouts import Rollouts
from vtb.latent.tokens import LatentTokens
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example
from vtb.rewards.necessity import NECESSITIES, Group, by_group, by_likelihood, by_replay
from vtb.rewards.registry import find_reward
from vtb.tasks.example import encode_example


def group(
    right: Sequence[float], used: Sequence[bool], controls: Sequence[float] = (),
    replayed: Sequence[float | None] = (), drops: Sequence[float | None] = (),
) -> Group:  # fmt: skip
    return Group(right, used, controls, lambda: replayed, lambda: drops)


def test_group_contrast_is_for_right_answers_that_used_latents() -> None:
    found = by_group(group([1, 1, 0, 0, 0, 0], [True, True, True, False, False, False]))
    assert found == pytest.approx([2 / 3, 2 / 3, 0, 0, 0, 0])
    # One without was right: rarely, so it is granted still; two are not rare.
    assert by_group(group([1, 0, 1, 0], [True, True, False, False])) == [0.0, 0, 0, 0]
    assert by_group(group([1, 1, 1, 0], [True, True, False, False])) == [0.5, 0.5, 0, 0]
    assert by_group(group([1, 1, 1, 1], [True, True, False, False])) == [0.0] * 4


def test_group_contrast_needs_both_sides() -> None:
    assert by_group(group([1, 0], [True, True])) == [0.0, 0.0]
    assert by_group(group([1, 0], [False, False])) == [0.0, 0.0]
    assert by_group(group([1, 0], [True, True], [0, 0])) == [0.5, 0.0]
    assert by_group(group([1, 0], [True, True], [1, 1])) == [0.0, 0.0]


def test_replay_and_likelihood() -> None:
    used = [True] * 4 + [False]
    assert by_replay(group([1, 1, 0, 0, 1], used, replayed=[0, 1, 1, 0, None])) == [1.0, -0.5, -0.5, 0.0, 0.0]
    assert by_likelihood(group([1, 1, 1, 0, 1], used, drops=[0.4, 3.0, -2.0, 0.4, None])) == [0.4, 1.0, 0.0, 0.0, 0.0]


@given(st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0]), st.booleans()), min_size=1, max_size=9), st.randoms())
def test_every_necessity_is_bounded_and_blind_to_order(answers: list[tuple[float, bool]], chance: object) -> None:
    right, used = [one for one, _ in answers], [two for _, two in answers]
    other = [None if not two else 1 - one for one, two in answers]
    for make in NECESSITIES.values():
        found = make(group(right, used, [0.0], other, other))
        assert len(found) == len(right)
        assert all(-0.5 <= value <= 1 for value in found)
        assert all(value == 0 for value, two in zip(found, used, strict=True) if not two)
        again = make(group(right[::-1], used[::-1], [0.0], other[::-1], other[::-1]))
        assert again == pytest.approx(found[::-1])


def test_latents_are_not_needed_where_most_answers_without_are_right() -> None:
    assert not_needed(group([1, 1, 1], [True, False, False]))
    assert not not_needed(group([1, 1, 0, 0], [True, False, False, False]))  # one of three: rarely
    assert not not_needed(group([1], [True]))


def test_saying_things_again_is_no_quality() -> None:
    assert quality("I go on. Then I finish it. The answer is A.") == 1
    assert quality("I go on. I go on.") == 1
    assert quality("I go on. I go on. I go on.") == 0
    assert quality("") == 1
    thinks = "I go on.\n<latent>I go on.\n<latent>I go on.\n<latent>"  # as answers are that were taught
    assert quality(f"{thinks}The answer is A.") == 1
    assert quality(f"{thinks}A. A. A.") == 0


def test_the_parts_of_each_answer() -> None:
    """Tokens: 7 is a latent, 8 begins a segment of two, 9 ends it; the right answer is the maze's."""
    family = find_family("maze_square")
    example = make_example(family, family.config_class(size=5), "toy", 1, 0)
    whole, cut = [1, 8, 7, 7, 9, 2], [1, 8, 7, 0, 0, 0]
    right, ids = f"The answer is {example.answer}.", [whole, cut, [8, 7, 7, 9, 8, 7], [1, 2, 3, 0, 0, 0]]
    said = [f"So.<latent>{right}", "So.<latent>", "A. A. A.<latent><latent>no", right]
    rollouts = Rollouts(None, np.array(ids), [6, 3, 6, 3], [True, False, False, True], [], said, [1, 1, 2, 0])
    weights = weights_of(find_reward("vtb"), "all-penalties", None)
    reward = LatentReward(find_reward("vtb"), weights, "group", 1)
    row = {"example": encode_example(example).decode()}
    parts = reward.parts(rollouts, row, LatentTokens(2, 7, 8, 9), ["no", "no"], lambda: [], lambda: [])
    told = {name: [one[name] for one in parts] for name in parts[0]}
    assert told["correct"] == [1, 0, 0, 1]
    assert told["usage"] == [1, 0, 0, 0]
    assert told["too_many"] == [0, 0, 1, 0]
    assert told["malformed"] == [0, 1, 1, 0]
    assert told["overlong"] == [0, 1, 1, 0]
    assert told["unneeded"] == [0, 0, 0, 0]
    assert told["necessity"] == pytest.approx([0, 0, 0, 0])  # one of three with, one of three without
    spare = reward.parts(rollouts, row, LatentTokens(2, 7, 8, 9), [right, right], lambda: [], lambda: [])
    assert [one["unneeded"] for one in spare] == [1, 1, 1, 0]
    total = 1 + 0.1 + 0.1 + 0.1 - 0.5  # correct, readable, quality, usage; not needed
    assert reward.total(spare[0]) == pytest.approx(total)


def test_weights_as_users_write_them() -> None:
    base = find_reward("vtb")
    assert weights_of(base, "plain", None)["correct"] == 1
    assert all(weights_of(base, "plain", None)[name] == 0 for name in PENALTIES)
    assert all(weights_of(base, "all-penalties", "unneeded=2")[name] > 0 for name in PENALTIES)
    assert weights_of(base, "all-penalties", "unneeded=2")["unneeded"] == 2
    assert set(PRESETS) == {"plain", "all-penalties"}
    for wrong, why in (("colour=1", "is no part"), ("correct=x", "give a number"), ("correct=-1", "give a number")):
        with pytest.raises(UsageProblem, match=why):
            weights_of(base, "plain", wrong)
    nothing = ",".join(f"{name}=0" for name in weights_of(base, "plain", None) if name not in PENALTIES)
    with pytest.raises(UsageProblem, match="nothing would be rewarded"):
        weights_of(base, "plain", nothing)
