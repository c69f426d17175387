"""The statistics of VLM4D over judged answers in the form that was released with it (``processed_outputs``)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vtb.benchmarks.common.rows import read_rows, words_of
from vtb.benchmarks.vlm4d.questions import kind_of
from vtb.errors import BadInput


def judged_table(real: Path, synthetic: Path) -> Mapping[str, float]:
    """The published columns of a model in per cent, to two digits, from its two files of judged answers.

    Raises:
        BadInput: a file cannot be read, or a row is no judged answer; the message has its number, from 1.
    """
    kinds: dict[str, list[bool]] = {}
    for path in (real, synthetic):
        for number, row in enumerate(read_rows(path), start=1):
            where = f"{path}: row {number}"
            id_, answer = (words_of(row, (name,), where) for name in ("id", "ground_truth_answer"))
            correct = row.get("correct")
            if not isinstance(correct, bool):
                raise BadInput(f"{where} does not say whether it is right (correct): give the judged answers")
            kinds.setdefault(kind_of(path is synthetic, id_, answer, where), []).append(correct)
    every = {
        **kinds,
        **{half: [right for kind in kinds if kind.startswith(half) for right in kinds[kind]]
           for half in ("real", "synthetic")},
        "overall": [right for some in kinds.values() for right in some],
    }  # fmt: skip
    return {column: round(100 * sum(some) / len(some), 2) for column, some in every.items() if some}
