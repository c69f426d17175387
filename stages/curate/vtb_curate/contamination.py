"""What a benchmark holds, so that no puzzle of it is trained on."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence

from vtb.artifact import InputEntry
from vtb.benchmarks.videothinkbench.decontamination import overlap_keys
from vtb.datasets.readers import chunks, read_chunk
from vtb.errors import BadInput
from vtb.tasks.registry import task_of

log = logging.getLogger("vtb.curate")


def benchmark_keys(benchmarks: Sequence[InputEntry]) -> frozenset[str]:
    """The keys of all puzzles of some benchmarks, of every split (``decontamination``).

    Raises:
        BadInput: no record of them can be used.
    """
    keys, silent, known, odd = set[str](), Counter[str](), 0, list[str]()
    for entry in benchmarks:
        for chunk in chunks(entry):
            for loaded in read_chunk(chunk, odd=odd):
                found = overlap_keys(task_of(loaded.example), loaded.example)
                keys |= found
                known += bool(found)
                silent[loaded.example.task] += not found
    if odd and not (known or silent):
        raise BadInput(odd[0])
    if odd:
        log.warning("%d records of the benchmark cannot be used: not checked; the first: %s", len(odd), odd[0])
    if silent.total():
        tasks = ", ".join(f"{task} ({count})" for task, count in sorted(silent.items()) if count)
        log.warning("the benchmark's records of these tasks do not tell which puzzle they are: %s: not checked", tasks)
    if benchmarks:
        log.info("%d puzzles of the benchmark are looked for", known)
    return frozenset(keys)
