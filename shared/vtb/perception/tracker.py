"""SAM 2.1 (arXiv 2408.00714): what belongs to a thing in a frame, told its box, and then in the whole video."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtb.perception.loading import load_model, refusals
from vtb.perception.masks import Mask, Masks
from vtb.perception.perceived import Floats, Frames

TOGETHER = 4  # things that are followed at once: the model keeps 6 MB of each for every frame


class Tracker:
    """A SAM 2.1 of videos."""

    def __init__(self, model: Any, processor: Any) -> None:
        self.model, self.processor = model, processor

    @classmethod
    def load(cls, folder: Path, device: str, dtype: Any) -> Tracker:
        """From a folder as it is published; what prepares frames follows from the size that the model has.

        Raises:
            NotAvailable: it is missing, or what loads it.
            BadInput: it is damaged, or of another model.
        """
        model = load_model("Sam2VideoModel", folder, device, dtype)
        with refusals("Sam2VideoProcessor", folder):
            from transformers import Sam2ImageProcessor, Sam2VideoProcessor, Sam2VideoVideoProcessor

            size = {"height": model.config.image_size, "width": model.config.image_size}
            return cls(model, Sam2VideoProcessor(Sam2ImageProcessor(size=size), Sam2VideoVideoProcessor(size=size)))

    def watch(self, frames: Frames) -> Watched:
        """Be ready to follow things in a video (N, H, W, 3)."""
        session = self.processor.init_video_session(
            video=frames, inference_device=self.model.device, inference_state_device="cpu", processing_device="cpu",
            video_storage_device="cpu", dtype=self.model.dtype,
        )  # fmt: skip
        return Watched(self.model, self.processor, session, frames.shape[:3])


class Watched:
    """One video. What is asked at one time changes nothing of what is answered at another."""

    def __init__(self, model: Any, processor: Any, session: Any, shape: tuple[int, ...]) -> None:
        self.model, self.processor, self.session = model, processor, session
        self.count, *self.size = shape

    def segment(self, frame: int, boxes: Floats) -> list[Mask]:
        """What belongs to the things in these boxes (n, 4) of a frame: a mask (H, W) each."""
        import torch

        if not len(boxes):
            return []
        with torch.inference_mode():
            return list(self._start(frame, boxes))

    def follow(self, frame: int, boxes: Floats) -> list[Masks]:
        """The things in these boxes (n, 4) of a frame, in all frames before and after it."""
        import torch

        found: list[Masks] = []
        with torch.inference_mode():
            for first in range(0, len(boxes), TOGETHER):
                found += self._follow(frame, boxes[first : first + TOGETHER])
        self.session.reset_tracking_data()
        return found

    def _follow(self, frame: int, boxes: Floats) -> list[Masks]:
        rows: list[list[NDArray[np.uint8]]] = [[np.zeros(0, np.uint8)] * self.count for _ in boxes]
        self._start(frame, boxes)
        for backwards in (False, True):
            steps = self.model.propagate_in_video_iterator(self.session, start_frame_idx=frame, reverse=backwards)
            for step in steps:
                for thing, mask in enumerate(self._masks(step)):
                    rows[thing][step.frame_idx] = np.packbits(mask, axis=1)
        return [Masks(np.stack(packed), self.size[1]) for packed in rows]

    def _start(self, frame: int, boxes: Floats) -> Iterator[Mask]:
        """Forget all that was asked before, and tell the model of these boxes."""
        self.session.reset_tracking_data()
        self.processor.add_inputs_to_inference_session(
            self.session, frame_idx=frame, obj_ids=list(range(len(boxes))), input_boxes=[boxes.tolist()]
        )
        return self._masks(self.model(self.session, frame_idx=frame))

    def _masks(self, step: Any) -> Iterator[Mask]:
        """The masks (H, W) of one frame, one after the other."""
        for logits in step.pred_masks:
            whole = self.processor.post_process_masks([logits[None].float()], original_sizes=[self.size])[0]
            yield np.asarray(whole[0, 0].cpu().numpy(), np.bool_)
