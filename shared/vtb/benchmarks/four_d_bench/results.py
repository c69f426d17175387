"""The result file of 4D-Bench's released scripts, and the figures that follow from one, which nothing released gives.

``{"OBJECT_NUMBER": {"answer": 2, "correctness": 1}}``. The answer is an option from 1, or -1 where none was read; the
correctness 1 or 0, -1 where no option was read, and -2 where there is no answer. Options are read as the released
scripts read them (``vtb.benchmarks.four_d_bench.released``).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from vtb.benchmarks.common.rows import read_object
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.four_d_bench import NAME, SIZES
from vtb.benchmarks.four_d_bench.questions import category_of
from vtb.benchmarks.registry import Verdict
from vtb.errors import BadInput

FILE = "4d_qa_results.json"


def result_file(verdicts: Sequence[Verdict]) -> bytes:
    """The file of some verdicts; of several answers to a question it has the first."""
    rows = {verdict.key.removeprefix(f"{NAME}-"): _row(verdict) for verdict in reversed(verdicts)}
    return json.dumps(dict(reversed(rows.items())), indent=4).encode()


def _row(verdict: Verdict) -> Mapping[str, int]:
    if verdict.details is None:
        return {"answer": -1, "correctness": -2}
    letter = verdict.details.get("letter")
    if letter is None:  # nothing is read of an empty answer at all
        return {"answer": -1, "correctness": -1}
    return {"answer": LETTERS.index(letter) + 1, "correctness": int(verdict.details["released"])}


def results_table(results: Path, questions: Path) -> Mapping[str, float]:
    """The published columns in per cent, to two digits, from a result file and 4d_qa.json.

    A question that the file does not have counts as wrong, as one whose answer could not be read does.

    Raises:
        BadInput: a file cannot be read, or an entry is no result; the message has its name.
    """
    said, right = read_object(results), dict[str, list[bool]]()
    for name, row in read_object(questions).items():
        words = row.get("Category") if isinstance(row, Mapping) else None
        where = f"{questions}: {name[:60]}"
        right.setdefault(category_of(str(words), where), []).append(
            _is_right(said.get(name), f"{results}: {name[:60]}")
        )
    every = [one for some in right.values() for one in some]
    if not every:
        raise BadInput(f"{questions}: holds no questions")
    shares = {name: right[name] for name in SIZES if name in right}
    return {name: round(100 * sum(some) / len(some), 2) for name, some in {"overall": every, **shares}.items()}


def _is_right(row: object, where: str) -> bool:
    if row is None:
        return False
    if not isinstance(row, Mapping) or row.get("correctness") not in (1, 0, -1, -2):
        raise BadInput(f"{where} has no correctness of 1, 0, -1 or -2: give what the released scripts write")
    return bool(row["correctness"] == 1)
