"""Means over the kinds of questions of a benchmark."""

from __future__ import annotations

from collections.abc import Mapping


def by_sizes(scores: Mapping[str, float], sizes: Mapping[str, int], weighted: str) -> dict[str, float]:
    """The kinds that are there, and before them, where all are, their means: ``weighted`` by sizes, and ``macro``."""
    found = {name: scores[name] for name in sizes if name in scores}
    if len(found) < len(sizes):
        return found
    mean = sum(sizes[name] * score for name, score in found.items()) / sum(sizes.values())
    return {weighted: mean, "macro": sum(found.values()) / len(found), **found}
