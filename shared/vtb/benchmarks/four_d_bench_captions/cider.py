"""CIDEr-D (Vedantam et al. 2015, section 6): how alike captions are to references in words rare among these."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence

from vtb.benchmarks.four_d_bench_captions.measures import N, grams

_SPREAD = 6.0  # of lengths, in words
_WORD = re.compile(r"[\w'-]+")
Gram = tuple[str, ...]
Vector = dict[Gram, float]


def cider(captions: Sequence[str], references: Sequence[Sequence[str]]) -> list[float]:
    """The score of each caption, 0 to 10, by the document frequencies of all the references.

    Args:
        captions: one for each thing.
        references: several for each.
    """
    said = [_words(caption) for caption in captions]
    known = [[_words(one) for one in some] for some in references]
    documents = Counter(gram for some in known for gram in {gram for one in some for gram in _all_grams(one)})
    weight = {gram: math.log(len(known)) - math.log(count) for gram, count in documents.items()}
    rarest = math.log(len(known)) if known else 0.0
    return [_score(one, some, weight, rarest) for one, some in zip(said, known, strict=True)]


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _all_grams(words: Sequence[str]) -> Counter[Gram]:
    return sum((grams(words, n) for n in range(1, N + 1)), Counter[Gram]())


def _score(said: Sequence[str], known: Sequence[Sequence[str]], weight: Vector, rarest: float) -> float:
    total = 0.0
    for one in known:
        near = math.exp(-((len(said) - len(one)) ** 2) / (2 * _SPREAD**2))
        total += near * sum(
            _cosine(*(_vector(words, n, weight, rarest) for words in (said, one))) for n in range(1, N + 1)
        )
    return 10 * total / (N * max(1, len(known)))


def _vector(words: Sequence[str], n: int, weight: Vector, rarest: float) -> Vector:
    return {gram: count * weight.get(gram, rarest) for gram, count in grams(words, n).items()}


def _cosine(said: Vector, known: Vector) -> float:
    """Of two vectors; what is said more often than in the reference counts no more than there."""
    lengths = math.sqrt(sum(value**2 for value in said.values())) * math.sqrt(sum(v**2 for v in known.values()))
    return sum(min(value, known[gram]) * known[gram] for gram, value in said.items() if gram in known) / (lengths or 1)
