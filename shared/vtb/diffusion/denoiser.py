"""The part that is trained, as one module: what accelerate wraps for several processes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vtb.diffusion.features import Features
from vtb.diffusion.flow import Draw, flow_loss
from vtb.diffusion.variants import Variant


def trained_module() -> Any:
    """The class of such modules: the experts, and how their activations are kept."""
    import torch

    class Trained(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, pipe: Any, experts: Mapping[str, str], checkpointing: bool) -> None:
            super().__init__()
            self.experts = torch.nn.ModuleDict({name: getattr(pipe, place) for name, place in experts.items()})
            self.kept = {
                "use_gradient_checkpointing": checkpointing, "use_gradient_checkpointing_offload": False,
            }  # fmt: skip

    return Trained


def make_denoiser(pipe: Any, variant: Variant, experts: Mapping[str, str], *, checkpointing: bool) -> Any:
    """A ``torch.nn.Module`` of the experts whose forward is the loss of one sample.

    Args:
        pipe: the engine's pipeline, which is no part of it: its frozen parts are not synchronized.
        variant: which model it is.
        experts: attribute of the pipeline by the expert's name.
        checkpointing: compute activations twice instead of keeping them.
    """

    class Denoiser(trained_module()):  # type: ignore[misc]
        def forward(self, features: Features, expert: str, chance: Draw) -> Any:
            return flow_loss(pipe, variant, self.experts[expert], features, chance, self.kept)

    return Denoiser(pipe, experts, checkpointing)
