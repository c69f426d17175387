"""Published questions about moving things as examples; raw lines of a language model become options and letters."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from vtb.benchmarks.common.examples import example_of, key_of
from vtb.benchmarks.common.listed_options import listed_options
from vtb.benchmarks.common.picture_question import PictureRecord
from vtb.benchmarks.common.rows import not_empty, words_of
from vtb.benchmarks.common.stated_words import option_alone, statement
from vtb.benchmarks.common.video_question import option_words, video_name
from vtb.benchmarks.dsr_bench import SIZES
from vtb.benchmarks.dsr_bench.questions import options_of
from vtb.benchmarks.dynamic import BENCHMARK, CUT, NAME
from vtb.benchmarks.registry import Asking
from vtb.errors import BadInput
from vtb.tasks.example import Example
from vtb_prepare.dynamic_forms import columns_of, read_forms

FREE = "non_temp"  # the type of questions without one
# Names of the columns, in lower case: those of the DSR Suite first, then others that such sets have.
_NAMES = {
    "video": ("videoid", "video", "video_id", "video_path"),
    "question": ("question", "problem"),
    "answer": ("correct", "answer", "solution", "ground_truth"),
}
_COLUMNS = "ABCDEFGH"  # those of options; a column I is no option
_TYPES = ("type", "task_type", "question_type")
_MARK = re.compile(r"(?:\([A-I]\)|[A-I][.:)])\s")


def read_questions(path: Path) -> tuple[list[Asking], list[str]]:
    """The questions that can be used, and what is wrong with each of the others, by its number.

    Raises:
        BadInput: the file cannot be read, or holds nothing.
    """
    rows = read_forms(path)
    not_empty(rows, path)
    good, bad = list[Asking](), list[str]()
    for number, (where, row) in enumerate(rows, start=1):
        try:
            good.append(_asking(columns_of(row, where), number, where))
        except BadInput as error:
            bad.append(str(error))
    return good, bad


def bare_name(video: str) -> str:
    """The name of a video without folders; of one that was cut before its end that of the whole."""
    return video.rpartition("/")[2].removesuffix(CUT)


def _asking(row: Mapping[str, Any], number: int, where: str) -> Asking:
    place, question, answer = (words_of(row, names, where) for names in _NAMES.values())
    name = video_name(place, where)
    options, listed = _options(row, question, where)
    record = PictureRecord(
        question=question, options=options, listed=listed, answer=_letter(answer, options, where),
        pictures=(bare_name(name),), category=_kind(row, where),
    )  # fmt: skip
    return Asking(_example(record, number, where), name)


def _example(record: PictureRecord, number: int, where: str) -> Example:
    try:
        msgspec.json.decode(msgspec.json.encode(record), type=PictureRecord)  # as the reward will read it
        return example_of(NAME, BENCHMARK.tasks()[record.category], record, key_of(NAME, str(number)))
    except (BadInput, msgspec.ValidationError) as error:
        raise BadInput(f"{where}: {error}") from error


def _kind(row: Mapping[str, Any], where: str) -> str:
    kind = str(next((row[name] for name in _TYPES if row.get(name) not in (None, "")), FREE))
    if kind not in SIZES:
        raise BadInput(f"{where} has the type {kind[:60]!r}: there are {', '.join(SIZES)}")
    return kind


def _options(row: Mapping[str, Any], question: str, where: str) -> tuple[tuple[str, ...], bool]:
    """The words of the options, and whether those of the question list them already."""
    letters = [letter for letter in _COLUMNS if row.get(letter.lower()) is not None]
    if letters != list(_COLUMNS[: len(letters)]):
        raise BadInput(f"{where} has options {', '.join(letters)}: give one for each letter from A on")
    if letters:
        columns = [row[letter.lower()] for letter in letters]
        return _words(options_of({"options": columns}, where), where), False
    if row.get("options") is not None or row.get("candidates") is not None:
        return _words(options_of(row, where), where), False
    if found := listed_options(question):
        return found, True
    raise BadInput(f"{where} has no options: no columns A to D, no column options, and none listed in its question")


def _words(options: Sequence[str], where: str) -> tuple[str, ...]:
    """Without the letters before them; such a letter that is left would be one of another option.

    Raises:
        BadInput: some have letters and some have not, or not in their order.
    """
    words = option_words(options, where)
    odd = next((one for one in words if _MARK.match(one)), None)
    if odd is not None:
        raise BadInput(f"{where}: its option {odd[:60]!r} begins with a letter, which not all have in their order")
    return words


def _letter(answer: str, options: Sequence[str], where: str) -> str:
    """The option that an answer states, and nothing beside it: by its letter, its words, or both.

    Raises:
        BadInput: it states none.
    """
    stated = statement(answer)  # it ends with a sentence, which an option of several does not
    letter = option_alone(answer, options) or (stated and option_alone(stated, options))
    if not letter:
        raise BadInput(f"{where}: its answer {answer[:60]!r} is none of its {len(options)} options")
    return letter
