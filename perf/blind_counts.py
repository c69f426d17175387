"""Answering visual puzzles by counting: models that see how often each color, shape or size is shown, and not where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from perf.blind_baseline import Floats, Whole
from vtb.puzzles.visual.common.record import VisualRecord


def counted(records: Sequence[VisualRecord]) -> tuple[Floats, Whole]:
    """What is counted of each option of N puzzles, shape (N, options, F), and the number of the right one."""
    names = sorted({name for record in records for name in record.vocabulary})
    features = np.array([[_of_option(record, option, names) for option in record.options] for record in records], float)
    right = np.array([record.options.index(record.values[record.missing]) for record in records])
    return features, right


def _of_option(record: VisualRecord, option: str, names: Sequence[str]) -> list[float]:
    """How often an option, and each word of it, is seen; how that compares; which option it is."""
    seen = Counter(record.seen.values())
    words = Counter(word for value in record.seen.values() for word in value.split())
    counts = [seen[option], *(words[word] for word in (option.split() * 2)[:2])]
    odd = [count % divisor for count in counts for divisor in (2, 3)]
    lead = [counts[0] - extreme(seen[other] for other in record.options) for extreme in (min, max)]
    every = sorted((*seen.values(), *[0] * 9), reverse=True)[:5]
    return [*counts, *odd, *lead, *every, *(float(option == name) for name in names)]
