"""AdamW of trainings of our own: precise for weights in half precision, its state shared out among processes.

Sharing the state out is the first stage of ZeRO (arXiv 1910.02054): each process keeps the moments of its part of the
weights, makes their step, and sends them to the others. The steps are the same as in one process.
"""

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
    kind = _precise_adamw()
    if accelerator.num_processes == 1:
        return kind(weights, lr=rate, weight_decay=decay)
    from torch.distributed.optim import ZeroRedundancyOptimizer

    return ZeroRedundancyOptimizer(weights, kind, lr=rate, weight_decay=decay)


def whole_state(optimizer: Any, savers: Sequence[int], rank: int) -> dict[str, Any]:
    """The state of the whole optimizer, in the processes that save it, nothing in others; every process calls it.

    Args:
        optimizer: of ``make_optimizer``.
        savers: ranks of those that save.
        rank: of this process.
    """
    if not hasattr(optimizer, "consolidate_state_dict"):
        return dict(optimizer.state_dict())
    found: dict[str, Any] = {}
    for saver in savers:
        optimizer.consolidate_state_dict(to=saver)  # and the one before loses it
        if saver == rank:
            found = optimizer.state_dict()
    return found


def _precise_adamw() -> Any:
    import torch

    class PreciseAdamW(torch.optim.AdamW):  # type: ignore[misc]
        """AdamW that adds up what it learns in float32.

        bfloat16 has three digits: a step of 1e-5 of a weight would be rounded away, each time again.
        """

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
                weight.data = low.float()
            super().load_state_dict(state_dict)
            for weight, low in rounded.items():
                weight.data = low

        def _halves(self) -> list[Any]:
            every = [weight for group in self.param_groups for weight in group["params"]]
            return [weight for weight in every if weight.dtype in (torch.bfloat16, torch.float16)]

    return PreciseAdamW
