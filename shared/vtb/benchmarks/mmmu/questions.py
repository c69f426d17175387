"""The questions of MMMU as the evaluation script of Qwen2.5-VL reads them: one TSV file, pictures as base64 in it.

Columns: index, question, A, B, ... (empty where there is no such option), answer, category, split, image (a picture, or
a list of them as JSON). A short value in image is the index of another row that has the same picture.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from vtb.benchmarks.common.categories import task_name
from vtb.benchmarks.common.examples import check_keys, example_of, key_of
from vtb.benchmarks.common.listed_options import numbered_pictures
from vtb.benchmarks.common.picture_question import PictureRecord
from vtb.benchmarks.common.rows import MOST_BYTES, not_empty, read_text, words_of
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.mmmu import NAME
from vtb.benchmarks.mmmu.task import TASKS
from vtb.benchmarks.registry import Asking, LeftOut, ShownPicture
from vtb.errors import BadInput

DEV, VALIDATION = "dev", ("validation", "val")
OTHER_SPLIT = "is of the dev split, which is for examples in prompts"
COLUMNS = ("index", "question", "answer", "image")
_LONGEST_INDEX = 64  # characters; no picture in base64 is as short
Row = Mapping[str, str]


def read_published(path: Path) -> list[Asking | LeftOut]:
    """All questions of a file, in its order; where it has a validation split, those of dev are left out.

    Raises:
        BadInput: the file cannot be read, or a row is no question; the message has its number, from 1.
    """
    rows = _rows(path)
    images = {row["index"]: row["image"] for row in rows}
    validated = any(row.get("split") in VALIDATION for row in rows)
    found = list[Asking | LeftOut]()
    for number, row in enumerate(rows, start=1):
        where = f"{path}: row {number}"
        if validated and row.get("split") == DEV:
            found.append(LeftOut(where, OTHER_SPLIT))
        else:
            found.append(_asking(row, images, where))
    check_keys((one.example.key for one in found if isinstance(one, Asking)), path)
    return found


def _rows(path: Path) -> list[Row]:
    csv.field_size_limit(MOST_BYTES)  # a picture is one field
    reader = csv.DictReader(io.StringIO(read_text(path), newline=""), delimiter="\t", restval="")
    try:
        missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
        rows: list[Row] = [] if missing else [dict(row) for row in reader]
    except csv.Error as error:
        raise BadInput(f"{path}: line {reader.line_num}: cannot be read as TSV ({error})") from error
    if missing:
        raise BadInput(f"{path}: has no column {missing[0]}: give the TSV file with {', '.join(COLUMNS)}")
    not_empty(rows, path)
    return rows


def _asking(row: Row, images: Mapping[str, str], where: str) -> Asking:
    pictures = tuple(_pictures(row, images, where))
    options = _options(row, where)
    said = [numbered_pictures(text, len(pictures)) for text in (words_of(row, ("question",), where), *options)]
    if not all(said):
        raise BadInput(f"{where}: names more pictures than the {len(pictures)} that it shows, or says nothing else")
    question, *words = [text for text in said if text]
    answer, category = words_of(row, ("answer",), where), (row.get("category") or "").strip()
    shown = tuple(hashlib.sha256(picture.data or b"").hexdigest()[:16] for picture in pictures)
    record = PictureRecord(
        question=question, options=tuple(words), answer=answer.upper() if options else answer, pictures=shown,
        category=category,
    )  # fmt: skip
    try:
        example = example_of(NAME, TASKS[task_name(NAME, category)], record, key_of(NAME, row["index"]))
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error
    return Asking(example, pictures=pictures)


def _options(row: Row, where: str) -> Sequence[str]:
    """Those that are there, from A on; pandas writes an empty cell as nan."""
    cells = [(row.get(letter) or "").strip() for letter in LETTERS]
    there = [bool(cell) and cell.lower() != "nan" for cell in cells]
    count = there.index(False) if False in there else len(there)
    if any(there[count:]):
        raise BadInput(f"{where} has an option {LETTERS[there.index(True, count)]}, but none {LETTERS[count]}")
    return cells[:count]


def _pictures(row: Row, images: Mapping[str, str], where: str) -> Sequence[ShownPicture]:
    value = row["image"].strip()
    if 0 < len(value) <= _LONGEST_INDEX and value in images:
        value = images[value].strip()
    parts = value.strip("[]").split(",") if value.startswith("[") else [value]
    files = [part.strip().strip("\"'") for part in parts]
    if not all(files):
        raise BadInput(f"{where} shows no picture (image)")
    return [ShownPicture(f"{where}, picture {number}", _decoded(file, where)) for number, file in enumerate(files, 1)]


def _decoded(text: str, where: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"{where}: a picture is no base64 ({error})") from error
