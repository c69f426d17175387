"""Drawings to learn from: without noise those of the engine to the bit, with noise chance of their own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from drawing import one_thread as one_thread  # a fixture
from drawing import pipeline, rows
from vtb.diffusion.features import TARGET, encode, model_arguments
from vtb.diffusion.policy import make_policy
from vtb.diffusion.rollouts import Exploring, draw_by_chance, drawn_part, moments_of
from vtb.diffusion.rows import load_sample
from vtb.diffusion.sampling import Sampling, draw_answer
from vtb.diffusion.stochastic import log_prob
from vtb.diffusion.variants import VARIANTS

pytestmark = pytest.mark.engine
SEED = 1234


@pytest.mark.parametrize("variant", ["qwen-image-edit-2511", "wan2.2-ti2v-5b", "wan2.2-i2v-a14b"])
def test_without_noise_they_are_those_of_the_engine(variant: str) -> None:
    import torch

    pipe, known = pipeline(variant), VARIANTS[variant]
    asked = load_sample(rows(variant)[0], known)
    features, last = encode(pipe, known, asked, 4096), known.experts[-1]
    theirs = draw_answer(pipe, known, asked, Sampling(4, 1.0, 4096), SEED)
    denoisers = {expert.name: getattr(pipe, expert.attribute) for expert in known.experts}
    how = Exploring(4, 0.7, 1)
    noisy = moments_of(pipe, known, features[TARGET], how, last, 0, 0)
    assert pipe.scheduler.training  # as it is left for training
    plain = [replace(moment, sigma=0.0) for moment in noisy]
    ours = draw_by_chance(pipe, known, denoisers, features, plain, SEED << 1)
    assert not ours.steps
    assert len(ours.frames) == len(theirs)
    assert all((one == other).all() for one, other in zip(ours.frames, theirs, strict=True))

    one, again, other = (draw_by_chance(pipe, known, denoisers, features, noisy, seed) for seed in (2, 2, 5))
    assert [step.moment for step in one.steps] == [moment for moment in noisy if moment.sigma]
    assert {step.moment.expert for step in one.steps} == {last.name}
    assert all(torch.equal(a.found, b.found) for a, b in zip(one.steps, again.steps, strict=True))
    assert not any(torch.equal(a.found, b.found) for a, b in zip(one.steps, other.steps, strict=True))

    # What the policy says of a step is what the step was drawn from: its noise is as large as it should be.
    given = model_arguments(known, features, "cpu", torch.float32)
    policy = make_policy(pipe, {expert.name: expert.attribute for expert in known.experts}, checkpointing=False)
    for step in one.steps:
        with torch.no_grad():
            mean = policy(given, step)
        found = drawn_part(step.found, given.get("first_frame_latents"))
        noise = (found - mean) / step.moment.deviation
        assert float(noise.std()) == pytest.approx(1, abs=0.1)
        assert float(noise.mean()) == pytest.approx(0, abs=0.1)
        assert log_prob(found, mean, step.moment.deviation) > log_prob(found, mean + 1, step.moment.deviation)
        if "first_frame_latents" in given and given["first_frame_latents"] is not None:
            assert found.shape[2] == step.found.shape[2] - 1  # the first frame is told
            assert torch.equal(step.found[:, :, :1], given["first_frame_latents"])


def test_noise_has_a_bound_at_every_size() -> None:
    """The engine's scheduler rounds its first level, 1, to a little less at some sizes of pictures."""
    import torch

    pipe, known = pipeline("qwen-image-edit"), VARIANTS["qwen-image-edit"]
    found = [
        moments_of(pipe, known, torch.zeros(1, 16, side // 8, side // 8), Exploring(3, 0.7, 1), known.experts[0], 0, 0)[
            0
        ]
        for side in range(112, 1200, 16)
    ]
    assert min(float(moment.level) for moment in found) < 1  # else this shows nothing
    assert max(moment.deviation for moment in found) < 1.5
