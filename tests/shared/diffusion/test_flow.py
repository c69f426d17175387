"""The loss is the engine's own, and its chance depends on the seed and the number of the sample alone."""

from __future__ import annotations

from typing import Any

import pytest

from drawing import FEW, pipeline, rows
from drawing import one_thread as one_thread  # a fixture
from vtb.diffusion.features import TARGET, encode, model_arguments
from vtb.diffusion.flow import Draw, by_quarter, draw, flow_loss, noise_like
from vtb.diffusion.rows import load_sample
from vtb.diffusion.variants import VARIANTS, Expert


@pytest.mark.engine
@pytest.mark.parametrize("variant", [*FEW, "qwen-image-edit-2511", "qwen-image", "wan2.2-t2v-a14b"])
@pytest.mark.parametrize("timestep", [0, 357, 999])
def test_the_loss_is_that_of_the_engine(variant: str, timestep: int, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch
    from diffsynth.diffusion.loss import FlowMatchSFTLoss

    pipe, known = pipeline(variant), VARIANTS[variant]
    pipe.scheduler.set_timesteps(1000, training=True)
    features = encode(pipe, known, load_sample(rows(variant)[0], known), 4096)
    chance = Draw(timestep, 17)
    with torch.no_grad():
        ours = flow_loss(pipe, known, pipe.dit, features, chance, {})
        noise = noise_like(features[TARGET], chance.noise_seed)
        monkeypatch.setattr(torch, "randint", lambda *_, **__: torch.tensor([timestep]))
        monkeypatch.setattr(torch, "randn_like", lambda _: noise)
        given: dict[str, Any] = model_arguments(known, features, "cpu", torch.float32)
        if given.get("first_frame_latents") is None:
            given.pop("first_frame_latents", None)
        theirs = FlowMatchSFTLoss(pipe, **given, input_latents=features[TARGET].clone())
    assert torch.equal(ours, theirs)
    assert float(ours) > 0 or timestep == 0  # whose weight is none


@pytest.mark.parametrize("expert", [Expert("a", "dit"), Expert("a", "dit", 0.0, 0.358), Expert("a", "dit", 0.358)])
def test_timesteps_are_uniform_in_the_range_of_the_expert(expert: Expert) -> None:
    found = [draw(5, number, expert).timestep for number in range(20_000)]
    low, high = int(expert.low * 1000), int(expert.high * 1000)
    assert min(found) >= low
    assert max(found) < high
    middle = sum(found) / len(found)
    assert abs(middle - (low + high - 1) / 2) < 6 * (high - low) / (12 * 20_000) ** 0.5


def test_every_sample_has_chance_of_its_own() -> None:
    draws = {draw(seed, number, Expert(name, "dit")) for seed in (0, 1) for number in range(99) for name in ("a", "b")}
    assert len({one.noise_seed for one in draws}) == 2 * 2 * 99
    assert draw(3, 4, Expert("a", "dit")) == draw(3, 4, Expert("a", "dit"))


def test_loss_by_noise() -> None:
    found = by_quarter([(0, 1.0), (249, 3.0), (250, 5.0), (999, 7.0)])
    assert found == {"loss_noise_1": 2.0, "loss_noise_2": 5.0, "loss_noise_4": 7.0}
