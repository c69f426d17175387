"""Which way things face in the frames of a video, told by Orient Anything from each thing alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import Image
from vtb.perception.cut_out import cut_out
from vtb.perception.loading import file_of, load_model, refusals
from vtb.perception.masks import Masks
from vtb.perception.perceived import Floats, Frames

SIDE = 224  # of the pictures that it was trained on
BATCH = 16
MEAN = np.array([0.485, 0.456, 0.406], np.float32)  # of ImageNet's pictures
SPREAD = np.array([0.229, 0.224, 0.225], np.float32)


class Orienter:
    """An Orient Anything that looks at what is cut out of frames."""

    def __init__(self, net: Any) -> None:
        self.net = net

    @classmethod
    def load(cls, folder: Path, device: str, dtype: Any) -> Orienter:
        """From a folder as ``vtb weights fetch`` writes it: a DINOv2 as transformers reads it, ``head.safetensors``.

        Raises:
            NotAvailable: the folder is missing, or what loads it.
            BadInput: it holds other weights.
        """
        dinov2 = load_model("Dinov2Model", folder, device, dtype)
        with refusals("head of Orient Anything", folder):
            from safetensors.torch import load_file

            from vtb.perception.orientation_net import Head, OrientationNet

            head = Head(dinov2.config.hidden_size)
            head.load_state_dict(load_file(file_of(folder, "head.safetensors")))
            return cls(OrientationNet(dinov2, head.to(device, dtype)).eval())

    def angles(self, frames: Frames, masks: Masks) -> tuple[Floats, Floats]:
        """Of one thing in a video (N, H, W, 3).

        Returns:
            Its angles (N, 3) as ``Track`` has them, NaN where it is not seen, and how sure they are (N,), there 0.
        """
        angles, sure = np.full((len(frames), 3), np.nan), np.zeros(len(frames))
        seen = [frame for frame in range(len(frames)) if masks.packed[frame].any()]
        for first in range(0, len(seen), BATCH):
            some = seen[first : first + BATCH]
            angles[some], sure[some] = self._look([cut_out(frames[frame], masks[frame], SIDE) for frame in some])
        return angles, sure

    def _look(self, pictures: list[Image]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        import torch

        from vtb.perception.orientation_net import angles_of_logits

        pixels = (np.stack(pictures).astype(np.float32) / 255 - MEAN) / SPREAD
        weight = self.net.head.net1[0].weight
        with torch.inference_mode():
            logits = self.net(torch.from_numpy(pixels).permute(0, 3, 1, 2).to(weight.device, weight.dtype))
            angles, sure = angles_of_logits(logits)
        return angles.cpu().numpy(), sure.cpu().numpy()
