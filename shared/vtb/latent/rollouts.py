"""Answers to learn from by reward: several to one question, with the latents that they went through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from vtb.latent.decoding import Mode, generate, readable, segments_in, stated
from vtb.latent.parts import Parts
from vtb.latent.rows import Row
from vtb.latent.sequences import Sequencer
from vtb.latent.tokens import END, START, LatentTokens


@dataclass(frozen=True)
class Rollouts:
    """The answers to one question.

    Attributes:
        inputs: what the processor made of the question, once.
        ids: (G, T) new tokens, what follows the end of an answer included.
        lengths: of each answer in tokens, its end included.
        ended: whether the model ended it, or it was cut off.
        latents: (n, D) of each, in their order; the last token's has not gone in.
        texts: as people read them.
        segments: how often each went into latents.
    """

    inputs: Any
    ids: Any
    lengths: list[int]
    ended: list[bool]
    latents: list[Any]
    texts: list[str]
    segments: list[int]

    @property
    def stated(self) -> list[str]:
        """What rewards read of each."""
        return [stated(text) for text in self.texts]


def plain_sampling(temperature: float) -> dict[str, Any]:
    """Settings under which a token is as likely as the model says at a temperature."""
    return {
        "do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0, "repetition_penalty": 1.0,
        "min_p": None, "typical_p": 1.0,
    }  # fmt: skip


def roll_out(
    parts: Parts, sequencer: Sequencer, row: Row, tokens: LatentTokens, count: int, mode: Mode, seed: int,
    **settings: Any,
) -> Rollouts:  # fmt: skip
    """Several answers to one question, by chance that depends on the seed alone."""
    import torch

    inputs = sequencer.prompts([row]).to(parts.whole.device)
    torch.manual_seed(seed % 2**63)
    ids, thoughts = generate(parts, inputs, tokens, mode, num_return_sequences=count, **settings)
    return as_rollouts(parts, sequencer, inputs, ids, thoughts.found, tokens)


def as_rollouts(
    parts: Parts, sequencer: Sequencer, inputs: Any, ids: Any, latents: list[list[Any]], tokens: LatentTokens
) -> Rollouts:
    """Answers as they came, with what is to be known of them."""
    import torch

    ends = parts.whole.generation_config.eos_token_id
    every, lengths, ended = set(ends if isinstance(ends, list) else [ends]), list[int](), list[bool]()
    for said in ids.tolist():
        end = next((place + 1 for place, token in enumerate(said) if token in every), None)
        lengths.append(len(said) if end is None else end)
        ended.append(end is not None)
    own = [said[:length] for said, length in zip(ids.tolist(), lengths, strict=True)]
    tokenizer = sequencer.processor.tokenizer
    width = parts.embed(ids[:, :1]).shape[-1]
    return Rollouts(
        inputs, ids, lengths, ended,
        [torch.stack(found) if found else torch.zeros(0, width, device=ids.device) for found in latents],
        [readable(tokenizer, said, tokens) for said in own], [segments_in(said, tokens) for said in own],
    )  # fmt: skip


def well_formed(ids: list[int], tokens: LatentTokens) -> bool:
    """Whether every segment of an answer has all its latents and its end."""
    inside = -1
    for token in ids:
        if inside >= 0:
            if token != (tokens.pad if inside < tokens.size else tokens.end):
                return False
            inside = inside + 1 if inside < tokens.size else -1
        elif token == tokens.start:
            inside = 0
        elif token in (tokens.pad, tokens.end):
            return False
    return inside < 0


def without_latents(
    parts: Parts, sequencer: Sequencer, row: Row, rollouts: Rollouts, tokens: LatentTokens, seed: int, **settings: Any
) -> list[str | None]:
    """Each answer repeated from its first segment on, with that segment empty and no other allowed.

    None for those that went into none.
    """
    import torch

    found: list[str | None] = []
    tokenizer = sequencer.processor.tokenizer
    for number, said in enumerate(rollouts.ids.tolist()):
        said = said[: rollouts.lengths[number]]
        if tokens.start not in said:
            found.append(None)
            continue
        begun = tokenizer.decode(said[: said.index(tokens.start)], skip_special_tokens=True) + START + END
        inputs = sequencer.prompts([row], begun).to(parts.whole.device)
        torch.manual_seed((seed + number) % 2**63)
        ids, _ = generate(parts, inputs, tokens, "forbid", **settings)
        found.append(readable(tokenizer, ids[0].tolist(), tokens))
    return found
