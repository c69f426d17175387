"""The loss of flow matching, with chance that depends on the seed and the number of the sample alone.

Flow matching (Lipman et al., arXiv 2210.02747; rectified flow, arXiv 2209.03003): x_t = (1 - s) x + s n for data x,
noise n and a noise level s in [0, 1], and the model predicts the velocity n - x. The loss is the mean squared error
times the bell-shaped weight of the timestep, as in DiffSynth-Studio's ``FlowMatchSFTLoss``, which draws its chance from
the process and so cannot be continued or spread over other numbers of processes with the same result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.diffusion.features import TARGET, Features, model_arguments
from vtb.diffusion.variants import Expert, Variant
from vtb.rng import sample_seed

TIMESTEPS = 1000  # of the engine's training schedule
QUARTERS = 4  # of the timesteps, from the noisiest


def set_for_training(pipe: Any) -> None:
    """Give a pipeline's scheduler the timesteps of training, which sampling takes away."""
    pipe.scheduler.set_timesteps(TIMESTEPS, training=True)


@dataclass(frozen=True)
class Draw:
    """The chance of one sample: which of the descending timesteps, and the seed of the noise."""

    timestep: int
    noise_seed: int


def draw(seed: int, number: int, expert: Expert) -> Draw:
    """The chance of sample ``number`` of a training, its timestep uniform in the expert's range."""
    low, high = int(expert.low * TIMESTEPS), int(expert.high * TIMESTEPS)
    chance = sample_seed(seed, f"flow/{expert.name}", number)
    return Draw(low + chance % (high - low), chance >> 1)


def noise_like(latents: Any, seed: int) -> Any:
    """Normal noise of the latents' shape, drawn on the CPU so that every device gets the same."""
    import torch

    generator = torch.Generator("cpu").manual_seed(seed)
    return torch.randn(latents.shape, generator=generator, dtype=torch.float32).to(latents.device, latents.dtype)


def flow_loss(pipe: Any, variant: Variant, dit: Any, features: Features, chance: Draw, more: Mapping[str, Any]) -> Any:
    """The weighted loss of one sample, a scalar.

    Args:
        pipe: the engine's pipeline, its scheduler set for training.
        variant: which model it is.
        dit: the denoiser.
        features: of the sample.
        chance: its timestep and noise.
        more: further arguments of the engine's ``model_fn``, such as ``use_gradient_checkpointing``.
    """
    import torch

    device, dtype = pipe.device, pipe.torch_dtype
    clean = features[TARGET].to(device, dtype)
    given = model_arguments(variant, features, device, dtype)
    timestep = pipe.scheduler.timesteps[chance.timestep : chance.timestep + 1].to(device, dtype)
    noise = noise_like(clean, chance.noise_seed)
    noisy = pipe.scheduler.add_noise(clean, noise, timestep)
    target = pipe.scheduler.training_target(clean, noise, timestep)
    first = given.get("first_frame_latents")
    if first is not None:  # is told, and so not learned
        noisy = torch.cat([first, noisy[:, :, 1:]], dim=2)
    velocity = velocity_of(pipe, dit, {**given, **more}, noisy, timestep)
    if first is not None:
        velocity, target = velocity[:, :, 1:], target[:, :, 1:]
    loss = torch.nn.functional.mse_loss(velocity.float(), target.float())
    return loss * pipe.scheduler.training_weight(timestep)


def velocity_of(pipe: Any, dit: Any, given: Mapping[str, Any], latents: Any, timestep: Any) -> Any:
    """What a denoiser says of latents: the velocity, of their shape.

    Args:
        pipe: the engine's pipeline.
        dit: the denoiser.
        given: the features as ``model_arguments`` has them, and further arguments of the engine's ``model_fn``.
        latents: a batch of one.
        timestep: (1,) of the latents.
    """
    others = {name: getattr(pipe, name) for name in pipe.in_iteration_models if name != "dit"}
    return pipe.model_fn(dit=dit, **others, **given, latents=latents, timestep=timestep)


def by_quarter(losses: Sequence[tuple[int, float]]) -> dict[str, float]:
    """The mean loss by quarter of the timesteps, ``loss_noise_1`` the noisiest, of those that were drawn."""
    parts: dict[int, list[float]] = {}
    for timestep, loss in losses:
        parts.setdefault(timestep * QUARTERS // TIMESTEPS + 1, []).append(loss)
    return {f"loss_noise_{part}": sum(found) / len(found) for part, found in sorted(parts.items())}
