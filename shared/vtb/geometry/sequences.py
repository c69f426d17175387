"""From rows to what a model is trained on: packs of tokens, their positions and labels, and their media's pixels."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.engine.row_pictures import size_of
from vtb.engine.row_words import check_words, special_tokens
from vtb.errors import BadInput
from vtb.geometry.places import tokens_of_geometry, vision_tokens, with_places
from vtb.geometry.rows import IMAGE, VIDEO, Row
from vtb.geometry.shown import clip_told, media_of

IGNORED = -100  # a label that the loss leaves out
_PLACE = re.compile(f"({IMAGE}|{VIDEO})")
_MEDIA = ("pixel_values", "image_grid_thw", "pixel_values_videos", "video_grid_thw", "second_per_grid_ts")


@dataclass
class Pack:
    """Rows one after the other; all tensors of torch.

    Attributes:
        ids: (1, T) tokens, with places for geometry.
        positions: (4, 1, T) by which a row's tokens are counted, from 0 on in each row; then time, height and width.
        samples: (1, T) the row of each token.
        labels: (1, T) the tokens that are learned, ``IGNORED`` elsewhere.
        media: pixels, grids and seconds, by the names of the model.
    """

    ids: Any
    positions: Any
    samples: Any
    labels: Any
    media: dict[str, Any]

    def to(self, device: Any) -> Pack:
        """The same on a device."""
        own = {name: value.to(device) for name, value in vars(self).items() if name != "media"}
        return Pack(**own, media={name: value.to(device) for name, value in self.media.items()})


class Sequencer:
    """Makes packs, as training and generation see a row alike."""

    def __init__(
        self, processor: Any, mode: str, queries: int, positions: Callable[..., Any], max_length: int, max_pixels: int
    ) -> None:  # fmt: skip
        """Nothing is read yet.

        Args:
            processor: of the model.
            mode: of geometry.
            queries: tokens of selected geometry.
            positions: the model's ``get_rope_index``.
            max_length: longest row in tokens, those of geometry included.
            max_pixels: of a frame.
        """
        self.processor, self._mode, self._queries, self._positions = processor, mode, queries, positions
        self.max_length, self._max_pixels = max_length, max_pixels
        self._special = special_tokens(processor)

    def length(self, row: Row) -> int:
        """Tokens of a row, counted without reading more of its pictures than their sizes.

        Raises:
            BadInput: it has more than it may, words that are none to the model, or shows what the model cannot see.
        """
        self._check_words(row)
        told = [clip_told(clip, self._max_pixels) for clip in row.clips]
        # One token for each picture, and for each pair of frames of a clip.
        small = self._small_clips(self._prompt(row), told)
        words, places = self._tokens(small) + self._tokens(self._answer(row)), len(row.images)
        places += small.count(self.processor.video_token)
        seen = self._vision_tokens(row, [size for size, _ in told])
        added = [tokens_of_geometry(self._mode, self._queries, count) for count in seen]
        return self._within(row, len(words) + sum(seen) - places + sum(added))

    def _vision_tokens(self, row: Row, clips: Sequence[tuple[int, int, int]]) -> list[int]:
        merged = self.processor.image_processor.merge_size**2
        try:
            patches = [
                self.processor.image_processor.get_number_of_image_patches(*size_of(path), {}) for path in row.images
            ]
            patches += [self.processor.video_processor.get_num_of_video_patches(*size, {}) for size in clips]
        except ValueError as error:  # too long and thin
            raise BadInput(f"row {row.id}: shows what the model cannot see ({error})") from error
        return [count // merged for count in patches]

    def _small_clips(self, prompt: str, told: Sequence[tuple[tuple[int, int, int], Mapping[str, Any]]]) -> str:
        """A prompt as the processor would write it if each pair of frames were one token."""
        import numpy as np
        from transformers.video_utils import VideoMetadata

        side, pair = self.processor.video_processor.merge_size, self.processor.video_processor.temporal_patch_size
        media = {
            "video_grid_thw": np.array([(-(-size[0] // pair), side, side) for size, _ in told]),
            "video_metadata": [VideoMetadata(**metadata) for _, metadata in told],
        }  # fmt: skip
        clips = [self.processor.replace_video_token(media, number) for number in range(len(told))]
        (found,), _ = self.processor.get_text_with_replacements([prompt], [], clips)
        return str(found)

    def pack(self, rows: Sequence[Row]) -> Pack:
        """Rows one after the other.

        Raises:
            BadInput: one is longer than it may be, or shows what cannot be read.
        """
        import torch

        made = [self._one(row) for row in rows]
        media = {
            name: torch.cat([one[name] for one in made if name in one])
            for name in _MEDIA
            if any(name in one for one in made)
        }
        samples = torch.cat([torch.full_like(one["ids"], number) for number, one in enumerate(made)], dim=1)
        ids, labels = (torch.cat([one[name] for one in made], dim=1) for name in ("ids", "labels"))
        return Pack(ids, torch.cat([one["positions"] for one in made], dim=2), samples, labels, media)

    def prompts(self, rows: Sequence[Row]) -> Any:
        """The questions alone, padded on the left, as the processor gives them."""
        texts = [self._prompt(row) for row in rows]
        return self.processor(text=texts, padding=True, return_tensors="pt", **media_of(rows, self._max_pixels))

    def _one(self, row: Row) -> dict[str, Any]:
        import torch

        self._check_words(row)
        asked = self.processor(text=[self._prompt(row)], return_tensors="pt", **media_of([row], self._max_pixels))
        clips = vision_tokens(asked.get("video_grid_thw"), self.processor.video_processor.merge_size)
        prompt, kinds = with_places(
            asked["input_ids"][0].tolist(), asked["mm_token_type_ids"][0].tolist(), self._mode, self._queries,
            iter(clips),
        )  # fmt: skip
        answer = self._tokens(self._answer(row))
        self._within(row, len(prompt) + len(answer))
        media = {name: torch.as_tensor(asked[name]) for name in _MEDIA if name in asked}
        ids = torch.tensor([prompt + answer])
        return {
            **media, "ids": ids, "labels": torch.tensor([[IGNORED] * len(prompt) + answer]),
            "positions": self._places(ids, torch.tensor([kinds + [0] * len(answer)]), media),
        }  # fmt: skip

    def _places(self, ids: Any, kinds: Any, media: dict[str, Any]) -> Any:
        """(4, 1, T) positions of one row: as of words, and in time, height and width."""
        import torch

        plain = torch.arange(ids.shape[1]).expand(1, 1, -1)
        told = {name: media.get(name) for name in _MEDIA if "pixel" not in name}
        found, _ = self._positions(ids, mm_token_type_ids=kinds, **told)
        return torch.cat([plain, found])

    def _prompt(self, row: Row) -> str:
        """All before the answer, a token for each medium."""
        chat = [{"role": role, "content": _content(words)} for role, words in row.turns]
        return str(self.processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False))

    def _answer(self, row: Row) -> str:
        return f"{row.answer}{self.processor.tokenizer.eos_token}"

    def _tokens(self, text: str) -> list[int]:
        return list(self.processor.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _within(self, row: Row, length: int) -> int:
        if length > self.max_length:
            raise BadInput(
                f"row {row.id}: is {length} tokens long: raise --max-length {self.max_length}, or lower --max-pixels"
            )
        return length

    def _check_words(self, row: Row) -> None:
        check_words(row.id, [*(words for _, words in row.turns), row.answer], self._special)


def _content(words: str) -> list[dict[str, str]]:
    """A turn: media where its words have places for them."""
    kinds = {IMAGE: {"type": "image"}, VIDEO: {"type": "video"}}
    return [kinds.get(part) or {"type": "text", "text": part} for part in _PLACE.split(words) if part]
