"""Answers with latents: transformers' own ``generate``, with a state machine for each row of a batch.

After the token that begins a segment come exactly K latents, as in training, and the token that ends it; neither latent
nor end can come elsewhere. On request the model may say the end before, as in ILVR's released code. What goes in where
a latent is, is the model's last state before it. The machine is a ``LogitsProcessor``, and the states get in by hooks
on the model's embeddings and on what it computes: nobody's ``generate`` is changed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal

from vtb.latent.parts import Parts, placeholders
from vtb.latent.tokens import LatentTokens

Mode = Literal["auto", "force", "forbid"]
THOUGHT = "<latent>"  # where an answer went into latents, as people read it
_MOST_AHEAD = 1e4  # of scores; infinity is no score
Change = Callable[[Any, Any], Any]  # from the rows (n,) that think now and their latents (n, D) to other latents


class Machine:
    """Says which tokens each row may have next, from the tokens that it has."""

    def __init__(
        self, tokens: LatentTokens, prompt: int, mode: Mode, *, size: int | None = None, never: Sequence[int] = (),
        early_end: bool = False, drawn: bool = False,
    ) -> None:  # fmt: skip
        """Stateless: what a row is doing can be read off its tokens.

        Args:
            tokens: of latent segments.
            prompt: length of the prompts in tokens, which are padded on the left.
            mode: ``auto`` lets the model decide, ``force`` begins every answer with a segment, ``forbid`` allows none.
            size: latents of a segment, where they are not as many as in training.
            never: further tokens that no answer may have.
            early_end: whether a segment may end before it has all its latents, where the model says so.
            drawn: whether tokens are drawn by chance, or are the likeliest.
        """
        self._early_end, self._drawn = early_end, drawn
        self._tokens, self._prompt, self._mode = tokens, prompt, mode
        self._never = [tokens.pad, tokens.end, *never]
        self._size = tokens.size if size is None else size

    def __call__(self, input_ids: Any, scores: Any) -> Any:
        """The scores with what cannot come next at minus infinity."""
        import torch

        tokens, found = self._tokens, scores.clone()
        lowest = -torch.inf
        found[:, self._never] = lowest
        if self._mode == "forbid":
            found[:, tokens.start] = lowest
            return found
        for row, ids in enumerate(input_ids[:, self._prompt :].tolist()):
            forced = self._forced(ids)
            if forced is not None:
                found[row] = lowest
                found[row, forced] = 0.0
                if self._early_end and forced == tokens.pad:
                    found[row, tokens.end] = self._ahead(scores[row])
        return found

    def _ahead(self, scores: Any) -> Any:
        """By how much the end is ahead of all else that the model might say, of which each means another latent."""
        others = scores.clone()
        others[self._tokens.end] = -math.inf
        rest = others.logsumexp(dim=-1) if self._drawn else others.max()
        return (scores[self._tokens.end] - rest).clamp(max=_MOST_AHEAD)

    def _forced(self, ids: list[int]) -> int | None:
        if not ids:
            return self._tokens.start if self._mode == "force" else None
        if ids[-1] not in (self._tokens.start, self._tokens.pad):
            return None
        latents = 0
        while ids[-1 - latents] == self._tokens.pad:
            latents += 1
        return self._tokens.pad if latents < self._size else self._tokens.end


class Thoughts:
    """The latents of one batch of answers, as they went in.

    Attributes:
        found: (n, D) of each row, in their order.
    """

    def __init__(self, rows: int) -> None:
        """Of so many rows, none yet."""
        self.found: list[list[Any]] = [[] for _ in range(rows)]


@contextmanager
def thinking(parts: Parts, tokens: LatentTokens, thoughts: Thoughts, change: Change | None = None) -> Iterator[None]:
    """While this lasts, the model reads its own last state wherever the latest token is a latent.

    Args:
        parts: the model.
        tokens: of latent segments.
        thoughts: where the latents are kept.
        change: puts others in their place.
    """
    last: list[Any] = []

    def keep(_module: Any, _args: Any, output: Any) -> None:
        last[:] = [output.last_hidden_state[:, -1]]

    def put_in(_module: Any, args: Any, output: Any) -> Any:
        ids = args[0]
        if ids.ndim != 2 or ids.shape[1] != 1 or not last:
            return output  # the prompt
        rows = (ids[:, 0] == tokens.pad).nonzero().flatten()
        if not len(rows):
            return output
        latents = last[0][rows].to(output.dtype)
        if change is not None:
            latents = change(rows, latents).to(output.dtype)
        for row, latent in zip(rows.tolist(), latents, strict=True):
            thoughts.found[row].append(latent.detach())
        changed = output.clone()
        changed[rows, 0] = latents
        return changed

    hooks = [
        parts.inner.get_input_embeddings().register_forward_hook(put_in),
        parts.inner.language_model.register_forward_hook(keep),
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def generate(
    parts: Parts, inputs: Any, tokens: LatentTokens | None, mode: Mode = "auto", *, size: int | None = None,
    change: Change | None = None, early_end: bool = False, **settings: Any,
) -> tuple[Any, Thoughts]:  # fmt: skip
    """Answers to a batch of prompts that are padded on the left.

    Args:
        parts: the model.
        inputs: what the processor made of the prompts.
        tokens: of latent segments; without them the model answers in words alone.
        mode: see ``Machine``.
        size: latents of a segment, where they are not as many as in training; 0 leaves none.
        change: puts other latents in the place of the model's own.
        early_end: lets the model end a segment before it has all its latents.
        settings: of transformers' ``generate``.

    Returns:
        The new tokens (B, T), and the latents of each row.
    """
    import torch

    prompt = inputs["input_ids"].shape[1]
    thoughts = Thoughts(len(inputs["input_ids"]) * settings.get("num_return_sequences", 1))
    if tokens is None:
        with torch.no_grad():
            return parts.whole.generate(**inputs, **settings)[:, prompt:], thoughts
    from transformers import LogitsProcessorList

    machine = Machine(
        tokens, prompt, mode, size=size, never=placeholders(parts), early_end=early_end,
        drawn=bool(settings.get("do_sample")),
    )  # fmt: skip
    with torch.no_grad(), thinking(parts, tokens, thoughts, change):
        # Last, after temperature and cuts: what is forced is forced whatever those say.
        found = parts.whole.generate(**inputs, **settings, logits_processor=LogitsProcessorList([machine]))
    return found[:, prompt:], thoughts


def readable(tokenizer: Any, ids: list[int], tokens: LatentTokens | None) -> str:
    """An answer for people and judges: words, and ``<latent>`` where the model thought."""
    if tokens is None:
        return str(tokenizer.decode(ids, skip_special_tokens=True))
    parts, words = [], list[int]()
    for token in ids:
        if token in (tokens.start, tokens.pad, tokens.end):
            parts.append(tokenizer.decode(words, skip_special_tokens=True))
            words = []
            parts += [THOUGHT] * (token == tokens.start)
        else:
            words.append(token)
    return "".join([*parts, tokenizer.decode(words, skip_special_tokens=True)])


def without_thoughts(text: str) -> str:
    """What a judge reads of it."""
    return text.replace(THOUGHT, "")


def stated(text: str) -> str:
    """What rewards read of it: the words after the last thought."""
    return text.rpartition(THOUGHT)[2]


def segments_in(ids: list[int], tokens: LatentTokens | None) -> int:
    """How often an answer went into latents."""
    return 0 if tokens is None else ids.count(tokens.start)
