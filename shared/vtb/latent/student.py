"""The student: what one batch costs it in words and in latents.

Stage 1 (ILVR, section 3): where latents stand, the teacher's features go in, and the state before each should point
where it points: L = a CE + b (1 - mean over latents of cos(h_(t-1), z_t + 0.01 e)), e normal. Stage 2: what goes in is
the model's own state before, and words alone are learned.
"""

from __future__ import annotations

from typing import Any

from vtb.latent.parts import Parts, last_states, places, seen
from vtb.latent.selection import Chosen
from vtb.latent.sequences import IGNORED, Batch
from vtb.latent.teacher import Teacher, segments_of
from vtb.latent.tokens import LatentTokens
from vtb.rng import sample_seed

NOISE = 0.01  # of a target, in the released code


def make_student(
    model: Any, parts: Parts, tokens: LatentTokens | None, teacher: Teacher | None, *, stage: int, seed: int,
    word_weight: float, latent_weight: float, vision_frozen: bool,
) -> Any:  # fmt: skip
    """A module from a batch to its loss and the figures of it.

    Args:
        model: with what is trained in it marked.
        parts: of it.
        tokens: of latent segments; without them, words alone are learned.
        teacher: of stage 1.
        stage: 1 or 2.
        seed: of the targets' noise.
        word_weight: of the cross-entropy.
        latent_weight: of the similarity.
        vision_frozen: whether the vision tower needs no gradient.
    """
    import torch

    class Student(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model
            self.last: list[list[Chosen]] = []  # of the last batch, for those who want to look at them

        def forward(self, batch: Batch) -> tuple[Any, dict[str, float]]:
            with torch.set_grad_enabled(torch.is_grad_enabled() and not vision_frozen):
                pictures = seen(parts, batch.pixels, batch.grids)
            if tokens is None:
                states = last_states(parts, batch, pictures, parts.embed(batch.ids))
                words = word_loss(parts, states, batch.labels)
                return words, {"loss": float(words.detach()), "loss_words": float(words.detach())}
            if stage == 2:
                words = word_loss(parts, own_states(parts, batch, pictures, tokens), batch.labels)
                return words, {"loss": float(words.detach()), "loss_words": float(words.detach())}
            assert tokens is not None
            assert teacher is not None
            # A tower that is trained is another one for the teacher.
            self.last = teacher.targets(batch, pictures if vision_frozen else None)
            return self._taught(batch, pictures, tokens)

        def _taught(self, batch: Batch, pictures: Any, tokens: LatentTokens) -> tuple[Any, dict[str, float]]:
            embeds, taught = with_latents(parts.embed(batch.ids), batch, self.last, tokens)
            states = last_states(parts, batch, pictures, embeds)
            words = word_loss(parts, states, batch.labels)
            alike = similarity(states, taught, batch, seed)
            latents = 1 - alike.mean() if len(alike) else words.new_zeros(())
            loss = word_weight * words + latent_weight * latents
            found = {"loss": loss, "loss_words": words}
            if len(alike):
                found["loss_latents"] = latents
                orders = sorted(set(taught.order.tolist()))
                found |= {f"similarity_{k + 1}": alike[taught.order == k].mean() for k in orders}
            return loss, {name: float(value.detach()) for name, value in found.items()}

    return Student()


class Taught:
    """The latents of a batch that are taught: the rows, the places and the order in their segments, and (n, D)."""

    def __init__(self, rows: Any, places: Any, order: Any, features: Any) -> None:
        """All tensors of one length."""
        self.rows, self.places, self.order, self.features = rows, places, order, features


def with_latents(embeds: Any, batch: Batch, chosen: list[list[Chosen]], tokens: LatentTokens) -> tuple[Any, Taught]:
    """Put what was chosen where the latents are; places that are left over keep the token's embedding."""
    import torch

    rows, at, order, features = list[int](), list[int](), list[int](), []
    for row, (ids, found) in enumerate(zip(batch.ids.tolist(), chosen, strict=True)):
        for segment, one in zip(segments_of(ids, tokens), found, strict=True):
            count = len(one.features)
            rows += [row] * count
            at += list(segment[:count])
            order += range(count)
            features.append(one.features)
    made = torch.tensor([rows, at, order], dtype=torch.long, device=embeds.device)
    every = torch.cat(features) if features else embeds.new_zeros(0, embeds.shape[-1])
    taught = Taught(made[0], made[1], made[2], every.to(embeds.dtype))
    return embeds.index_put((taught.rows, taught.places), taught.features), taught


def similarity(states: Any, taught: Taught, batch: Batch, seed: int) -> Any:
    """cos(h_(t-1), z_t + 0.01 e) of each latent; the noise depends on the sample alone."""
    import torch

    before = states[taught.rows, taught.places - 1].float()
    noise = torch.zeros_like(before, device="cpu")
    for row, number in enumerate(batch.numbers):
        own = (taught.rows == row).nonzero().flatten().cpu()
        chance = torch.Generator().manual_seed(sample_seed(seed, "latent-noise", number) % 2**63)
        noise[own] = torch.randn(len(own), before.shape[-1], generator=chance)
    target = taught.features.float() + NOISE * noise.to(before.device)
    return torch.nn.functional.cosine_similarity(before, target, dim=-1)


def word_loss(parts: Parts, states: Any, labels: Any) -> Any:
    """The mean cross-entropy of the labels; scores are made only where there is one."""
    import torch

    learned = labels[:, 1:] != IGNORED
    logits = parts.logits(states[:, :-1][learned]).float()
    return torch.nn.functional.cross_entropy(logits, labels[:, 1:][learned])


def own_states(parts: Parts, batch: Batch, pictures: Any, tokens: LatentTokens) -> Any:
    """(B, T, D) last states where each latent is the state before it, row by row with a cache.

    Gradients flow through the latents, as if everything had been computed again for each.
    """
    import torch

    positions = places(parts, batch)
    embeds = parts.embed(batch.ids)
    rows, left = [], None if pictures is None else list(pictures.pooler_output)
    for row in range(len(batch.ids)):
        own = _of_row(parts, batch, row, pictures, left)
        length = int(batch.mask[row].sum())
        states = _one_row(parts, batch.ids[row, :length], embeds[row, :length], positions[:, row, :length], own, tokens)
        rows.append(torch.nn.functional.pad(states, (0, 0, 0, batch.ids.shape[1] - length)))
    return torch.stack(rows)


def _one_row(parts: Parts, ids: Any, embeds: Any, positions: Any, pictures: Any, tokens: LatentTokens) -> Any:
    import torch
    from transformers import DynamicCache

    cache = DynamicCache(config=parts.inner.language_model.config)
    found: list[Any] = []

    def read(what: Any, start: int, more: dict[str, Any]) -> Any:
        at = positions[:, None, start : start + what.shape[0]]
        out = parts.inner(
            inputs_embeds=what[None], position_ids=at, past_key_values=cache, use_cache=True, **more
        ).last_hidden_state[0]
        found.append(out)
        return out[-1]

    begins = 0
    for segment in segments_of(ids.tolist(), tokens):
        first = {} if pictures is None or begins else {"mm_encoder_outputs": {"image": pictures}}
        state = read(embeds[begins : segment.start], begins, first)
        for place in segment:
            state = read(state[None], place, {})
        begins = segment.stop
    first = {} if pictures is None or begins else {"mm_encoder_outputs": {"image": pictures}}
    read(embeds[begins:], begins, first)
    return torch.cat(found)


def _of_row(parts: Parts, batch: Batch, row: int, pictures: Any, left: list[Any] | None) -> Any:
    """What the vision tower made of one row's pictures, taken from that of all."""
    import copy

    if left is None or pictures is None:
        return None
    tokens = int(batch.kinds[row].sum())
    taken, start = [], len(pictures.pooler_output) - len(left)
    while tokens > 0:
        taken.append(left.pop(0))
        tokens -= len(taken[-1])
    if not taken:
        return None
    own = copy.copy(pictures)
    own.pooler_output = tuple(taken)
    deep = getattr(pictures, "deepstack_features", None)
    if deep is not None:
        own.deepstack_features = [each[start : start + len(taken)] for each in deep]
    return own
