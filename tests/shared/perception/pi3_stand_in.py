"""In the place of the package ``pi3``, which is not on PyPI: a class of the form of its own."""

from __future__ import annotations

from typing import Any


def stand_in() -> Any:
    """A class whose points follow from the pixels."""
    import torch

    class Pi3(torch.nn.Module):  # type: ignore[misc]
        def __init__(self, pos_type: str, decoder_size: str) -> None:
            super().__init__()
            assert (pos_type, decoder_size) == ("rope100", "large")
            self.shift = torch.nn.Parameter(torch.zeros(1))

        def forward(self, pictures: Any) -> dict[str, Any]:
            batch, count = pictures.shape[:2]
            depth = 2 + self.shift + pictures.mean(dim=2)
            points = torch.stack([torch.zeros_like(depth), torch.ones_like(depth), depth], dim=-1)
            confidence = torch.where(pictures[:, :, 0] > 0.5, -9.0, 9.0)[..., None]
            poses = torch.eye(4).expand(batch, count, 4, 4)
            return {"local_points": points, "conf": confidence, "camera_poses": poses, "points": points}

    return Pi3
