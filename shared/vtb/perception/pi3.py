"""Pi3 (arXiv 2507.13347): points and cameras of all frames of a video at once, by the package ``pi3``.

The package is not on PyPI and none of our extras bring it: its weights may be used for non-commercial purposes alone
(CC BY-NC 4.0), so that a user decides on it. Another reconstructor can take its place.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

from vtb.artifact.model_folder import read_json
from vtb.errors import NotAvailable
from vtb.perception.loading import file_of, refusals
from vtb.perception.perceived import Frames
from vtb.perception.reconstruction import Reconstruction, trusted

PATCH, MOST_PIXELS = 14, 255_000  # of a frame, as the released code has it
INSTALL = "pip install 'pi3 @ git+https://github.com/yyfz/Pi3'"


class Pi3Reconstructor:
    """The published model."""

    def __init__(self, model: Any, device: str) -> None:
        self.model, self.device = model, device

    @classmethod
    def load(cls, folder: Path, device: str) -> Pi3Reconstructor:
        """From ``config.json`` and ``model.safetensors``; weights in full precision, as the released code has them.

        Raises:
            NotAvailable: the package or the folder is missing.
            BadInput: the folder holds other weights.
        """
        with refusals("Pi3", folder):
            from safetensors.torch import load_file

            model = _class()(**read_json(file_of(folder, "config.json")))
            model.load_state_dict(load_file(file_of(folder, "model.safetensors")))
            return cls(model.to(device).eval(), device)

    def reconstruct(self, frames: Frames) -> Reconstruction:
        """A video (N, H, W, 3) in space, at the size that the model looks at."""
        import torch

        pictures = torch.from_numpy(_resized(frames)).permute(0, 3, 1, 2)[None].to(self.device)
        with torch.inference_mode(), torch.autocast(**self._precision()):
            found = self.model(pictures)
        points, confidence, poses = (
            found[name][0].float().cpu().numpy() for name in ("local_points", "conf", "camera_poses")
        )
        return Reconstruction(points, trusted(confidence[..., 0], points[..., 2]), poses.astype(np.float64))

    def _precision(self) -> dict[str, Any]:
        """Half the bits on a GPU, of the kind that it computes with."""
        import torch

        if not self.device.startswith("cuda"):
            return {"device_type": "cpu", "enabled": False}
        modern = torch.cuda.get_device_capability(self.device)[0] >= 8
        return {"device_type": "cuda", "dtype": torch.bfloat16 if modern else torch.float16}


def _class() -> Any:
    try:
        with contextlib.redirect_stdout(sys.stderr):  # where it says which parts are the slow ones
            return importlib.import_module("pi3.models.pi3").Pi3
    except ImportError as error:
        raise NotAvailable(
            f"the package pi3 cannot be imported ({error}): {INSTALL}; its weights are for non-commercial use alone"
        ) from error


def looked_at(width: int, height: int) -> tuple[int, int]:
    """The size (width, height) in whole patches at which frames are looked at: as many pixels as are allowed."""
    scale = math.sqrt(MOST_PIXELS / (width * height))
    across, down = (max(1, round(side * scale / PATCH)) for side in (width, height))
    while across * down * PATCH**2 > MOST_PIXELS:
        if down == 1 or (across > 1 and across * height > down * width):
            across -= 1
        else:
            down -= 1
    return across * PATCH, down * PATCH


def _resized(frames: Frames) -> Any:
    """Frames (N, h, w, 3) from 0 to 1."""
    from PIL import Image

    size = looked_at(frames.shape[2], frames.shape[1])
    smaller = [Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS) for frame in frames]
    return np.stack([np.asarray(frame, np.float32) for frame in smaller]) / 255
