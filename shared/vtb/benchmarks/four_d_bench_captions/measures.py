"""How alike a caption is to references: BLEU (Papineni et al. 2002) and ROUGE-L (Lin 2004), in the forms of the COCO
caption evaluation, of words as they stand between blanks, as 4D-Bench's scripts take them.
"""  # noqa: D205

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

N = 4
_RECALL = 1.2  # how much more it weighs than precision in ROUGE-L
_TINY, _SMALL = 1e-15, 1e-9  # in place of 0, so that a caption without a common word has a score, too


def grams(words: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    """How often each run of n words occurs."""
    return Counter(tuple(words[start : start + n]) for start in range(len(words) - n + 1))


def bleu(caption: str, references: Sequence[str]) -> tuple[float, ...]:
    """BLEU-1 to BLEU-4 of one caption, 0 to 1; its length is compared with that of the nearest reference."""
    said, known = caption.split(), [reference.split() for reference in references]
    nearest = min((len(one) for one in known), key=lambda length: (abs(length - len(said)), length))
    ratio = (len(said) + _TINY) / (nearest + _SMALL)
    penalty = math.exp(1 - 1 / ratio) if ratio < 1 else 1.0
    found, product = list[float](), 1.0
    for n in range(1, N + 1):
        most = Counter[tuple[str, ...]]()
        for one in known:
            most |= grams(one, n)
        product *= ((grams(said, n) & most).total() + _TINY) / (max(0, len(said) - n + 1) + _SMALL)
        found.append(product ** (1 / n) * penalty)
    return tuple(found)


def rouge_l(caption: str, references: Sequence[str]) -> float:
    """ROUGE-L, 0 to 1: the best precision and the best recall of the longest common run, of any references."""
    said, known = caption.split(), [reference.split() for reference in references]
    common = [_longest_common(said, one) for one in known]
    precision = max((count / len(said) for count in common), default=0.0) if said else 0.0
    recall = max((count / len(one) for count, one in zip(common, known, strict=True) if one), default=0.0)
    if not precision or not recall:
        return 0.0
    return (1 + _RECALL**2) * precision * recall / (recall + _RECALL**2 * precision)


def _longest_common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words two captions have in common in one order, others between them allowed."""
    before = [0] * (len(other) + 1)
    for word in one:
        row = [0]
        for place, theirs in enumerate(other):
            row.append(before[place] + 1 if word == theirs else max(row[place], before[place + 1]))
        before = row
    return before[-1]
