"""From rows to what a model is trained on: tokens, labels, pixels of what is seen and of what is imagined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.errors import BadInput
from vtb.latent.rows import Row, Step
from vtb.latent.tokens import TOKENS, LatentTokens, segment
from vtb.media.image import UnreadableImage, decode_image

IGNORED = -100  # a label that the loss leaves out
_PLACE = re.compile("<image>")
_NO_WORDS = (*TOKENS, "<|image_pad|>", "<|video_pad|>", "<|im_end|>")


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
        images = [_picture(path) for row in rows for path in row.images]
        self.processor.tokenizer.padding_side = "left"
        return self.processor(
            text=[self.prompt(row) + begun for row in rows], padding=True, return_tensors="pt",
            **({"images": images} if images else {}),
        )  # fmt: skip

    def _one(self, row: Row) -> dict[str, Any]:
        words = [row.question, *(step.text for step in row.plan)]
        if found := next((token for token in _NO_WORDS if any(token in text for text in words)), None):
            raise BadInput(
                f"row {row.id}: has {found} among its words, which is no text to the model: prepare it again"
            )
        images = [_picture(path) for path in row.images]
        asked = self.processor(text=[self.prompt(row)], **({"images": images} if images else {}))
        prompt, kinds = list(asked["input_ids"][0]), list(asked["mm_token_type_ids"][0])
        answer = self.processor.tokenizer(self.answer(row), add_special_tokens=False)["input_ids"]
        if len(prompt) + len(answer) > self._most:
            raise BadInput(
                f"row {row.id}: is {len(prompt) + len(answer)} tokens long: raise --max-length {self._most}, or lower "
                "--max-pixels"
            )
        pad = self.tokens.pad if self.tokens else None
        labels = [IGNORED] * len(prompt) + [IGNORED if token == pad else token for token in answer]
        ids = prompt + answer
        return {
            "ids": ids, "labels": labels, "mask": [1] * len(ids), "kinds": kinds + [0] * len(answer),
            "prompt": len(prompt),
        }  # fmt: skip

    def _pixels(self, paths: Sequence[Path]) -> tuple[Any, Any]:
        if not paths:
            return None, None
        found = self.processor.image_processor(images=[_picture(path) for path in paths], return_tensors="pt")
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


def _picture(path: Path) -> Any:
    from PIL import Image

    try:
        return Image.fromarray(decode_image(path.read_bytes()))
    except (UnreadableImage, OSError) as error:
        raise BadInput(f"{path}: cannot be read ({error}): prepare the dataset again") from error
