"""Our models in VLMEvalKit: ``register`` names one before its ``run.py`` begins (docs/video-benchmarks.md)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import vlmeval.vlm
from vlmeval.config import supported_VLM
from vlmeval.vlm.base import BaseModel

from vtb.kits.model import FRAMES, Asked, FolderModel
from vtb.kits.turns import vlmeval_turns


class VtbModel(BaseModel):  # type: ignore[misc]
    """Takes pictures and videos in their order; how many frames of a video the kit's dataset says."""

    INTERLEAVE = True
    VIDEO_LLM = True

    def __init__(
        self, model_path: str, adapter: str | None = None, device: str | None = None, max_pixels: int | None = None,
        max_new_tokens: int = 2048, temperature: float = 0.0,
    ) -> None:  # fmt: skip
        """Load the model.

        Args:
            model_path: its folder, or a checkpoint artifact.
            adapter: a PEFT folder or an adapter artifact.
            device: the GPU where there is one.
            max_pixels: larger pictures and frames are scaled down; as in the model's training where it is not given.
            max_new_tokens: longest answer.
            temperature: 0 takes the likeliest token always.
        """
        import torch

        super().__init__()
        self.nframe: int | None = FRAMES  # the kit puts in both what its dataset says, and None into the other
        self.fps: float | None = 1.0
        self._length, self._temperature = max_new_tokens, temperature
        device = device or ("cuda" if torch.cuda.is_available() else "cpu")
        self._own = FolderModel(model_path, adapter, device, max_pixels)

    def generate_inner(self, message: Sequence[Mapping[str, Any]], dataset: str | None = None) -> str:
        """The answer to a message."""
        frames = self.nframe or (None if self.fps else FRAMES)
        asked = Asked(self._length, self._temperature, frames=frames, fps=None if frames else self.fps)
        return self._own.answer(vlmeval_turns(message), asked)


def register(name: str, model_path: str, **more: Any) -> None:
    """Make a model known by a name to ``run.py --model``; and the class ``VtbModel`` to its ``--config``.

    Args:
        name: of the model.
        model_path: its folder, or a checkpoint artifact.
        more: what ``VtbModel`` takes beside it.
    """
    supported_VLM[name] = partial(VtbModel, model_path=model_path, **more)
    vlmeval.vlm.VtbModel = VtbModel
