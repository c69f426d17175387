"""What latents are taught, against formulas written out number by number (ILVR, section 3)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latents import FAMILIES, SIZE, batch, loaded, teacher_of
from latents import one_thread as one_thread  # a fixture
from vtb.latent.parts import Parts, last_states, seen
from vtb.latent.patches import draw_patches
from vtb.latent.selection import Chosen, choose, grouped, image_weights, pooled, user_context
from vtb_train_vlm.tiny_model import Family

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
    covered = np.cumsum([likely[place] for place in order])
    least, enough = (1 + int((covered < coverage + by).sum()) for by in (-1e-5, 1e-5))  # as rounding goes
    found = choose(torch.tensor(candidates), torch.tensor(query), most, coverage, temperature)
    assert found == order[: len(found)]
    assert min(least, most, count) <= len(found) <= min(enough, most, count)


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


def test_what_was_not_chosen_is_dim() -> None:
    picture = np.full((8, 8, 3), 200, np.uint8)
    drawn = draw_patches(picture, (2, 2), Chosen(None, [1], 4))
    assert (drawn[:4, 4:] == 200).all()
    assert (drawn[4:] == 70).all()
    assert (drawn[:4, :4] == 70).all()
    assert (draw_patches(picture, (2, 2), Chosen(None, None, 0)) == picture).all()
    wide = draw_patches(np.full((2, 512, 3), 200, np.uint8), (2, 512), Chosen(None, [0, 255], 256))  # groups of four
    assert [int((row == 200).all(axis=-1).sum()) for row in wide] == [4, 4]


@pytest.mark.parametrize("family", FAMILIES)
def test_the_teacher_asks_by_the_question_the_words_before_and_what_was_chosen_last(family: Family) -> None:
    """What ``Teacher.targets`` puts together, written out again from its states, on a row of two pictures."""
    model, parts, tokens, sequencer = loaded(family)
    for each in (parts.layers[-1].self_attn.q_proj, parts.layers[-1].self_attn.k_proj):
        each.weight.data.mul_(8)  # words look at some places much more than at others
    made, row = batch(sequencer, [0, 2]), 1
    found = teacher_of(model, parts, tokens, sequencer, temperature=0.02).targets(made)[row]
    states, read = (each[row] for each in _states(parts, made))
    ids, prompt = made.ids[row].tolist(), made.prompts[row]
    names = sequencer.processor.tokenizer.convert_ids_to_tokens(ids)
    words = [place for place, name in enumerate(names[:prompt]) if not name.startswith("<|")]
    shown = [place for place in range(prompt) if made.kinds[row, place] == 1]
    asked = _looked_at(parts, read, words, shown) @ states[shown]
    context, helpers = (asked + states[words].mean(axis=0)) / 2, seen(parts, made.helper_pixels, made.helper_grids)
    begins, before = prompt, list[Any]()
    for number, one in enumerate(found):
        start = ids.index(tokens.start, begins)
        query = np.mean([context, states[begins:start].mean(axis=0), *before], axis=0)
        candidates = helpers.pooler_output[2 + number].detach().double().numpy()  # two are the other row's
        cosines = candidates @ query / np.linalg.norm(candidates, axis=1) / np.linalg.norm(query)
        order = sorted(range(len(cosines)), key=lambda place: -cosines[place])
        covered = np.cumsum([softmax(list(cosines / 0.02))[place] for place in order])
        expected = order[: min(SIZE, int((covered < 0.9).sum()) + 1)]
        assert one.places == expected
        assert one.features.numpy() == pytest.approx(candidates[expected], abs=1e-5)
        begins, before = ids.index(tokens.end, start) + 1, [candidates[expected].mean(axis=0)]


def _states(parts: Parts, made: Any) -> tuple[Any, Any]:
    """The last states of a batch, and what the last layer's attention reads: its own input after its norm."""
    import torch

    layer, kept = parts.layers[-1], list[Any]()
    hook = layer.register_forward_pre_hook(
        lambda _, args, kwargs: kept.append(args[0] if args else kwargs["hidden_states"]), with_kwargs=True
    )
    with torch.no_grad():
        found = last_states(parts, made, seen(parts, made.pixels, made.grids), parts.embed(made.ids))
        hook.remove()
        return found.double().numpy(), layer.input_layernorm(kept[0]).double().numpy()


def _looked_at(parts: Parts, read: Any, words: list[int], shown: list[int]) -> Any:
    """How much the words look at each token of the pictures, without positions, head by head."""
    attention = parts.layers[-1].self_attn
    queries, keys = _projected(attention, "q", read[words]), _projected(attention, "k", read[shown])
    each = queries.shape[1] // keys.shape[1]
    weights = [
        softmax([float(word @ key) / math.sqrt(len(word)) for key in keys[:, head // each]])
        for head in range(queries.shape[1]) for word in queries[:, head]
    ]  # fmt: skip
    return np.mean(weights, axis=0)


def _projected(attention: Any, which: str, read: Any) -> Any:
    layer, norm = getattr(attention, f"{which}_proj"), getattr(attention, f"{which}_norm", None)
    made = read @ layer.weight.detach().double().numpy().T
    made = made if layer.bias is None else made + layer.bias.detach().double().numpy()
    made = made.reshape(len(read), -1, attention.head_dim)
    if norm is None:
        return made
    scale = np.sqrt((made**2).mean(axis=-1, keepdims=True) + norm.variance_epsilon)
    return made / scale * norm.weight.detach().double().numpy()
