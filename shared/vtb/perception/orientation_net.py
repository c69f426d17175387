"""Orient Anything (arXiv 2412.18605): DINOv2, and two layers that read three angles off its first token."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

AZIMUTHS, POLARS, ROTATIONS = 360, 180, 180  # classes of one degree each
CLASSES = AZIMUTHS + POLARS + ROTATIONS + 2  # and whether there is a front at all: yes, no


class Head(nn.Module):  # type: ignore[misc]
    """From a token to classes; its parts have the names of the published weights."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.net1 = nn.Sequential(nn.Linear(size, CLASSES), nn.BatchNorm1d(CLASSES), nn.ReLU())
        self.net2 = nn.Sequential(nn.Linear(CLASSES, CLASSES), nn.BatchNorm1d(CLASSES))

    def forward(self, token: torch.Tensor) -> torch.Tensor:
        """Logits (n, 722) of tokens (n, size)."""
        logits: torch.Tensor = self.net2(self.net1(token))
        return logits


class OrientationNet(nn.Module):  # type: ignore[misc]
    """The whole model: a ``Dinov2Model`` and the head."""

    def __init__(self, dinov2: Any, head: Head) -> None:
        super().__init__()
        self.dinov2, self.head = dinov2, head

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Logits (n, 722) of pictures (n, 3, H, W), normalised as ImageNet's."""
        logits: torch.Tensor = self.head(self.dinov2(pixels).last_hidden_state[:, 0])
        return logits


def angles_of_logits(logits: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Azimuth, polar angle and rotation (n, 3) in degrees, and how sure they are (n,), of logits (n, 722)."""
    azimuth, polar, rotation, front = logits.double().split([AZIMUTHS, POLARS, ROTATIONS, 2], dim=1)
    best = [azimuth.argmax(1), polar.argmax(1) - 90, rotation.argmax(1) - 90]
    return torch.stack(best, dim=1).double(), front.softmax(1)[:, 0]
