"""How likely a model's own answers are to it: latents go in as they were, and count for nothing themselves.

The chance of an answer is that of its words and of the tokens that begin segments; latents, the token that ends a
segment, and whatever else the machine forces, were not chosen, and are left out (LVR does so, too).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from vtb.latent.decoding import Mode
from vtb.latent.parts import Parts, last_states, placeholders, seen
from vtb.latent.rollouts import Rollouts
from vtb.latent.sequences import IGNORED, Batch
from vtb.latent.tokens import LatentTokens


@dataclass(frozen=True)
class Answers:
    """The answers to one question, ready for the model.

    Attributes:
        batch: the questions with the answers.
        latents: (n, D) of all, in the order of rows and places.
        rows: (n,) where each goes in.
        places: (n,) likewise.
        chosen: (G, T - 1) whether the token after each place was the model's choice.
    """

    batch: Batch
    latents: Any
    rows: Any
    places: Any
    chosen: Any


def answers_of(rollouts: Rollouts, tokens: LatentTokens, mode: Mode, pad: int) -> Answers:
    """Side by side."""
    import torch

    prompt, kinds = rollouts.inputs["input_ids"][0], rollouts.inputs["mm_token_type_ids"][0]
    count, longest = len(rollouts.lengths), max(rollouts.lengths)
    ids = torch.full((count, len(prompt) + longest), pad, dtype=prompt.dtype, device=prompt.device)
    ids[:, : len(prompt)] = prompt
    mask, chosen = torch.zeros_like(ids), torch.zeros_like(ids, dtype=torch.bool)
    mask[:, : len(prompt)] = 1
    for row, length in enumerate(rollouts.lengths):
        said = rollouts.ids[row, :length]
        ids[row, len(prompt) : len(prompt) + length] = said
        mask[row, len(prompt) : len(prompt) + length] = 1
        free = (said != tokens.pad) & (said != tokens.end)
        if mode == "force":
            free[0] = False
        chosen[row, len(prompt) : len(prompt) + length] = free
    every = torch.nn.functional.pad(kinds.expand(count, -1), (0, longest))
    grids = rollouts.inputs.get("image_grid_thw")
    batch = Batch(
        ids, mask, every, torch.full_like(ids, IGNORED), rollouts.inputs.get("pixel_values"),
        None if grids is None else grids.repeat(count, 1), None, None, [len(prompt)] * count, list(range(count)),
    )  # fmt: skip
    rows, places, latents = list[int](), list[int](), list[Any]()
    for row, said in enumerate(ids.tolist()):
        at = [place for place, token in enumerate(said) if token == tokens.pad and mask[row, place]]
        at = at[: len(rollouts.latents[row])]  # the last token has not been read
        rows += [row] * len(at)
        places += at
        latents.append(rollouts.latents[row][: len(at)])
    made = torch.tensor([rows, places], dtype=torch.long, device=ids.device)
    return Answers(batch, torch.cat(latents), made[0], made[1], chosen[:, 1:])


def forbidden(parts: Parts, tokens: LatentTokens) -> list[int]:
    """Tokens that an answer cannot have where it chooses, so that they have no share of the probability."""
    settings = parts.whole.generation_config
    suppressed = (settings.suppress_tokens or ()) if settings is not None else ()
    return sorted({tokens.pad, tokens.end, *placeholders(parts), *suppressed})


def log_probs(parts: Parts, answers: Answers, tokens: LatentTokens, temperature: float, *, blind: bool = False) -> Any:
    """(G, T - 1) log-probabilities of the tokens after each place, 0 where they were not chosen.

    Args:
        parts: the model.
        answers: to one question.
        tokens: of latent segments.
        temperature: at which they were drawn.
        blind: nothing may look at the latents.
    """
    import torch

    batch, count = answers.batch, len(answers.batch.ids)
    pictures = seen(parts, batch.pixels, None if batch.grids is None else batch.grids[: len(batch.grids) // count])
    embeds = parts.embed(batch.ids)
    if len(answers.places):
        embeds = embeds.index_put((answers.rows, answers.places), answers.latents.to(embeds.dtype))
    if blind:
        batch = copy.copy(batch)
        batch.mask = batch.mask.index_put((answers.rows, answers.places), batch.mask.new_zeros(()))
        # Where a token stands does not change by what it may look at.
    states = last_states(parts, batch, _repeated(pictures, count), embeds, at=answers.batch)
    scores = parts.logits(states[:, :-1][answers.chosen]).float()
    scores[:, forbidden(parts, tokens)] = -torch.inf
    likely = (scores / temperature).log_softmax(dim=-1)
    found = torch.zeros(answers.chosen.shape, dtype=likely.dtype, device=likely.device)
    own = likely.gather(-1, batch.ids[:, 1:][answers.chosen][:, None])[:, 0]
    return found.masked_scatter(answers.chosen, own)


def _repeated(pictures: Any, count: int) -> Any:
    """What the vision tower made of one question's pictures, for so many rows."""
    if pictures is None:
        return None
    every = copy.copy(pictures)
    every.pooler_output = tuple(pictures.pooler_output) * count
    deep = getattr(pictures, "deepstack_features", None)
    if deep is not None:
        every.deepstack_features = [tuple(each) * count for each in deep]
    return every


def policy_loss(own: Any, before: Any, chosen: Any, worth: Any, beta: float) -> tuple[Any, Any]:
    """The loss of one group, and its distance to the model before training.

    Answers come from the weights that learn from them, so that the ratio of GRPO is 1 and only its gradient is left.
    The distance is the estimate exp(d) - d - 1 with d = log p_before - log p (K3, Schulman 2020). Both are means over
    the chosen tokens of the group.

    Args:
        own: (G, T) log-probabilities, with gradients.
        before: (G, T) those of the model before training, or None.
        chosen: (G, T) which tokens count.
        worth: (G,) advantages.
        beta: weight of the distance.
    """
    import torch

    count = chosen.sum().clamp(min=1)
    ratio = torch.exp(own - own.detach())
    gain = (ratio * worth[:, None] * chosen).sum() / count
    if before is None:
        return -gain, own.new_zeros(())
    apart = before - own
    distance = ((apart.exp() - apart - 1) * chosen).sum() / count
    return beta * distance - gain, distance.detach()
