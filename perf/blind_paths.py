"""Answering mazes by their ends: the path that came most often between them, of all that were seen before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from vtb.puzzles.maze.common.record import CellId

Path = Sequence[CellId]


def commonest_path_rate(paths: Sequence[Path]) -> float:
    """How often that is right in the second half of the paths, for ends seen in the first."""
    half = len(paths) // 2
    between: dict[tuple[CellId, CellId], Counter[tuple[CellId, ...]]] = defaultdict(Counter)
    for path in paths[:half]:
        between[path[0], path[-1]][tuple(path)] += 1
    guess = {ends: counts.most_common(1)[0][0] for ends, counts in between.items()}
    return sum(guess.get((path[0], path[-1])) == tuple(path) for path in paths[half:]) / (len(paths) - half)
