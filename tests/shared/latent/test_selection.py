"""What latents are taught, against formulas written out number by number (ILVR, section 3)."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latents import one_thread as one_thread  # a fixture
from vtb.latent.selection import choose, grouped, image_weights, pooled, user_context

pytestmark = pytest.mark.engine


def softmax(values: list[float]) -> list[float]:
    top = max(values)
    every = [math.exp(value - top) for value in values]
    return [value / sum(every) for value in every]


@pytest.mark.parametrize(("heads", "groups"), [(4, 4), (4, 2), (6, 1)])
def test_how_much_words_look_at_pictures(heads: int, groups: int) -> None:
    import torch

    words, pictures, width = 3, 5, 8
    chance = np.random.default_rng(0)
    queries, keys = chance.normal(size=(words, heads, width)), chance.normal(size=(pictures, groups, width))
    expected = np.zeros(pictures)
    for head in range(heads):
        own = keys[:, head // (heads // groups)]
        for word in range(words):
            scores = [float(queries[word, head] @ own[place]) / math.sqrt(width) for place in range(pictures)]
            expected += np.array(softmax(scores)) / (words * heads)
    found = image_weights(torch.tensor(queries), torch.tensor(keys))
    assert found.numpy() == pytest.approx(expected / expected.sum(), abs=1e-6)
    assert float(found.sum()) == pytest.approx(1)


def test_the_question_as_one_vector() -> None:
    import torch

    states = torch.tensor(np.random.default_rng(1).normal(size=(6, 4)))
    weights = torch.tensor([0.25, 0.75])
    found = user_context(states, [0, 3], torch.tensor([1, 2]), weights)
    expected = (0.25 * states[1] + 0.75 * states[2] + (states[0] + states[3]) / 2) / 2
    assert found.numpy() == pytest.approx(expected.numpy(), abs=1e-6)
    assert user_context(states, [0, 3], [], None).numpy() == pytest.approx(
        ((states[0] + states[3]) / 2).numpy(), abs=1e-6
    )


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000), count=st.integers(1, 30), most=st.integers(1, 8),
    coverage=st.floats(0.05, 1.0), temperature=st.floats(0.01, 2.0),
)  # fmt: skip
def test_the_chosen_are_the_likest_up_to_the_coverage(
    seed: int, count: int, most: int, coverage: float, temperature: float
) -> None:
    import torch

    chance = np.random.default_rng(seed)
    candidates, query = chance.normal(size=(count, 6)).astype("f"), chance.normal(size=6).astype("f")
    cosines = [float(one @ query / np.linalg.norm(one) / np.linalg.norm(query)) for one in candidates]
    likely = softmax([cosine / temperature for cosine in cosines])
    order = sorted(range(count), key=lambda place: -cosines[place])
    total, enough = 0.0, 0
    while enough < count and total < coverage - 1e-6:
        total += likely[order[enough]]
        enough += 1
    found = choose(torch.tensor(candidates), torch.tensor(query), most, coverage, temperature)
    assert found == order[: len(found)]
    assert abs(len(found) - min(enough, most, count)) <= (1 if abs(total - coverage) < 1e-4 else 0)


def test_a_low_temperature_gives_the_coverage_a_meaning() -> None:
    """At temperature 1 the coverage takes as many as it may, whatever they are like."""
    import torch

    query = torch.tensor([1.0, 0.0])
    candidates = torch.tensor([[1.0, 0.1], [-1.0, 0.2], [0.0, 1.0], [-1.0, -0.3], [0.1, 1.0], [0.0, -1.0]] * 4)
    assert len(choose(candidates, query, 8, 0.9, 1.0)) == 8
    assert choose(candidates, query, 8, 0.9, 0.05) == [0, 6, 12, 18]


def test_many_features_become_groups_of_neighbours() -> None:
    import torch

    features = torch.arange(21.0)[:, None].expand(21, 3)
    assert grouped(features, 5)[:, 0].tolist() == [1.5, 5.5, 9.5, 13.5, 17.5]  # the last one is left out
    assert grouped(features, 22) is features
    assert pooled(features, 3)[:, 1].tolist() == [3.0, 10.0, 17.0]
    assert len(pooled(features[:2], 3)) == 2
