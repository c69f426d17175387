"""What a Qwen-VL with geometry computes and generates, beside what the model does that it is made of.

``generate`` takes what the processor of a Qwen-VL gives. ``forward`` takes prompts that have places for geometry
(``vtb.geometry.places``), which ``generate`` and the trainer put there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from transformers import GenerationMixin

from vtb.geometry.module import Geometry
from vtb.geometry.places import vision_tokens, with_places

_PIXELS = {"image": ("pixel_values", "image_grid_thw"), "video": ("pixel_values_videos", "video_grid_thw")}
_IGNORED = -100  # a label that is not learned


class WithGeometry(GenerationMixin):  # type: ignore[misc]
    """To be put before the class of transformers' model."""

    def __init__(self, config: Any) -> None:
        """Random, as transformers' models are before weights are loaded into them."""
        super().__init__(config)
        self.geometry = Geometry(config)
        self.post_init()

    def _seen(
        self, forward: Callable[..., Any], input_ids: Any, args: Any, *, labels: Any = None, question: Any = None,
        samples: Any = None, **more: Any,
    ) -> Any:  # fmt: skip
        """``forward`` of the model that it is made of, and two arguments more for prompts with media.

        Args:
            forward: of that model.
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
        return forward(input_ids, *args, labels=labels, **more)

    def generate(self, inputs: Any = None, **more: Any) -> Any:
        """As transformers', on what the processor of a Qwen-VL gives; the answer follows the prompt as it was."""
        ids = more.pop("input_ids", inputs)
        if all(more.get(name) is None for name, _ in _PIXELS.values()):
            return super().generate(ids, **more)
        given = more.get("attention_mask")
        given = torch.ones_like(ids) if given is None else given
        longer, mask, kinds = self._with_places(ids, given, more.get("video_grid_thw"))
        with torch.no_grad():
            seen = self.look(longer, self.words(longer, mask), None, more)
        for name, _ in _PIXELS.values():
            more.pop(name, None)
        for name in ("max_length", "min_length"):  # count the prompt, as it was asked
            if more.get(name) is not None:
                more[name] += longer.shape[1] - ids.shape[1]
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
                found[kind].pooler_output = _behind(found[kind].pooler_output, added)
                # What a vision tower adds within the language model (DeepStack, arXiv 2406.04334), it adds to its own.
                nothing = [torch.zeros_like(one) for one in added]
                for number, layer in enumerate(found[kind].get("deepstack_features") or ()):
                    found[kind].deepstack_features[number] = _behind(layer, nothing)
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
        pace = getattr(vision, "tokens_per_second", 1)  # Qwen3-VL counts pairs of frames, and says seconds in words
        places = [
            self.model.get_vision_position_ids(0, grid, 1, vision.spatial_merge_size, pace * time, device=ids.device)
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

    def _with_places(self, ids: Any, mask: Any, grids: Any) -> tuple[Any, Any, Any]:
        """Prompts with places for geometry, padded on the left; the mask and kinds of their tokens."""
        own, made = self.config.geometry_config, []
        clips = iter(vision_tokens(grids, self.config.vision_config.spatial_merge_size))
        kinds = (ids == self.config.image_token_id).int() + 2 * (ids == self.config.video_token_id).int()
        for row, there, told in zip(ids, mask.bool(), kinds, strict=True):
            made.append(with_places(row[there].tolist(), told[there].tolist(), own.mode, own.queries, clips))
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


def _behind(seen: Any, added: Any) -> tuple[Any, ...]:
    """What is added to each medium, behind what is seen of it."""
    return tuple(torch.cat([one, more.to(one.dtype)]) for one, more in zip(seen, added, strict=True))
