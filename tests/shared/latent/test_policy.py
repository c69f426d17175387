"""How likely answers are: as generation said, latents masked; and the loss against its formula."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from latents import FAMILIES, SIZE, loaded, rows
from latents import one_thread as one_thread  # a fixture
from vtb.engine.advantages import advantages
from vtb.latent.decoding import Machine, Thoughts, thinking
from vtb.latent.parts import placeholders
from vtb.latent.policy import answers_of, forbidden, log_probs, policy_loss
from vtb.latent.rollouts import as_rollouts, plain_sampling, well_formed
from vtb_train_vlm.tiny_model import Family

pytestmark = pytest.mark.engine


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("mode", ["auto", "force"])
def test_log_probabilities_are_those_of_the_sampling(family: Family, mode: Any) -> None:
    """Read whole, with the stored latents put back, every chosen token is as likely as when it was drawn."""
    import torch
    from transformers import LogitsProcessorList

    model, parts, tokens, sequencer = loaded(family)
    with torch.no_grad():
        table = model.get_output_embeddings().weight
        table[tokens.start] = table[:700].mean(dim=0) + 6 * torch.randn(table.shape[1]) / table.shape[1] ** 0.5
    inputs = sequencer.prompts([rows()[2]])
    prompt = inputs["input_ids"].shape[1]
    thoughts, temperature = Thoughts(4), 0.8
    machine = Machine(tokens, prompt, mode, never=placeholders(parts))
    torch.manual_seed(1)
    with torch.no_grad(), thinking(parts, tokens, thoughts):
        drawn = parts.whole.generate(
            **inputs, num_return_sequences=4, max_new_tokens=40, output_scores=True, return_dict_in_generate=True,
            logits_processor=LogitsProcessorList([machine]), **plain_sampling(temperature),
        )  # fmt: skip
    ids = drawn.sequences[:, prompt:]
    rollouts = as_rollouts(parts, sequencer, inputs, ids, thoughts.found, tokens)
    assert sum(rollouts.segments) > 4
    answers = answers_of(rollouts, tokens, mode, sequencer.processor.tokenizer.pad_token_id)
    own = log_probs(parts, answers, tokens, temperature).detach()
    for row, length in enumerate(rollouts.lengths):
        for place in range(length):
            token = int(ids[row, place])
            then = float(drawn.scores[place][row].log_softmax(-1)[token])
            free = token not in (tokens.pad, tokens.end) and (place > 0 or mode == "auto")
            assert bool(answers.chosen[row, prompt - 1 + place]) is free
            now = float(own[row, prompt - 1 + place])
            assert now == (pytest.approx(then, abs=2e-3) if free else 0.0)
    assert int(answers.chosen.sum()) < sum(rollouts.lengths)


def test_gradients_flow_through_words_and_not_into_stored_latents() -> None:
    import torch

    model, parts, tokens, sequencer = loaded("qwen2_5_vl")
    inputs = sequencer.prompts([rows()[0]])
    answer = sequencer.processor.tokenizer("The color is red.", add_special_tokens=False)["input_ids"]
    segment = [tokens.start, *[tokens.pad] * SIZE, tokens.end]
    ids = torch.tensor([[*segment, *answer, 735], [*answer, *segment, 735]])
    latents = [[torch.randn(64) for _ in range(SIZE)] for _ in range(2)]
    answers = answers_of(as_rollouts(parts, sequencer, inputs, ids, latents, tokens), tokens, "auto", 735)
    answers.latents.requires_grad_(True)
    own = log_probs(parts, answers, tokens, 1.0)
    policy_loss(own, own.detach(), answers.chosen, torch.tensor([1.0, -1.0]), 0.1)[0].backward()
    assert model.get_output_embeddings().weight.grad.abs().max() > 0
    changed = log_probs(parts, answers, tokens, 1.0, blind=True)
    begins = inputs["input_ids"].shape[1] + SIZE + 1
    # What comes after the latents sees something else, what comes before does not.
    assert torch.allclose(own[:, : inputs["input_ids"].shape[1]], changed[:, : inputs["input_ids"].shape[1]], atol=1e-5)
    assert not torch.allclose(own[0, begins:], changed[0, begins:], atol=1e-3)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=8))
def test_advantages_are_those_of_the_formula(rewards: list[float]) -> None:
    import torch

    mean = sum(rewards) / len(rewards)
    spread = math.sqrt(sum((one - mean) ** 2 for one in rewards) / (len(rewards) - 1))
    found = advantages(torch.tensor(rewards, dtype=torch.float64)).tolist()
    assert found == pytest.approx([(one - mean) / (spread + 1e-6) for one in rewards], abs=1e-6)


def test_the_loss_is_that_of_the_formula() -> None:
    import torch

    chance = np.random.default_rng(0)
    own = torch.tensor(chance.normal(-1, 1, (3, 5)), requires_grad=True)
    before = torch.tensor(chance.normal(-1, 1, (3, 5)))
    chosen = torch.tensor(chance.random((3, 5)) < 0.6)
    worth, beta = torch.tensor([1.0, -0.5, 0.2], dtype=torch.float64), 0.3
    loss, apart = policy_loss(own, before, chosen, worth, beta)
    count, total, distance, slope = int(chosen.sum()), 0.0, 0.0, np.zeros((3, 5))
    for row in range(3):
        for place in range(5):
            if chosen[row, place]:
                d = float(before[row, place] - own.detach()[row, place])
                total += float(worth[row]) / count
                distance += (math.exp(d) - d - 1) / count
                slope[row, place] = (-float(worth[row]) + beta * (1 - math.exp(d))) / count
    assert float(loss.detach()) == pytest.approx(beta * distance - total)
    assert float(apart) == pytest.approx(distance)
    loss.backward()
    assert own.grad is not None
    assert own.grad.numpy() == pytest.approx(slope, abs=1e-9)


def test_which_segments_are_whole() -> None:
    _, _, tokens, _ = loaded("qwen2_5_vl")
    start, pad, end = tokens.start, tokens.pad, tokens.end
    whole = [start, *[pad] * SIZE, end]
    assert well_formed([1, 2, *whole, 3, *whole], tokens)
    assert well_formed([1, 2], tokens)
    for broken in ([start], whole[:-1], [end], [pad], [start, end], [start, *[pad] * (SIZE + 1), end]):
        assert not well_formed([1, *broken], tokens)
        assert not well_formed([1, *broken, 2], tokens)


@pytest.mark.parametrize("value", [0.3, 1.2, 1.3, 0.1 + 0.2])
@pytest.mark.parametrize("count", [2, 6, 7, 8, 16])
def test_answers_of_equal_worth_teach_nothing(value: float, count: int) -> None:
    import torch

    assert advantages(torch.full((count,), value)).tolist() == [0.0] * count
    assert advantages(torch.full((count,), value, dtype=torch.float64)).tolist() == [0.0] * count


def test_pictures_are_never_said() -> None:
    """The model would look for a picture to put there."""
    model, parts, tokens, _ = loaded("qwen2_5_vl")
    model.generation_config.suppress_tokens = None
    never = forbidden(parts, tokens)
    assert {model.config.image_token_id, model.config.video_token_id, tokens.pad, tokens.end} == set(never)
    assert set(placeholders(parts)) < set(never)
