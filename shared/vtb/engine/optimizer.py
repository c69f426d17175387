"""AdamW of trainings of our own: precise for weights in half precision, its state shared out among processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_PRECISE = "precise"  # in the state of a weight: itself in float32


def make_optimizer(weights: Sequence[Any], accelerator: Any, *, rate: float, decay: float) -> Any:
    """AdamW (arXiv 1711.05101).

    Args:
        weights: what is trained, where it is trained; or groups of it.
        accelerator: accelerate's, of all processes.
        rate: learning rate.
        decay: of weights.
    """
    if accelerator.num_processes == 1:
        return precise_adamw(weights, rate=rate, decay=decay)
    from vtb.engine.shared_optimizer import SharedOptimizer

    return SharedOptimizer(precise_adamw(weights, rate=rate, decay=decay), accelerator.process_index)


def precise_adamw(weights: Sequence[Any], *, rate: float, decay: float) -> Any:
    """AdamW that adds up what it learns in float32.

    bfloat16 has three digits: a step of 1e-5 of a weight would be rounded away, each time again.
    """
    import torch

    class PreciseAdamW(torch.optim.AdamW):  # type: ignore[misc]
        """See above."""

        def step(self, closure: Any = None) -> Any:
            """One step; weights of half precision are rounded from their float32 after it."""
            rounded = {weight: weight.data for weight in self._halves() if weight.grad is not None}
            for weight, low in rounded.items():
                gradient, weight.grad = weight.grad, None
                weight.data = self.state[weight].pop(_PRECISE) if weight in self.state else low.float()
                weight.grad = gradient.float()
            found = super().step(closure)
            for weight, low in rounded.items():
                weight.grad = None
                self.state[weight][_PRECISE] = weight.data
                weight.data = low.copy_(weight.data)
            return found

        def load_state_dict(self, state_dict: dict[str, Any]) -> None:
            """As it was saved: torch would round it to the weights' type."""
            rounded = {weight: weight.data for weight in self._halves()}
            for weight, low in rounded.items():
                weight.data = torch.empty(0, device=low.device)
            super().load_state_dict(state_dict)
            for weight, low in rounded.items():
                weight.data = low

        def _halves(self) -> list[Any]:
            every = [weight for group in self.param_groups for weight in group["params"]]
            return [weight for weight in every if weight.dtype in (torch.bfloat16, torch.float16)]

    return PreciseAdamW(weights, lr=rate, weight_decay=decay)


def whole_state(optimizer: Any, *, saves: bool) -> dict[str, Any]:
    """The state of the whole optimizer on the CPU, in processes that save it; every process calls it."""
    if hasattr(optimizer, "whole_state"):
        return dict(optimizer.whole_state(saves=saves))
    return dict(optimizer.state_dict())
