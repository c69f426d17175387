"""Answers of a model that thinks in latents, and what it says when these are taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vtb.latent.ablations import ABLATIONS, answer_without, donors
from vtb.latent.decoding import Mode, generate, readable, segments_in
from vtb.latent.parts import Parts, parts_of
from vtb.latent.tokens import LatentTokens, allow


@dataclass(frozen=True)
class Thought:
    """One answer: its tokens, how it reads, how often it went into latents, and how it reads without them."""

    ids: Sequence[int]
    text: str
    segments: int
    without: Mapping[str, str]


class Thinker:
    """Answers batches of prompts."""

    def __init__(
        self, model: Any, tokenizer: Any, tokens: LatentTokens, mode: Mode, *, ablations: bool, early_end: bool = False
    ) -> None:  # fmt: skip
        """``model`` is on its device."""
        self._parts: Parts = parts_of(model)
        self._tokenizer, self._tokens, self._mode, self._ablations = tokenizer, tokens, mode, ablations
        self._early_end = early_end
        allow(self._parts.whole, tokens)

    def answer(self, inputs: Any, seed: int, **settings: Any) -> list[Thought]:
        """The answers, sampled with the same chance in every form that they are given in."""
        import torch

        settings["early_end"] = self._early_end
        torch.manual_seed(seed)
        found, thoughts = generate(self._parts, inputs, self._tokens, self._mode, **settings)
        every = found.tolist()
        texts = [readable(self._tokenizer, ids, self._tokens) for ids in every]
        without: list[dict[str, str]] = [{} for _ in every]
        shuffled = donors(thoughts)
        for which in ABLATIONS if self._ablations else ():
            torch.manual_seed(seed)
            changed = answer_without(
                self._parts, inputs, self._tokens, thoughts, which, seed, self._mode, **settings
            ).tolist()
            for row, ids in enumerate(changed):
                # An answer without latents is the same whatever is done to latents.
                if not segments_in(every[row], self._tokens):
                    without[row][which] = texts[row]
                # One that is alone in having some cannot get another's.
                elif which != "shuffled" or row in shuffled:
                    without[row][which] = readable(self._tokenizer, ids, self._tokens)
        return [
            Thought(ids, text, segments_in(ids, self._tokens), more)
            for ids, text, more in zip(every, texts, without, strict=True)
        ]
