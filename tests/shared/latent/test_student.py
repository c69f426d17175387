"""What a batch costs: the same alone or in company, in whole or piece by piece; and what the teacher is."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from latents import FAMILIES, SIZE, batch, loaded, rows, teacher_of
from latents import one_thread as one_thread  # a fixture
from vtb.latent.parts import last_states, seen
from vtb.latent.rows import Step
from vtb.latent.student import make_student, own_states, with_latents, word_loss
from vtb.latent.teacher import segments_of
from vtb_train_vlm.tiny_model import Family

pytestmark = pytest.mark.engine


def student(family: Family, stage: int = 1, **more: Any) -> tuple[Any, Any, Any]:
    model, parts, tokens, sequencer = loaded(family)
    parts.inner.visual.requires_grad_(False)
    teacher = teacher_of(model, parts, tokens, sequencer, **more) if stage == 1 else None
    module = make_student(
        model, parts, tokens, teacher, stage=stage, seed=1, word_weight=1.0, latent_weight=0.5, vision_frozen=True
    )
    return module, teacher, sequencer


@pytest.mark.parametrize("family", FAMILIES)
def test_a_batch_costs_what_its_rows_cost(family: Family) -> None:
    """Padding, pictures of several sizes and other rows change nothing but rounding."""
    import torch

    module, _, sequencer = student(family)
    numbers = [0, 1, 2, 5]
    with torch.no_grad():
        together = module(batch(sequencer, numbers))[1]
        chosen = module.last
        alone = [module(batch(sequencer, [number]))[1] for number in numbers]
        assert [one.places for one in chosen[-1]] == [one.places for one in module.last[0]]
    # Every row has as many latents, so the mean over all is the mean of the means; words have other numbers.
    mean = sum(one["loss_latents"] for one in alone) / len(alone)
    assert together["loss_latents"] == pytest.approx(mean, abs=1e-5)
    counts = [int((batch(sequencer, [number]).labels != -100).sum()) for number in numbers]
    words = sum(one["loss_words"] * count for one, count in zip(alone, counts, strict=True)) / sum(counts)
    assert together["loss_words"] == pytest.approx(words, abs=1e-5)
    assert together["loss"] == pytest.approx(together["loss_words"] + 0.5 * together["loss_latents"], abs=1e-5)
    order = [together[f"similarity_{place}"] for place in range(1, SIZE + 1)]
    assert 1 - sum(order) / SIZE == pytest.approx(together["loss_latents"], abs=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_gradients_are_finite_and_only_where_they_should_be(family: Family) -> None:
    import torch

    for stage in (1, 2):
        module, _, sequencer = student(family, stage)
        module(batch(sequencer, [0, 2]))[0].backward()
        for name, weight in module.named_parameters():
            if "visual" in name:
                assert weight.grad is None
            elif "language_model.layers" in name:
                assert weight.grad is not None, name
                assert torch.isfinite(weight.grad).all()
                assert weight.grad.abs().max() > 0, name


@pytest.mark.parametrize("family", FAMILIES)
def test_own_states_with_a_cache_equal_computing_everything_again(family: Family) -> None:
    """Values and gradients of stage 2 against passes over the whole prefix, one more for each latent."""
    import torch

    model, parts, tokens, sequencer = loaded(family)
    made = batch(sequencer, [0, 2])

    def again() -> Any:
        embeds, pictures = parts.embed(made.ids), seen(parts, made.pixels, made.grids)
        rows = [[place for one in segments_of(ids, tokens) for place in one] for ids in made.ids.tolist()]
        for number in range(2 * SIZE):
            states = last_states(parts, made, pictures, embeds)
            at = torch.tensor([places[number] for places in rows])
            line = torch.arange(len(rows))
            embeds = embeds.index_put((line, at), states[line, at - 1])
        return last_states(parts, made, pictures, embeds)

    found: list[Any] = []

    def cached() -> Any:
        return own_states(parts, made, seen(parts, made.pixels, made.grids), tokens)

    for make in (cached, again):
        model.zero_grad()
        states = make()
        loss = word_loss(parts, states, made.labels)
        loss.backward()
        grads = {name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None}
        found.append(((states * made.mask[:, :, None]).detach(), float(loss.detach()), grads))
    (ours, our_loss, ours_back), (theirs, their_loss, theirs_back) = found
    assert torch.allclose(ours, theirs, atol=2e-4)
    assert our_loss == pytest.approx(their_loss, abs=1e-5)
    assert ours_back.keys() == theirs_back.keys()
    for name, grad in theirs_back.items():
        assert torch.allclose(ours_back[name], grad, atol=1e-4 + 2e-3 * float(grad.abs().max())), name


def test_the_first_latent_is_predicted_where_the_segment_begins() -> None:
    """h_(t-1): the state at the token that begins a segment points at its first latent."""
    import torch

    module, _, sequencer = student("qwen2_5_vl")
    _, parts, tokens, _ = loaded("qwen2_5_vl")
    made = batch(sequencer, [0])
    module(made)
    embeds, taught = with_latents(parts.embed(made.ids), made, module.last, tokens)
    ids = made.ids[0].tolist()
    assert [ids[int(place) - 1] for place in taught.places] == ([tokens.start] + [tokens.pad] * (SIZE - 1)) * 2
    assert torch.equal(embeds[0, taught.places], torch.cat([one.features for one in module.last[0]]))


def test_the_teacher_stays_or_follows() -> None:
    import torch

    for tau in (1.0, 0.75):
        module, teacher, sequencer = student("qwen2_5_vl", tau=tau)
        before = {name: weight.clone() for name, weight in teacher.kept.items()}
        optimizer = torch.optim.SGD([weight for weight in module.parameters() if weight.requires_grad], lr=0.05)
        for _ in range(2):
            module(batch(sequencer, [0]))[0].backward()
            optimizer.step()
            optimizer.zero_grad()
            now = {name: weight.detach().clone() for name, weight in module.model.named_parameters()}
            expected = {name: tau * kept + (1 - tau) * now[name] for name, kept in teacher.kept.items()}
            teacher.follow()
            assert all(torch.allclose(teacher.kept[name], weight, atol=1e-7) for name, weight in expected.items())
        moved = any(not torch.equal(weight, before[name]) for name, weight in teacher.kept.items())
        assert moved is (tau < 1)
        with teacher.in_place():
            assert all(
                torch.equal(weight, teacher.kept[name])
                for name, weight in module.model.named_parameters() if name in teacher.kept
            )  # fmt: skip
        assert all(torch.equal(weight, now[name]) for name, weight in module.model.named_parameters())


def test_averages_are_the_other_choice() -> None:
    module, _, sequencer = student("qwen2_5_vl", selection="pooled")
    module(batch(sequencer, [0]))
    assert [(len(one.features), one.places) for one in module.last[0]] == [(SIZE, None)] * 2


@pytest.mark.parametrize("stage", [1, 2])
def test_rows_without_segments_have_words_alone(stage: int) -> None:
    module, _, sequencer = student("qwen2_5_vl", stage)
    plain = dataclasses.replace(rows()[0], plan=(Step(text="Answer: red"),))
    loss, found = module(sequencer.batch([plain], [0]))
    assert "loss_latents" not in found
    assert found["loss"] == pytest.approx(found["loss_words"])
    mixed = module(sequencer.batch([plain, rows()[2]], [0, 1]))[1]
    assert ("loss_latents" in mixed) is (stage == 1)
    loss.backward()


def test_a_vision_tower_that_is_trained_stays_for_the_teacher() -> None:
    """Targets do not drift with the student's own tower."""
    import torch

    model, parts, tokens, sequencer = loaded("qwen2_5_vl")
    teacher = teacher_of(model, parts, tokens, sequencer)
    module = make_student(
        model, parts, tokens, teacher, stage=1, seed=1, word_weight=1.0, latent_weight=1.0, vision_frozen=False
    )
    made = batch(sequencer, [0])
    module(made)
    before = [one.features.clone() for one in module.last[0]]
    with torch.no_grad():
        for weight in parts.inner.visual.parameters():
            weight.mul_(1.5)
    module(made)
    assert all(torch.equal(one.features, old) for one, old in zip(module.last[0], before, strict=True))
