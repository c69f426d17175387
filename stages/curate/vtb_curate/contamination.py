"""What a benchmark holds, so that no puzzle of it is trained on."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

from vtb.artifact import InputEntry
from vtb.benchmarks.videothinkbench.decontamination import overlap_keys
from vtb.datasets.readers import Example, chunks, read_chunk
from vtb.errors import BadInput
from vtb.puzzles import DAMAGE, family_of

log = logging.getLogger("vtb.curate")


def benchmark_keys(perf: Sequence[InputEntry]) -> frozenset[str]:
    """The keys of all puzzles of some perf, of every split; see ``vtb.benchmarks.videothinkbench.decontamination``."""
    keys, silent, known = set[str](), Counter[str](), 0
    for entry in perf:
        for chunk in chunks(entry):
            for example in read_chunk(chunk):
                found = _keys(example)
                keys |= found
                known += bool(found)
                silent[str(example.record["task"])] += not found
    if silent.total():
        tasks = ", ".join(f"{task} ({count})" for task, count in sorted(silent.items()) if count)
        log.warning("the benchmark's records of these tasks do not tell which puzzle they are: %s: not checked", tasks)
    if perf:
        log.info("%d puzzles of the benchmark are looked for", known)
    return frozenset(keys)


def _keys(example: Example) -> set[str]:
    try:
        family_of(example.record).validate(example.record)
        return overlap_keys(example.record)
    except (BadInput, *DAMAGE) as error:
        raise BadInput(f"--benchmark: record {example.key[:100]} cannot be used ({error}): fix or remove it") from error
