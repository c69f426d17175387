"""How often a small model picks the right option from the words alone: the check that questions need their video.

A conditional logit (McFadden 1974) over hashed features of each option: its words and pairs of words, how long it is
and how much it shares with the others, alone and together with what the question says: its type, who looks, and about
where the boxes are. Once with all of this, and once with the option and the type alone, which fewer questions suffice
to learn; the better of the two counts. It learns from the questions about every other video and is judged on those
about the rest, then the other way round.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

CHANCE, LEEWAY = 0.25, 0.03
MOST = 5000  # questions of a type that are looked at
TABLE = 1 << 15
PASSES, BATCH, RATE, DECAY = 2, 64, 0.02, 1e-3
SURE = 2.24  # standard errors: 95 % for the better of two
LEAST = 100  # questions of a type of which something can be said
WIDE = 512  # features of an option at most; further ones are left out
_BOX = re.compile(r"\[(\d+),(\d+),(\d+),(\d+)\]")
_SEGMENT = re.compile(r"\(\d+\) ([^.]*)\.")
_BINS = 4


@dataclass(frozen=True)
class BlindQuestion:
    """The words of a question.

    Attributes:
        kind: its type.
        video: the video that it is about.
        words: the question.
        options: four of them.
        right: the place of the right one.
        size: width and height in which its boxes are given.
    """

    kind: str
    video: str
    words: str
    options: tuple[str, ...]
    right: int
    size: tuple[int, int]


@dataclass(frozen=True)
class BlindRate:
    """How often the words alone were enough.

    Attributes:
        questions: that were asked.
        rate: share that was right.
        error: standard error of the share; questions about one video, whose answers come of the same motions, count as
            far as they differ.
    """

    questions: int
    rate: float
    error: float

    @property
    def leaks(self) -> bool:
        """Whether that is more than chance and the leeway, and no luck."""
        return self.rate > CHANCE + LEEWAY and self.rate - SURE * self.error > CHANCE


def blind_rates(questions: Sequence[BlindQuestion]) -> dict[str, BlindRate]:
    """The rate of each type of which there are enough questions, by name."""
    chosen = [one for kind in sorted({q.kind for q in questions}) for one in _of(questions, kind)]
    if not chosen:
        return {}
    halves, right = _halves(chosen), np.array([one.right for one in chosen])
    kinds, videos = np.array([one.kind for one in chosen]), np.array([one.video for one in chosen])
    every = [_hits([_features(one, alone) for one in chosen], right, halves) for alone in (False, True)]
    found = {}
    for kind in np.unique(kinds).tolist():
        own = kinds == kind
        found[kind] = max((_rate(hits[own], videos[own]) for hits in every), key=lambda rate: rate.rate)
    return found


def _hits(
    features: Sequence[NDArray[np.int64]], right: NDArray[np.int64], halves: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which questions are right when each half is judged by what the other has taught."""
    table, hits = np.stack(features), np.zeros(len(right), np.bool_)
    for half in (0, 1):
        weights = _learn(table[halves != half], right[halves != half])
        hits[halves == half] = _scores(weights, table[halves == half]).argmax(axis=1) == right[halves == half]
    return hits


def _of(questions: Sequence[BlindQuestion], kind: str) -> list[BlindQuestion]:
    found = [one for one in questions if one.kind == kind][:MOST]
    return found if len(found) >= LEAST else []


def _halves(questions: Sequence[BlindQuestion]) -> NDArray[np.int64]:
    """0 or 1 for each question, by its video."""
    numbers = {video: number for number, video in enumerate(sorted({one.video for one in questions}))}
    return np.array([numbers[one.video] % 2 for one in questions])


def _rate(hits: NDArray[np.bool_], videos: NDArray[np.str_]) -> BlindRate:
    """With the error of a mean over videos (Cochran 1977, 9.3), or that of single questions, if it is larger."""
    rate = float(hits.mean())
    alone = max(rate * (1 - rate), CHANCE * (1 - CHANCE)) / len(hits)
    sums = np.bincount(np.unique(videos, return_inverse=True)[1], weights=hits - rate)
    return BlindRate(len(hits), rate, max(alone, float(sums @ sums) / len(hits) ** 2) ** 0.5)


def _features(question: BlindQuestion, alone: bool) -> NDArray[np.int64]:
    """Places in the table of weights, (4, WIDE), of options alone or with what the question says; 0 stands for none."""
    said = [question.kind] if alone else [question.kind, *_told(question)]
    segments = [_SEGMENT.findall(option) or [option] for option in question.options]
    rows = np.zeros((len(segments), WIDE), np.int64)
    for place, row in enumerate(rows):
        own = list(_own(segments, place))
        names = [*own, *(f"{one}&{fact}" for fact in said for one in own)]
        found = sorted({1 + zlib.crc32(name.encode()) % (TABLE - 1) for name in names})[:WIDE]
        row[: len(found)] = found
    return rows


def _told(question: BlindQuestion) -> Iterator[str]:
    """What the question tells: who looks, and about where each box is and how large."""
    yield re.sub(r"[\d.]+s?", "", question.words.partition("perspective of the ")[2].split(" ", 1)[0])
    for number, match in enumerate(_BOX.finditer(question.words)):
        left, top, right, bottom = (float(side) for side in match.groups())
        yield f"x{number}={min(_BINS - 1, int(_BINS * (left + right) / 2 / question.size[0]))}"
        yield f"h{number}={min(_BINS - 1, int(2 * _BINS * (bottom - top) / question.size[1]))}"


def _own(segments: Sequence[Sequence[str]], place: int) -> Iterator[str]:
    """What an option is, beside the others."""
    mine, others = segments[place], [one for number, one in enumerate(segments) if number != place]
    yield f"length={min(len(mine), 9)}"
    yield f"longer than {sum(len(mine) > len(one) for one in others)}"
    yield f"begins like {sum(mine[0] == one[0] for one in others)}"
    yield f"ends like {sum(mine[-1] == one[-1] for one in others)}"
    yield f"shares={sum(len(set(mine) & set(one)) for one in others) // len(mine)}"
    yield f"first={mine[0]}"
    yield f"last={mine[-1]}"
    yield from (f"has={one}" for one in mine[:6])
    yield from (f"word={one}" for segment in mine[:6] for one in segment.split("|"))
    yield from (f"pair={one}>{other}" for one, other in pairwise(mine[:6]))


def _scores(weights: NDArray[np.float64], features: NDArray[np.int64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = weights[features].sum(axis=-1)
    return found


def _learn(features: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
    """Weights (TABLE,) by Adagrad over batches in a fixed order."""
    weights, squares = np.zeros(TABLE), np.full(TABLE, 1e-8)
    order = np.random.default_rng(0)
    for _ in range(PASSES):
        for batch in np.array_split(order.permutation(len(features)), max(1, len(features) // BATCH)):
            gradient = _gradient(weights, features[batch], right[batch]) + DECAY * weights
            gradient[0] = 0.0
            squares += gradient * gradient
            weights -= RATE * gradient / np.sqrt(squares)
    return weights


def _gradient(
    weights: NDArray[np.float64], features: NDArray[np.int64], right: NDArray[np.int64]
) -> NDArray[np.float64]:
    scores = _scores(weights, features)
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    chances[np.arange(len(right)), right] -= 1
    spread = np.broadcast_to(chances[..., None], features.shape) / len(right)
    return np.asarray(np.bincount(features.ravel(), weights=spread.ravel(), minlength=TABLE), np.float64)
