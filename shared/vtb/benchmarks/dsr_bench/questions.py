"""The questions of DSR-Bench: the released parquet file, or the TSV file that VLMEvalKit distributes.

Parquet: videoID, question, options (a list), answer (a letter), type. TSV: index, video, question, options (a list in
one cell), answer, task_type.
"""

from __future__ import annotations

import ast
import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.benchmarks.common.examples import check_keys, example_of, key_of
from vtb.benchmarks.common.picture_question import PictureRecord
from vtb.benchmarks.common.rows import not_empty, read_rows, read_text, words_of
from vtb.benchmarks.common.video_question import option_words, video_name
from vtb.benchmarks.dsr_bench import NAME, SIZES
from vtb.benchmarks.dsr_bench.task import DsrTask
from vtb.benchmarks.registry import Asking
from vtb.errors import BadInput


def read_published(path: Path) -> list[Asking]:
    """All questions of a file, in its order.

    Raises:
        BadInput: the file cannot be read, or a row is no question; the message has its number, from 1.
    """
    rows = _tsv(path) if path.suffix == ".tsv" else read_rows(path)
    found = [_asking(row, number, f"{path}: row {number}") for number, row in enumerate(rows, start=1)]
    not_empty(found, path)
    check_keys((one.example.key for one in found), path)
    return found


def _tsv(path: Path) -> Sequence[Mapping[str, Any]]:
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), delimiter="\t", restval="")
    try:
        return [dict(row) for row in reader]
    except csv.Error as error:
        raise BadInput(f"{path}: line {reader.line_num}: cannot be read as TSV ({error})") from error


def _asking(row: Any, number: int, where: str) -> Asking:
    question, answer = words_of(row, ("question",), where), words_of(row, ("answer",), where)
    kind, place = words_of(row, ("type", "task_type"), where), words_of(row, ("videoID", "video"), where)
    if kind not in SIZES:
        raise BadInput(f"{where} has the type {kind[:60]!r}: DSR-Bench has {', '.join(SIZES)}")
    record = PictureRecord(
        question=question, options=option_words(options_of(row, where), where), answer=answer.strip("() .").upper(),
        pictures=(video_name(place, where),), category=kind,
    )  # fmt: skip
    name = row.get("index")
    try:
        example = example_of(NAME, DsrTask(kind), record, key_of(NAME, str(number if name is None else name)))
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error
    return Asking(example, record.pictures[0])


def options_of(row: Mapping[str, Any], where: str) -> Sequence[str]:
    """The options of a row: a list, or its text in a cell as Python or JSON writes it, or a line for each.

    Raises:
        BadInput: there are none.
    """
    value = row.get("options", row.get("candidates"))
    if isinstance(value, str) and value.lstrip().startswith("["):
        try:
            value = ast.literal_eval(value.strip())
        except (ValueError, SyntaxError, RecursionError, MemoryError) as error:  # their words may hold addresses
            raise BadInput(f"{where}: its options are no list as Python or JSON writes it") from error
    elif isinstance(value, str):
        value = value.strip().split("\n")
    if not isinstance(value, (list, tuple)) or not all(isinstance(one, str) for one in value):
        raise BadInput(f"{where}: its options are no list of words (options)")
    return value
