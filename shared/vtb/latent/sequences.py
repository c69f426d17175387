"""From rows to what a model is trained on: tokens, labels, pixels of what is seen and of what is imagined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.engine.row_pictures import picture_of, size_of
from vtb.engine.row_words import check_words, special_tokens
from vtb.errors import BadInput
from vtb.latent.rows import Row, Step
from vtb.latent.tokens import TOKENS, LatentTokens, segment

IGNORED = -100  # a label that the loss leaves out
_PLACE = re.compile("<image>")


@dataclass
class Batch:
    """Rows side by side, padded on the right; all tensors of torch.

    Attributes:
        ids: (B, T) tokens.
        mask: (B, T) 1 where a row has a token.
        kinds: (B, T) 1 where a token is of a picture.
        labels: (B, T) the tokens that are learned, ``IGNORED`` elsewhere.
        pixels: (patches, D) of all pictures that are asked about, or None; ``grids`` (pictures, 3) their sizes.
        helper_pixels: the same of the pictures that latent segments stand for, in the order of rows and segments;
            ``helper_grids`` their sizes.
        prompts: length of each row's question in tokens.
        numbers: of the samples, which decide their chance.
    """

    ids: Any
    mask: Any
    kinds: Any
    labels: Any
    pixels: Any
    grids: Any
    helper_pixels: Any
    helper_grids: Any
    prompts: list[int]
    numbers: list[int]

    def to(self, device: Any) -> Batch:
        """The same on a device."""
        import torch

        values = {name: value.to(device) if torch.is_tensor(value) else value for name, value in vars(self).items()}
        return Batch(**values)


class Sequencer:
    """Makes batches, as training and decoding see a row alike."""

    def __init__(self, processor: Any, tokens: LatentTokens | None, max_length: int) -> None:
        """Without ``tokens``, latent segments are left out: the baseline of words alone.

        Args:
            processor: of the model, its tokenizer with the tokens.
            tokens: of latent segments.
            max_length: longest row in tokens.
        """
        self.processor, self.tokens, self._most = processor, tokens, max_length
        self._special = (*TOKENS, *special_tokens(processor))

    def prompt(self, row: Row) -> str:
        """The question up to where the answer begins."""
        chat = [{"role": "user", "content": _content(row)}]
        return str(self.processor.apply_chat_template(chat, add_generation_prompt=True, tokenize=False))

    def answer(self, row: Row) -> str:
        """The answer as text, its segments as their tokens, up to the end of the turn."""
        tokenizer = self.processor.tokenizer
        return "".join(self._step(step) for step in row.plan) + str(tokenizer.eos_token)

    def _step(self, step: Step) -> str:
        if step.helper is None:
            return step.text
        return segment(self.tokens.size) if self.tokens is not None else ""

    def check_words(self, row: Row) -> None:
        """Refuse a row whose words would be more than words to the model.

        Raises:
            BadInput: it is one.
        """
        check_words(row.id, [row.question, *(step.text for step in row.plan)], self._special)

    def length(self, row: Row) -> int:
        """Tokens of a row, counted without reading more of its pictures than their sizes.

        Raises:
            BadInput: it has more than it may, or words that are none to the model, or a picture cannot be read.
        """
        self.check_words(row)
        patches = self.processor.image_processor.get_number_of_image_patches
        merged = self.processor.image_processor.merge_size**2
        seen = [patches(*size_of(path), {}) // merged for path in row.images]  # a prompt has one token for each picture
        words = len(self._tokens(self.prompt(row))) + len(self._tokens(self.answer(row)))
        return self._within(row, words + sum(seen) - len(seen))

    def batch(self, rows: Sequence[Row], numbers: Sequence[int]) -> Batch:
        """Rows side by side.

        Raises:
            BadInput: a row is longer than it may be, or a picture cannot be read.
        """
        import torch

        made = [self._one(row) for row in rows]
        length = max(len(one["ids"]) for one in made)
        pad = self.processor.tokenizer.pad_token_id
        fill = {"ids": pad, "mask": 0, "kinds": 0, "labels": IGNORED}
        sides = {
            name: torch.tensor([one[name] + [value] * (length - len(one[name])) for one in made])
            for name, value in fill.items()
        }
        shown = self._pixels([path for row in rows for path in row.images])
        helpers = self._pixels([path for row in rows for path in row.helpers]) if self.tokens else (None, None)
        return Batch(
            **sides, pixels=shown[0], grids=shown[1], helper_pixels=helpers[0], helper_grids=helpers[1],
            prompts=[one["prompt"] for one in made], numbers=list(numbers),
        )  # fmt: skip

    def prompts(self, rows: Sequence[Row], begun: str = "") -> Any:
        """The questions alone, or with how their answers begin, padded on the left, as the processor gives them."""
        images = [picture_of(path) for row in rows for path in row.images]
        self.processor.tokenizer.padding_side = "left"
        return self.processor(
            text=[self.prompt(row) + begun for row in rows], padding=True, return_tensors="pt",
            **({"images": images} if images else {}),
        )  # fmt: skip

    def _one(self, row: Row) -> dict[str, Any]:
        self.check_words(row)
        images = [picture_of(path) for path in row.images]
        asked = self.processor(text=[self.prompt(row)], **({"images": images} if images else {}))
        prompt, kinds = list(asked["input_ids"][0]), list(asked["mm_token_type_ids"][0])
        answer = self._tokens(self.answer(row))
        self._within(row, len(prompt) + len(answer))
        pad = self.tokens.pad if self.tokens else None
        labels = [IGNORED] * len(prompt) + [IGNORED if token == pad else token for token in answer]
        ids = prompt + answer
        return {
            "ids": ids, "labels": labels, "mask": [1] * len(ids), "kinds": kinds + [0] * len(answer),
            "prompt": len(prompt),
        }  # fmt: skip

    def _tokens(self, text: str) -> list[int]:
        return list(self.processor.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _within(self, row: Row, length: int) -> int:
        if length > self._most:
            raise BadInput(
                f"row {row.id}: is {length} tokens long: raise --max-length {self._most}, or lower --max-pixels"
            )
        return length

    def _pixels(self, paths: Sequence[Path]) -> tuple[Any, Any]:
        if not paths:
            return None, None
        found = self.processor.image_processor(images=[picture_of(path) for path in paths], return_tensors="pt")
        return found["pixel_values"], found["image_grid_thw"]


def _content(row: Row) -> list[dict[str, str]]:
    """The user's turn: pictures where the words have places for them, else before the words."""
    parts = _PLACE.split(row.question)
    if len(parts) == 1:
        return [*({"type": "image"} for _ in row.images), {"type": "text", "text": row.question}]
    if len(parts) - 1 != len(row.images):
        raise BadInput(f"row {row.id}: has {len(parts) - 1} places for {len(row.images)} pictures: prepare it again")
    found: list[dict[str, str]] = []
    for number, text in enumerate(parts):
        found += [{"type": "image"}] * (number > 0) + ([{"type": "text", "text": text}] if text else [])
    return found
