"""What is trained of a model: out as tensors, and in again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any


def trained(module: Any) -> dict[str, Any]:
    """The trained tensors by name, on the CPU."""
    every = {name: weight for name, weight in module.named_parameters() if weight.requires_grad}
    return {name: weight.detach().cpu().contiguous() for name, weight in every.items()}


def put_back(module: Any, found: Mapping[str, Any], where: Path) -> None:
    """Put trained tensors back into a model that is made for them.

    Raises:
        ValueError: they are of another training.
    """
    import torch

    places = {name: weight for name, weight in module.named_parameters() if weight.requires_grad}
    if found.keys() != places.keys():
        raise ValueError(f"{where}: holds the weights of another training")
    with torch.no_grad():
        for name, weight in places.items():
            weight.copy_(found[name])
