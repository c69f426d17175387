"""The trained weights as they were, to be put in place for a while: a teacher, or the model before training."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class KeptWeights:
    """Only trained weights are kept twice; what is frozen is shared."""

    def __init__(self, model: Any) -> None:
        """Keep them as they are now."""
        self._weights = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        self.kept = {name: weight.detach().clone() for name, weight in self._weights.items()}

    def follow(self, tau: float) -> None:
        """Move towards the model: kept = tau kept + (1 - tau) now; with tau 1 they stay."""
        import torch

        if tau == 1:
            return
        with torch.no_grad():
            for name, weight in self._weights.items():
                self.kept[name].lerp_(weight.detach(), 1 - tau)

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The model's weights are the kept ones meanwhile."""
        own = {name: weight.data for name, weight in self._weights.items()}
        for name, weight in self._weights.items():
            weight.data = self.kept[name]
        try:
            yield
        finally:
            for name, weight in self._weights.items():
                weight.data = own[name]
