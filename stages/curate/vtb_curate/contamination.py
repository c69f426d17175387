"""What a benchmark holds, so that no puzzle of it is trained on."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

from vtb.artifact import InputEntry
from vtb.errors import BadInput
from vtb.foreign.overlap import overlap_key
from vtb.puzzles import DAMAGE, family_of
from vtb.source import Item, pieces, read_piece

log = logging.getLogger("vtb.curate")


def benchmark_keys(benchmarks: Sequence[InputEntry]) -> frozenset[str]:
    """The keys of all puzzles of some benchmarks, of every split; see ``vtb.foreign.overlap``."""
    keys, silent = set[str](), Counter[str]()
    for entry in benchmarks:
        for piece in pieces(entry):
            for item in read_piece(piece):
                key = _key(item)
                if key is None:
                    silent[str(item.record["task"])] += 1
                else:
                    keys.add(key)
    if silent:
        tasks = ", ".join(f"{task} ({count})" for task, count in sorted(silent.items()))
        log.warning("the benchmark's records of these tasks do not tell which puzzle they are: %s: not checked", tasks)
    log.info("%d puzzles of the benchmark are kept out", len(keys))
    return frozenset(keys)


def _key(item: Item) -> str | None:
    try:
        family_of(item.record).validate(item.record)
        return overlap_key(item.record)
    except DAMAGE as error:
        raise BadInput(f"--benchmark: record {item.key} cannot be used ({error!r}): mend or remove it") from error
