"""Which features of a picture a latent segment stands for: those that the context asks for (ILVR, section 3).

Everything is about one sample: states are (T, D), features of a picture (N, D), all of torch, without gradients.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

Selection = Literal["relevance", "pooled"]
MOST_CANDIDATES = 256  # features of a picture beyond this are pooled into so many groups, L in the released code


@dataclass(frozen=True)
class Chosen:
    """What a segment's latents are taught to be.

    Attributes:
        features: (k, D), k at most K.
        places: which of the picture's groups of features they are, best first; None where all were averaged.
        of: how many groups there were.
    """

    features: Any
    places: list[int] | None
    of: int


def image_weights(queries: Any, keys: Any) -> Any:
    """How much the words look at each token of the pictures.

    w = normalise(mean over heads of mean over words of softmax over picture tokens of q k / sqrt(d)).

    Args:
        queries: (words, heads, d).
        keys: (picture tokens, groups of heads, d); each group serves as many heads as there are per group.

    Returns:
        (picture tokens,), which sum to 1.
    """
    import torch

    keys = keys.repeat_interleave(queries.shape[1] // keys.shape[1], dim=1)
    scores = torch.einsum("qhd,khd->hqk", queries.float(), keys.float()) / math.sqrt(queries.shape[-1])
    weights = scores.softmax(dim=-1).mean(dim=1).mean(dim=0)
    return weights / weights.sum()


def user_context(states: Any, words: Any, pictures: Any, weights: Any) -> Any:
    """The question as one vector: u = (sum of w_j H_j over picture tokens + mean H over words) / 2.

    Args:
        states: (T, D), the teacher's last.
        words: places of the question's words.
        pictures: places of the picture tokens; where there are none, u is the mean of the words.
        weights: of the picture tokens.
    """
    text = states[words].float().mean(dim=0)
    if len(pictures) == 0:
        return text
    return (weights.float() @ states[pictures].float() + text) / 2


def grouped(features: Any, most: int = MOST_CANDIDATES) -> Any:
    """The candidates: the features, or their means in ``most`` groups of neighbours; what is left over is dropped."""
    size = len(features) // most
    if size == 0:
        return features
    return features[: size * most].float().reshape(most, size, -1).mean(dim=1).to(features.dtype)


def choose(candidates: Any, query: Any, most: int, coverage: float, temperature: float) -> list[int]:
    """The candidates that are most like the query, best first.

    Their cosines become probabilities by a softmax; as many are taken as make up the coverage, at most ``most``. At
    temperature 1 cosines give nearly equal probabilities, so that the coverage hardly ever decides; a lower one makes
    it mean something.

    Args:
        candidates: (N, D).
        query: (D,).
        most: K.
        coverage: p, in (0, 1].
        temperature: of the softmax.
    """
    import torch

    scores = torch.nn.functional.cosine_similarity(candidates.float(), query.float()[None], dim=-1)
    # Equal scores keep their order, whatever the machine.
    order = torch.sort(scores, descending=True, stable=True).indices
    probabilities = (scores / temperature).softmax(dim=-1)[order].double()
    enough = int((probabilities.cumsum(dim=0) < coverage - 1e-9).sum()) + 1
    return [int(place) for place in order[: min(enough, most, len(candidates))]]


def pooled(features: Any, count: int) -> Any:
    """The means of ``count`` groups of neighbours, of nearly equal size (Mirage's targets)."""
    import torch

    few = min(count, len(features))
    return torch.nn.functional.adaptive_avg_pool1d(features.float().T[None], few)[0].T.to(features.dtype)
