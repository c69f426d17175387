"""What is added to the model: a frozen geometry encoder, a merger, and two Q-Formers that select (arXiv 2512.20557).

The first Q-Former reads the words of the question, the second takes of the geometry what they ask for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from transformers import Dinov2WithRegistersModel
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VLPatchMerger, Qwen2_5_VLRMSNorm

from vtb.geometry.former import QFormer
from vtb.geometry.frames import frames_of, grouped, renormalised, resized

Grid = tuple[int, int, int]
_AT_ONCE = 32  # frames in the encoder


class Geometry(nn.Module):  # type: ignore[misc]
    """From patches to geometry tokens."""

    def __init__(self, config: Any) -> None:
        """``config`` is that of the whole model (``vtb.geometry.config``)."""
        super().__init__()
        own, text, vision = config.geometry_config, config.text_config, config.vision_config
        self.mode, self.count = own.mode, own.queries
        self.mean, self.std = own.image_mean, own.image_std
        self.merge, self.pair, self.side = vision.spatial_merge_size, vision.temporal_patch_size, vision.patch_size
        self.encoder = Dinov2WithRegistersModel(own.encoder_config)
        group = self.pair * self.merge**2 * own.encoder_config.hidden_size
        self.spatial_merger = Qwen2_5_VLPatchMerger(text.hidden_size, group, spatial_merge_size=1)
        if self.mode == "select":
            self.queries = nn.Parameter(torch.randn(self.count, text.hidden_size))
            self.reader, self.selector = QFormer(text), QFormer(text)
            self.norm = Qwen2_5_VLRMSNorm(text.hidden_size, eps=text.rms_norm_eps)

    def start(self, deviation: float) -> None:
        """Draw the weights of what is new; the encoder has its own."""
        for part in self.children():
            for layer in part.modules() if part is not self.encoder else ():
                if isinstance(layer, nn.Linear):
                    nn.init.normal_(layer.weight, std=deviation)
                    if layer.bias is not None:
                        nn.init.zeros_(layer.bias)

    def spatial(self, patches: Any, grids: Sequence[Grid]) -> list[Any]:
        """The spatial tokens of media, each (vision tokens, D).

        Args:
            patches: of all media, one after the other.
            grids: of each.
        """
        every = zip(patches.split([t * h * w for t, h, w in grids]), grids, strict=True)
        frames = [self._frames(own.float(), grid) for own, grid in every]
        groups = [
            grouped(seen, grid, self.merge, self.pair) for seen, grid in zip(self._seen(frames), grids, strict=True)
        ]
        tokens = self.spatial_merger(torch.cat(groups))
        return list(tokens.split([len(group) for group in groups]))

    def _frames(self, patches: Any, grid: Grid) -> Any:
        """The frames of a medium, as many of the encoder's patches as they have of the vision tower's."""
        shown = frames_of(patches, grid, self.merge, self.pair, self.side)
        shown = resized(shown, grid, self.encoder.config.patch_size)
        return renormalised(shown, self.mean, self.std)

    def _seen(self, frames: Sequence[Any]) -> list[Any]:
        """Normalised patch features (frames, H * W, D) of each medium; those of one size go through together."""
        found: dict[int, Any] = {}
        for size in dict.fromkeys(one.shape[2:] for one in frames):
            media = [number for number, one in enumerate(frames) if one.shape[2:] == size]
            every = torch.cat([frames[number] for number in media])
            with torch.no_grad():
                seen = torch.cat([self._encoded(part) for part in every.split(_AT_ONCE)])
            found |= dict(zip(media, seen.split([len(frames[number]) for number in media]), strict=True))
        return [found[number] for number in range(len(frames))]

    def _encoded(self, frames: Any) -> Any:
        out = self.encoder(frames.to(self.encoder.dtype)).last_hidden_state
        return out[:, 1 + self.encoder.config.num_register_tokens :]

    def selected(
        self, spatial: Sequence[Any], places: Sequence[Any], questions: Sequence[Any], asks: Sequence[int],
        frequencies: Any,
    ) -> list[Any]:  # fmt: skip
        """What the questions select of the media, (queries, D) each.

        Args:
            spatial: (n, D) tokens of each medium.
            places: (3, n) of each medium, its tokens in time, height and width.
            questions: (L, D) the words of each question, as the language model embeds them.
            asks: for each medium the number of its question.
            frequencies: of the language model's rotation.
        """
        read = self._look(
            self.reader, self.queries.expand(len(questions), -1, -1), questions,
            [torch.arange(len(words), device=words.device).expand(3, -1) for words in questions], frequencies,
        )  # fmt: skip
        taken = self._look(self.selector, read[list(asks)], spatial, places, frequencies)
        return list(self.norm(taken))

    def _look(
        self, former: QFormer, queries: Any, target: Sequence[Any], places: Sequence[Any], frequencies: Any
    ) -> Any:
        pad = nn.utils.rnn.pad_sequence
        shown = pad(list(target), batch_first=True)
        there = pad([torch.ones(len(one), dtype=torch.bool, device=one.device) for one in target], batch_first=True)
        at = pad([one.transpose(0, 1) for one in places], batch_first=True).permute(2, 0, 1)
        own = torch.arange(self.count, device=queries.device).expand(3, len(queries), -1)
        return former(queries, shown, there, (own, at), frequencies)
