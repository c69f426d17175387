"""Whether latents matter: the same questions answered with latents taken away, or with others in their place.

If answers stay as good, the latents are inert, whatever their similarity to pictures was in training.
"""

from __future__ import annotations

from typing import Any, Literal

from vtb.latent.decoding import Change, Mode, Thoughts, generate
from vtb.latent.parts import Parts
from vtb.latent.tokens import LatentTokens

Ablation = Literal["dropped", "noise", "shuffled", "forbidden"]
# Dropped: segments are empty. Noise: normal vectors of the same length. Shuffled: the latents of another question of
# the batch. Forbidden: no segment begins.
ABLATIONS: tuple[Ablation, ...] = ("dropped", "noise", "shuffled", "forbidden")


def answer_without(
    parts: Parts, inputs: Any, tokens: LatentTokens, thoughts: Thoughts, which: Ablation, seed: int,
    mode: Mode = "auto", **settings: Any,
) -> Any:  # fmt: skip
    """New tokens (B, T) of a batch whose answers had the given latents.

    Args:
        parts: the model.
        inputs: what the processor made of the prompts.
        tokens: of latent segments.
        thoughts: the latents of the answers as they were.
        which: what is done to them.
        seed: of the noise.
        mode: as of the answers.
        settings: of transformers' ``generate``.
    """
    if which == "forbidden":
        return generate(parts, inputs, tokens, "forbid", **settings)[0]
    if which == "dropped":
        return generate(parts, inputs, tokens, mode, size=0, **settings)[0]
    change = noise(seed) if which == "noise" else others(thoughts)
    return generate(parts, inputs, tokens, mode, change=change, **settings)[0]


def noise(seed: int) -> Change:
    """Normal vectors, each as long as the latent in whose place it is."""
    import torch

    chance = torch.Generator().manual_seed(seed % 2**63)

    def change(_rows: Any, latents: Any) -> Any:
        drawn = torch.randn(latents.shape, generator=chance).to(latents.device)
        return drawn * (latents.float().norm(dim=-1, keepdim=True) / drawn.norm(dim=-1, keepdim=True))

    return change


def donors(thoughts: Thoughts) -> dict[int, int]:
    """Whose latents each row gets: those of the next row that has any; none for a row that is alone in having some."""
    having = [row for row, found in enumerate(thoughts.found) if found]
    if len(having) < 2:
        return {}
    return {row: having[(place + 1) % len(having)] for place, row in enumerate(having)}


def others(thoughts: Thoughts) -> Change:
    """The latents of another row in their order; a row without a donor keeps its own."""
    import torch

    donor = donors(thoughts)
    given = dict.fromkeys(range(len(thoughts.found)), 0)

    def change(rows: Any, latents: Any) -> Any:
        found = []
        for row, own in zip(rows.tolist(), latents, strict=True):
            there = thoughts.found[donor[row]] if row in donor else []
            found.append(there[given[row] % len(there)].to(own.device) if there else own)
            given[row] += 1
        return torch.stack(found)

    return change
