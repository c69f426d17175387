"""What answers to one question are worth beside each other, for training by reward."""

from __future__ import annotations

from typing import Any


def advantages(rewards: Any) -> Any:
    """(r - mean) / (std + 1e-6) within a group, the deviation that of a sample (GRPO, arXiv 2402.03300, eq. 3).

    Exactly 0 where all are equal: what is left of their mean by rounding would else be learned as if it were a
    difference, since the optimizer knows no size.
    """
    if rewards.max() == rewards.min():
        return rewards.new_zeros(rewards.shape)
    exact = rewards.double()
    return ((exact - exact.mean()) / (exact.std() + 1e-6)).to(rewards.dtype)
