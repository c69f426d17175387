"""A Qwen2.5-VL with geometry as a model of transformers: trained, saved, loaded and asked like any other.

``generate`` takes what the processor of a Qwen2.5-VL gives. ``forward`` takes prompts that have places for geometry
(``vtb.geometry.places``), which ``generate`` and the trainer put there.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForImageTextToText, Qwen2_5_VLForConditionalGeneration

from vtb.geometry.config import GeometryQwenConfig
from vtb.geometry.kind import MODEL_TYPE
from vtb.geometry.module import Geometry
from vtb.geometry.places import with_places

_PIXELS = {"image": ("pixel_values", "image_grid_thw"), "video": ("pixel_values_videos", "video_grid_thw")}
_IGNORED = -100  # a label that is not learned


class GeometryQwen(Qwen2_5_VLForConditionalGeneration):  # type: ignore[misc]
    """The model."""

    config_class = GeometryQwenConfig

    def __init__(self, config: GeometryQwenConfig) -> None:
        """Random, as transformers' models are before weights are loaded into them."""
        super().__init__(config)
        self.geometry = Geometry(config)
        self.post_init()

    @functools.wraps(Qwen2_5_VLForConditionalGeneration.forward)
    def forward(
        self, input_ids: Any = None, *args: Any, labels: Any = None, question: Any = None, samples: Any = None,
        **more: Any,
    ) -> Any:  # fmt: skip
        """As transformers', and two more for prompts with media.

        Args:
            input_ids: (B, T) tokens, with places for geometry.
            args: as in transformers.
            labels: as in transformers.
            question: (B, T) true where a token is a word of the question. Left out, it is every word that is no label:
                the prompt, in training and in generation alike.
            samples: (B, T) the number of each token's sample, where a row packs several. Left out, rows are samples.
            more: as in transformers.
        """
        pixels = {name: more.pop(name, None) for names in _PIXELS.values() for name in names[:1]}
        if any(value is not None for value in pixels.values()):
            if question is None:
                question = self.words(input_ids, more.get("attention_mask"))
                question = question if labels is None else question & (labels == _IGNORED)
            more["mm_encoder_outputs"] = self.look(input_ids, question, samples, {**more, **pixels})
        return super().forward(input_ids, *args, labels=labels, **more)

    def generate(self, inputs: Any = None, **more: Any) -> Any:
        """As transformers', on what the processor of a Qwen2.5-VL gives; the answer follows the prompt as it was."""
        ids = more.pop("input_ids", inputs)
        if all(more.get(name) is None for name, _ in _PIXELS.values()):
            return super().generate(ids, **more)
        given = more.get("attention_mask")
        given = torch.ones_like(ids) if given is None else given
        longer, mask, kinds = self._with_places(ids, given)
        with torch.no_grad():
            seen = self.look(longer, self.words(longer, mask), None, more)
        for name, _ in _PIXELS.values():
            more.pop(name, None)
        told = {**more, "attention_mask": mask, "mm_token_type_ids": kinds, "mm_encoder_outputs": seen}
        found = super().generate(longer, **told)
        return self._as_asked(found, ids, longer.shape[1])

    def words(self, ids: Any, mask: Any) -> Any:
        """(B, T) true where a token is a word: neither padding nor a token of turns and media."""
        special = torch.tensor(self.config.geometry_config.special_ids, device=ids.device)
        found = ~torch.isin(ids, special)
        return found if mask is None or mask.ndim != 2 else found & mask.bool()

    def look(self, ids: Any, question: Any, samples: Any, media: Mapping[str, Any]) -> dict[str, Any]:
        """What goes in where media stand: vision tokens, and geometry behind them.

        Args:
            ids: (B, T) tokens, with places for geometry.
            question: (B, T) true where a token is a word of the question.
            samples: (B, T) the number of each token's sample; None where each row is one.
            media: pixels, grids and seconds by the names of ``forward``.
        """
        if samples is None:
            samples = torch.arange(len(ids), device=ids.device)[:, None].expand_as(ids)
        found: dict[str, Any] = {}
        for kind, (pixels, grids) in _PIXELS.items():
            if media.get(pixels) is not None:
                see = getattr(self.model, f"get_{kind}_features")
                found[kind] = see(media[pixels], media[grids], return_dict=True)
                seconds = media.get("second_per_grid_ts") if kind == "video" else None
                added = self._geometry(kind, ids, question, samples, media[pixels], media[grids], seconds)
                every = zip(found[kind].pooler_output, added, strict=True)
                found[kind].pooler_output = tuple(torch.cat([seen, more.to(seen.dtype)]) for seen, more in every)
        return found

    def _geometry(
        self, kind: str, ids: Any, question: Any, samples: Any, pixels: Any, grids: Any, seconds: Any
    ) -> list[Any]:
        """The geometry tokens of all media of a kind."""
        sizes = [(int(time), int(high), int(wide)) for time, high, wide in grids.tolist()]
        spatial = self.geometry.spatial(pixels, sizes)
        if self.geometry.mode == "concat":
            return spatial
        owners = self._owners(kind, ids, samples, [len(one) for one in spatial])
        every = list(dict.fromkeys(owners))
        embed = self.get_input_embeddings()
        questions = [embed(ids[(samples == one) & question]) for one in every]
        if not all(len(words) for words in questions):
            raise ValueError("a question about a picture has no words")
        vision = self.config.vision_config
        times = [1.0] * len(sizes) if seconds is None else [float(one) for one in seconds]
        places = [
            self.model.get_vision_position_ids(
                0, grid, 1, vision.spatial_merge_size, vision.tokens_per_second * time, device=ids.device
            )
            for grid, time in zip(grids, times, strict=True)
        ]
        frequencies = self.model.language_model.rotary_emb.inv_freq
        asks = [every.index(owner) for owner in owners]
        return list(self.geometry.selected(spatial, places, questions, asks, frequencies))

    def _owners(self, kind: str, ids: Any, samples: Any, seen: list[int]) -> list[int]:
        """The sample that each medium of a kind belongs to."""
        own = samples[ids == getattr(self.config, f"{kind}_token_id")].tolist()
        lengths = [count + self.geometry.count for count in seen]
        if sum(lengths) != len(own):
            raise ValueError(f"the prompts have {len(own)} places of kind {kind}, their media need {sum(lengths)}")
        starts = [sum(lengths[:number]) for number in range(len(lengths))]
        return [int(own[start]) for start in starts]

    def _with_places(self, ids: Any, mask: Any) -> tuple[Any, Any, Any]:
        """Prompts with places for geometry, padded on the left; the mask and kinds of their tokens."""
        own, made = self.config.geometry_config, []
        kinds = (ids == self.config.image_token_id).int() + 2 * (ids == self.config.video_token_id).int()
        for row, there, told in zip(ids, mask.bool(), kinds, strict=True):
            made.append(with_places(row[there].tolist(), told[there].tolist(), own.mode, own.queries))
        length = max(len(row) for row, _ in made)
        pad = self.generation_config.pad_token_id or 0
        sides = (
            [[pad] * (length - len(row)) + row for row, _ in made],
            [[0] * (length - len(row)) + [1] * len(row) for row, _ in made],
            [[0] * (length - len(row)) + told for row, told in made],
        )
        longer, there, told = (torch.tensor(side, device=ids.device) for side in sides)
        return longer, there, told

    @staticmethod
    def _as_asked(found: Any, ids: Any, length: int) -> Any:
        """What was generated, behind the prompts as they were."""
        every = found if torch.is_tensor(found) else found.sequences
        told = torch.cat([ids.repeat_interleave(len(every) // len(ids), dim=0), every[:, length:]], dim=1)
        if torch.is_tensor(found):
            return told
        found.sequences = told
        return found


def register() -> None:
    """Tell the Auto classes of it, so that a saved folder loads by them without code from the folder."""
    AutoConfig.register(MODEL_TYPE, GeometryQwenConfig, exist_ok=True)
    AutoModelForImageTextToText.register(GeometryQwenConfig, GeometryQwen, exist_ok=True)
