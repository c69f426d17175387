"""The part that is trained by reward, as one module: what accelerate wraps for several processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtb.diffusion.denoiser import trained_module
from vtb.diffusion.flow import velocity_of
from vtb.diffusion.rollouts import Step, drawn_part, mean_of


def make_policy(pipe: Any, experts: Mapping[str, str], *, checkpointing: bool) -> Any:
    """A ``torch.nn.Module`` of the experts whose forward is the mean of a step, of what the model itself draws.

    Args:
        pipe: the engine's pipeline, which is no part of it: its frozen parts are not synchronized.
        experts: attribute of the pipeline by the expert's name.
        checkpointing: compute activations twice instead of keeping them.
    """

    class Policy(trained_module()):  # type: ignore[misc]
        def forward(self, given: Mapping[str, Any], step: Step) -> Any:
            moment, x = step.moment, step.x.to(pipe.torch_dtype)
            velocity = velocity_of(pipe, self.experts[moment.expert], {**given, **self.kept}, x, moment.timestep)
            return drawn_part(mean_of(moment, step.x, velocity), given.get("first_frame_latents"))

    return Policy(pipe, experts, checkpointing)
