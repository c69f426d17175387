"""The questions of VLM4D: real_mc.json and synthetic_mc.json, or the rows of both in one file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vtb.benchmarks.common.examples import check_keys, example_of, key_of
from vtb.benchmarks.common.picture_question import PictureRecord
from vtb.benchmarks.common.rows import not_empty, read_rows, words_of
from vtb.benchmarks.common.stated_words import LETTERS
from vtb.benchmarks.common.video_question import option_words, video_name
from vtb.benchmarks.registry import Asking
from vtb.benchmarks.vlm4d import NAME
from vtb.benchmarks.vlm4d.task import Vlm4dTask
from vtb.errors import BadInput

LAST_EXO = 922  # the released statistics tell ego from exo by the number in the id


def read_published(path: Path) -> list[Asking]:
    """All questions of a file, in its order.

    Raises:
        BadInput: the file cannot be read, or a row is no question; the message has its number, from 1.
    """
    found = [_asking(row, path, f"{path}: row {number}") for number, row in enumerate(read_rows(path), start=1)]
    not_empty(found, path)
    check_keys((one.example.key for one in found), path)
    return found


def kind_of(synthetic: bool, id_: str, answer: str, where: str) -> str:
    """The kind by which the released statistics (acc_final_statistics.py) count a question.

    Of synthetic videos one whose answer is no, or begins so, is about something that does not happen: a false positive.

    Raises:
        BadInput: the id of a question about a real video has no number.
    """
    if synthetic:
        no = answer.strip().lower()
        return "synthetic_fp" if no == "no" or no.startswith("no ") else "synthetic_directional"
    number = re.search(r"(\d{1,9})$", id_)
    if number is None:
        raise BadInput(f"{where} has the id {id_[:60]!r}, without the number that tells ego from exo: leave ids as are")
    return "real_exo" if int(number[1]) <= LAST_EXO else "real_ego"


def _asking(row: Any, path: Path, where: str) -> Asking:
    id_, place, question, answer = (words_of(row, (name,), where) for name in ("id", "video", "question", "answer"))
    synthetic = _synthetic(place, path, where)
    options = _options(row, where)
    record = PictureRecord(
        question=question, options=options, answer=_letter(options, answer, where),
        pictures=(video_name(place, where),), category="synthetic" if synthetic else "real",
    )  # fmt: skip
    task = Vlm4dTask(kind_of(synthetic, id_, answer, where))
    try:
        example = example_of(NAME, task, record, key_of(NAME, f"{record.category}-{id_}"))
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error
    return Asking(example, record.pictures[0])


def _synthetic(place: str, path: Path, where: str) -> bool:
    """By the place of the video, else by the name of the file: the ids of both files are the same."""
    for said in (place.lower(), path.name.lower()):
        if "synth" in said:
            return True
        if "real" in said or any(name in said for name in ("davis", "ego4d", "youtube")):
            return False
    raise BadInput(f"{where}: nothing says whether its video is real or synthetic: name the file real_mc.json or "
                   "synthetic_mc.json")  # fmt: skip


def _options(row: Mapping[str, Any], where: str) -> tuple[str, ...]:
    choices = row.get("choices")
    if not isinstance(choices, Mapping):
        raise BadInput(f"{where} has no options by letter (choices)")
    there = {letter: words for letter, words in choices.items() if words is not None}  # as parquet fills them up
    letters = list(LETTERS[: len(there)])
    if sorted(there) != letters or not all(isinstance(one, (str, int, float)) for one in there.values()):
        raise BadInput(f"{where}: its options are not words by the letters A, B, ... (choices)")
    return option_words([str(there[letter]) for letter in letters], where)


def _letter(options: tuple[str, ...], answer: str, where: str) -> str:
    """The answer is published as the words of an option; of two in the same words, as row 633 has, it is the first."""
    if answer.strip() not in options:
        raise BadInput(f"{where} has the answer {answer[:60]!r}, which is none of its options")
    return LETTERS[options.index(answer.strip())]
