"""AdamW that adds up what it learns in float32, and may keep that in the machine's memory.

bfloat16 has three digits: a step of 1e-5 of a weight would be rounded away, each time again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch

_PRECISE = "precise"  # in the state of a weight of half precision: itself in float32


class PreciseAdamW(torch.optim.AdamW):  # type: ignore[misc]
    """See above. Weights stay the tensors that they are: others, as DDP, hold on to them by their type."""

    def __init__(self, weights: Sequence[Any], *, rate: float, decay: float, offload: bool = False) -> None:
        """Nothing is kept yet.

        Args:
            weights: what is trained, where it is trained; or groups of it.
            rate: learning rate.
            decay: of weights.
            offload: the GPU holds weights of half precision and their gradients alone (ZeRO-Offload, arXiv 2101.06840).
        """
        super().__init__(weights, lr=rate, weight_decay=decay)
        self._offload = offload
        if offload and self._halves():
            for group in self.param_groups:  # one pass through memory a step, which is what a CPU waits for
                group["fused"] = True

    def step(self, closure: Any = None) -> Any:
        """One step; weights of half precision are rounded from their float32 after it."""
        twins = {weight: self._precise(weight) for weight in self._halves() if weight.grad is not None}
        for weight, twin in twins.items():
            twin.grad, weight.grad = self._home(weight.grad).float(), None
        with self._standing_in(twins):
            found = super().step(closure)
        for weight, twin in twins.items():
            twin.grad = None
            self.state[weight][_PRECISE] = twin
            weight.detach().copy_(twin)
        return found

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """As it was saved: torch would round it to the weights' type."""
        halves = self._halves()
        with self._standing_in({weight: self._home(torch.empty(0, device=weight.device)) for weight in halves}):
            super().load_state_dict(state_dict)
        for weight in halves if self._offload else ():  # what came from a file must not stay in it
            if weight in self.state:
                self.state[weight].update({name: value.clone() for name, value in self.state[weight].items()})

    def _home(self, tensor: Any) -> Any:
        """Where what is float32 lies."""
        return tensor.detach().to("cpu") if self._offload else tensor.detach()

    def _precise(self, weight: Any) -> Any:
        return self.state[weight].pop(_PRECISE) if weight in self.state else self._home(weight).float()

    @contextmanager
    def _standing_in(self, twins: Mapping[Any, Any]) -> Iterator[None]:
        """Meanwhile others are stepped, and have the state, in place of weights."""
        every = [group["params"] for group in self.param_groups]
        for group in self.param_groups:
            group["params"] = [twins.get(weight, weight) for weight in group["params"]]
        self._hand_over(list(twins.items()))
        yield
        for group, weights in zip(self.param_groups, every, strict=True):
            group["params"] = weights
        self._hand_over([(twin, weight) for weight, twin in twins.items()])

    def _hand_over(self, pairs: Sequence[tuple[Any, Any]]) -> None:
        for one, other in pairs:
            if one in self.state:
                self.state[other] = self.state.pop(one)

    def _halves(self) -> list[Any]:
        """The weights of half precision."""
        every = [weight for group in self.param_groups for weight in group["params"]]
        return [weight for weight in every if weight.dtype in (torch.bfloat16, torch.float16)]
