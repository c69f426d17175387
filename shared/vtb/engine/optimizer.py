"""AdamW of trainings of our own: precise for weights in half precision, its state shared out among processes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


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
    from vtb.engine.precise_adamw import PreciseAdamW

    whole = PreciseAdamW(weights, rate=rate, decay=decay, offload=offload)
    if accelerator.num_processes == 1:
        return whole
    from vtb.engine.shared_optimizer import SharedOptimizer

    return SharedOptimizer(whole, accelerator.process_index)


def whole_state(optimizer: Any, *, saves: bool) -> dict[str, Any]:
    """The state of the whole optimizer on the CPU, in processes that save it; every process calls it."""
    if hasattr(optimizer, "whole_state"):
        return dict(optimizer.whole_state(saves=saves))
    return dict(optimizer.state_dict())
