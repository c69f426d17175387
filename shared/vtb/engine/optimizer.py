"""AdamW of trainings of our own: precise for weights in half precision, its state shared out among processes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

_PRECISE = "precise"  # in the state of a weight: itself in float32


def make_optimizer(
    weights: Sequence[Any], accelerator: Any, *, rate: float, decay: float, offload: bool = False
) -> Any:
    """AdamW (arXiv 1711.05101).

    Args:
        weights: what is trained, where it is trained; or groups of it.
        accelerator: accelerate's, of all processes.
        rate: learning rate.
        decay: of weights.
        offload: keep all that is float32 of weights of half precision in the machine's memory, and make the step there.
    """
    if accelerator.num_processes == 1:
        return precise_adamw(weights, rate=rate, decay=decay, offload=offload)
    from vtb.engine.shared_optimizer import SharedOptimizer

    whole = precise_adamw(weights, rate=rate, decay=decay, offload=offload)
    return SharedOptimizer(whole, accelerator.process_index)


def precise_adamw(weights: Sequence[Any], *, rate: float, decay: float, offload: bool = False) -> Any:
    """AdamW that adds up what it learns in float32.

    bfloat16 has three digits: a step of 1e-5 of a weight would be rounded away, each time again. With ``offload`` the
    GPU holds weights and gradients alone (ZeRO-Offload, arXiv 2101.06840).
    """
    import torch

    def home(tensor: Any) -> Any:
        return tensor.detach().to("cpu") if offload else tensor.detach()

    class PreciseAdamW(torch.optim.AdamW):  # type: ignore[misc]
        """See above. Weights stay the tensors that they are: others, as DDP, hold on to them by their type."""

        def step(self, closure: Any = None) -> Any:
            """One step; weights of half precision are rounded from their float32 after it."""
            twins = {weight: self._precise(weight) for weight in self.halves() if weight.grad is not None}
            for weight, twin in twins.items():
                twin.grad, weight.grad = home(weight.grad).float(), None
            with self._standing_in(twins):
                found = super().step(closure)
            for weight, twin in twins.items():
                twin.grad = None
                self.state[weight][_PRECISE] = twin
                weight.detach().copy_(twin)
            return found

        def load_state_dict(self, state_dict: dict[str, Any]) -> None:
            """As it was saved: torch would round it to the weights' type."""
            halves = self.halves()
            with self._standing_in({weight: home(torch.empty(0, device=weight.device)) for weight in halves}):
                super().load_state_dict(state_dict)
            for weight in halves if offload else ():  # what came from a file must not stay in it
                if weight in self.state:
                    self.state[weight].update({name: value.clone() for name, value in self.state[weight].items()})

        def _precise(self, weight: Any) -> Any:
            return self.state[weight].pop(_PRECISE) if weight in self.state else home(weight).float()

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

        def halves(self) -> list[Any]:
            """The weights of half precision."""
            every = [weight for group in self.param_groups for weight in group["params"]]
            return [weight for weight in every if weight.dtype in (torch.bfloat16, torch.float16)]

    optimizer = PreciseAdamW(weights, lr=rate, weight_decay=decay)
    if offload and optimizer.halves():
        for group in optimizer.param_groups:  # one pass through memory a step, which is what a CPU waits for
            group["fused"] = True
    return optimizer


def whole_state(optimizer: Any, *, saves: bool) -> dict[str, Any]:
    """The state of the whole optimizer on the CPU, in processes that save it; every process calls it."""
    if hasattr(optimizer, "whole_state"):
        return dict(optimizer.whole_state(saves=saves))
    return dict(optimizer.state_dict())
