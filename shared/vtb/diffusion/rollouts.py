"""Drawings to learn from: sampled in few steps, some of them with noise, each of which the policy gradient looks at.

Only a window of a drawing's steps has noise and is learned from, and the others are the plain sampler's, as in the
authors' Flow-GRPO-Fast: the gradient of a step costs several times the step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from vtb.diffusion.features import TARGET, Features, model_arguments
from vtb.diffusion.flow import noise_like, set_for_training, velocity_of
from vtb.diffusion.stochastic import deviation_rate, step_deviation, step_mean
from vtb.diffusion.variants import Expert, Variant
from vtb.errors import BadInput
from vtb.media.image import Image
from vtb.rng import below, sample_rng, sample_seed


@dataclass(frozen=True)
class Exploring:
    """How drawings are made to learn from.

    Attributes:
        steps: of the sampler.
        noise: how much noise there is in a step that is learned from, the a of ``stochastic``.
        window: how many of the steps are.
    """

    steps: int
    noise: float
    window: int


@dataclass(frozen=True)
class Moment:
    """One step of the sampler: from a level of noise to the next, by one of the denoisers.

    Attributes:
        expert: name of the denoiser.
        timestep: (1,) as the model takes it.
        level: of noise before the step; these two are float32 scalars, since the engine computes with such.
        after: of noise after it.
        sigma: how much noise the step itself has; 0 where it is the plain sampler's.
    """

    expert: str
    timestep: Any
    level: Any
    after: Any
    sigma: float

    @property
    def deviation(self) -> float:
        """Of the step."""
        return step_deviation(float(self.level), float(self.after), self.sigma)


@dataclass(frozen=True)
class Step:
    """A step that was drawn by chance: where it began, and where it led, float32."""

    moment: Moment
    x: Any
    found: Any


@dataclass(frozen=True)
class Drawing:
    """One drawing: its frames, (H, W, 3) each, and its steps that are learned from."""

    frames: list[Image]
    steps: list[Step]


def moments_of(
    pipe: Any, variant: Variant, latents: Any, how: Exploring, expert: Expert, seed: int, number: int
) -> list[Moment]:
    """The steps of all drawings of one puzzle, the noisy ones at a place that depends on (seed, number) alone.

    Args:
        pipe: the engine's pipeline; its scheduler is as training needs it afterwards.
        variant: which model it is.
        latents: of what is drawn, for their shape.
        how: to draw.
        expert: the denoiser that learns; only its own steps get noise.
        seed: of the training.
        number: of the puzzle.

    Raises:
        BadInput: the denoiser has no step but the last.
    """
    import torch

    height, width = latents.shape[-2] * 8, latents.shape[-1] * 8
    more = {} if variant.moving else {"dynamic_shift_len": (height // 16) * (width // 16)}
    pipe.scheduler.set_timesteps(how.steps, **more)
    times, levels = pipe.scheduler.timesteps, torch.cat([pipe.scheduler.sigmas, torch.zeros(1)])
    set_for_training(pipe)
    names = [_expert_at(variant, float(time)) for time in times]
    noisy = window_of(names, expert.name, how.window, seed, number)
    return [
        Moment(
            name, times[place : place + 1].to(pipe.device, pipe.torch_dtype), levels[place], levels[place + 1],
            deviation_rate(float(levels[place]), how.noise, float(levels[1])) if place in noisy else 0.0,
        )
        for place, name in enumerate(names)
    ]  # fmt: skip


def _expert_at(variant: Variant, time: float) -> str:
    """The denoiser that the engine's pipeline asks at a timestep."""
    late = len(variant.experts) > 1 and time < variant.boundary * 1000
    return variant.experts[1 if late else 0].name


def window_of(names: Sequence[str], expert: str, size: int, seed: int, number: int) -> range:
    """The steps that get noise: so many in a row, in the first half of the expert's own where there is room.

    What a picture shows is decided early. The last step of all never gets noise: that would be seen in the picture.

    Raises:
        BadInput: there is no step for it.
    """
    own = [place for place, name in enumerate(names[:-1]) if name == expert]
    if not own:
        raise BadInput(f"{expert} makes none of the {len(names)} steps of a rollout: raise --rollout-steps")
    size = min(size, len(own))
    room = max(0, (len(own) + 1) // 2 - size)
    begin = own[0] + below(sample_rng(seed, "window", number), room + 1)
    return range(begin, begin + size)


def draw_by_chance(
    pipe: Any, variant: Variant, dits: Mapping[str, Any], features: Features, moments: Sequence[Moment], seed: int
) -> Drawing:
    """One drawing; with no noise in any step it is that of the engine's pipeline, to the bit.

    Args:
        pipe: the engine's pipeline.
        variant: which model it is.
        dits: the denoisers by name.
        features: of what is asked.
        moments: the steps.
        seed: of all chance.
    """
    import torch

    with torch.no_grad():
        given = model_arguments(variant, features, pipe.device, pipe.torch_dtype)
        first, steps = given.get("first_frame_latents"), list[Step]()
        x = with_first(noise_like(features[TARGET], seed >> 1).to(pipe.device, pipe.torch_dtype), first)
        for place, moment in enumerate(moments):
            velocity = velocity_of(pipe, dits[moment.expert], given, x.to(pipe.torch_dtype), moment.timestep)
            if moment.sigma:
                mean = mean_of(moment, x, velocity)
                chance = noise_like(mean, sample_seed(seed, "step", place) >> 1)
                found = with_first(mean + moment.deviation * chance, first)
                steps.append(Step(moment, x.float(), found))
                x = found
            else:
                x = step_mean(x.to(pipe.torch_dtype), velocity, moment.level, moment.after, 0.0)
                x = with_first(x, first)
        return Drawing(_decoded(pipe, variant, x.to(pipe.torch_dtype)), steps)


def mean_of(moment: Moment, x: Any, velocity: Any) -> Any:
    """The mean of a step with noise, in float32, whatever the model computes in."""
    return step_mean(x.float(), velocity.float(), float(moment.level), float(moment.after), moment.sigma)


def with_first(latents: Any, first: Any) -> Any:
    """Latents of a clip whose first frame is told; ``first`` is None where it is not."""
    import torch

    return latents if first is None else torch.cat([first.to(latents.dtype), latents[:, :, 1:]], dim=2)


def drawn_part(latents: Any, first: Any) -> Any:
    """What the model draws of latents: all but a first frame that is told."""
    return latents if first is None else latents[:, :, 1:]


def _decoded(pipe: Any, variant: Variant, latents: Any) -> list[Image]:
    made = pipe.vae.decode(latents, device=pipe.device, tiled=False)
    frames = pipe.vae_output_to_video(made) if variant.moving else [pipe.vae_output_to_image(made)]
    return [np.asarray(frame) for frame in frames]
