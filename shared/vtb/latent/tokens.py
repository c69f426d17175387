"""The three tokens around and inside a latent segment, and where a model says that it knows them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.artifact.model_folder import read_json
from vtb.errors import BadInput

PAD, START, END = "<|latent_pad|>", "<|latent_start|>", "<|latent_end|>"
TOKENS = (PAD, START, END)  # in the order in which ILVR adds them, so that their numbers agree with its checkpoints'
CONFIG = "latent_config.json"  # beside an adapter; a whole model has the same keys in its config.json
_MOST = 1024


@dataclass(frozen=True)
class LatentTokens:
    """The numbers of the tokens, and how many latents a segment has.

    Attributes:
        size: latents of a segment, K in the paper.
        pad: the token that stands where a latent is.
        start: begins a segment.
        end: ends one.
    """

    size: int
    pad: int
    start: int
    end: int

    def config(self) -> dict[str, int]:
        """As ILVR's checkpoints have it in their ``config.json``."""
        return {
            "latent_size": self.size, "latent_token_id": self.pad, "latent_start_id": self.start,
            "latent_end_id": self.end,
        }  # fmt: skip


def add_tokens(tokenizer: Any, size: int) -> LatentTokens:
    """Teach a tokenizer the three tokens, unless it knows them."""
    tokenizer.add_tokens(list(TOKENS), special_tokens=True)
    return LatentTokens(size, *tokenizer.convert_tokens_to_ids(list(TOKENS)))


def segment(size: int) -> str:
    """A latent segment as text: its tokens one after the other."""
    return START + PAD * size + END


def lacks_room(model: Any, tokens: LatentTokens) -> bool:
    """Whether a model has too few rows for the tokens."""
    return max(tokens.pad, tokens.start, tokens.end) >= int(model.get_input_embeddings().weight.shape[0])


def make_room(model: Any, tokens: LatentTokens, known: int) -> None:
    """Give the tokens rows in a model's tables, which start as the mean of the others'.

    Qwen's tables have rows to spare, which stay as they are in number: shrinking them to the tokenizer's size, as the
    released code does, breaks other engines.

    Args:
        model: a vision-language model of transformers.
        tokens: the tokens.
        known: tokens that the tokenizer had before, whose rows are in use.
    """
    import torch

    rows = model.get_input_embeddings().weight.shape[0]
    if lacks_room(model, tokens):
        most = max(tokens.pad, tokens.start, tokens.end)
        model.resize_token_embeddings(most + 1, pad_to_multiple_of=64, mean_resizing=False)
    with torch.no_grad():
        tables = (model.get_input_embeddings(), model.get_output_embeddings())
        for table in {id(table.weight): table for table in tables}.values():
            mean = table.weight[: min(known, rows)].float().mean(dim=0).to(table.weight.dtype)
            for row in (tokens.pad, tokens.start, tokens.end):
                if row >= known:
                    table.weight[row] = mean
    allow(model, tokens)


def allow(model: Any, tokens: LatentTokens) -> None:
    """Take the tokens off the list of those that a model never says, where it has one: it may name unused rows."""
    settings = model.generation_config
    if settings is not None and settings.suppress_tokens:
        settings.suppress_tokens = [row for row in settings.suppress_tokens if row not in (tokens.start, tokens.end)]


def write_latent_config(folder: Path, tokens: LatentTokens) -> None:
    """Beside an adapter."""
    (folder / CONFIG).write_text(json.dumps(tokens.config(), indent=2) + "\n", encoding="utf-8")


def read_latent_config(folder: Path) -> LatentTokens | None:
    """What a model or an adapter says of its latents; None where it has none.

    Raises:
        BadInput: it says something that cannot be.
    """
    path = folder / CONFIG if (folder / CONFIG).is_file() else folder / "config.json"
    found = read_json(path) if path.is_file() else {}
    names = ("latent_size", "latent_token_id", "latent_start_id", "latent_end_id")
    if not isinstance(found, dict) or "latent_size" not in found:
        return None
    values = [found.get(name) for name in names]
    numbers = [value for value in values if isinstance(value, int) and not isinstance(value, bool)]
    if len(numbers) < len(names) or not 0 <= numbers[0] <= _MOST or min(numbers[1:]) < 0:
        raise BadInput(f"{path}: {', '.join(names)} must be numbers, the first from 0 to {_MOST}")
    return LatentTokens(*numbers) if numbers[0] else None


def known_latents(folder: Path, tokenizer: Any) -> LatentTokens | None:
    """What a model or an adapter says of its latents, if its tokenizer says the same; None where it has none.

    Raises:
        BadInput: they disagree.
    """
    found = read_latent_config(folder)
    numbers = tokenizer.get_vocab()
    if found is not None and found != LatentTokens(found.size, *(numbers.get(token, -1) for token in TOKENS)):
        raise BadInput(
            f"{folder}: its configuration and its tokenizer disagree about the latent tokens: use a model that is whole"
        )
    return found
