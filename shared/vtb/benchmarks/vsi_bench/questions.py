"""Questions in the form of VSI-Bench, from JSON, JSON lines or parquet, checked one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vtb.benchmarks.common.rows import read_rows
from vtb.benchmarks.registry import Asking
from vtb.benchmarks.vsi_bench import NAME
from vtb.benchmarks.vsi_bench.in_one_piece import in_columns, letter_of, unmarked
from vtb.benchmarks.vsi_bench.metric import asks_for_number, target_number
from vtb.benchmarks.vsi_bench.record import VsiRecord
from vtb.benchmarks.vsi_bench.task import LETTERS, VsiTask
from vtb.errors import BadInput
from vtb.formats.special_tokens import neutral
from vtb.tasks.example import Example, Media, Prompts
from vtb.tasks.task import MODALITIES

# Names of the columns: the benchmark's first, then those of training sets in its form.
_NAMES = {
    "scene": ("scene_name", "scene", "video", "path", "video_filename"),
    "kind": ("question_type", "problem_type"),
    "question": ("question", "problem"),
    "answer": ("ground_truth", "solution", "answer"),
}


@dataclass(frozen=True)
class Question:
    """One question about one video.

    Attributes:
        id: its own, or its number in the file.
        scene: name of the video, with the folder of its dataset where the file says it.
        kind: question type.
        question: in words.
        options: with their letters, as published; empty where a number is asked for.
        answer: a letter, or a number as text.
    """

    id: str
    scene: str
    kind: str
    question: str
    options: tuple[str, ...]
    answer: str

    @property
    def record(self) -> VsiRecord:
        """What its task judges."""
        dataset, _, scene = self.scene.rpartition("/")
        answer = self.answer if asks_for_number(self.kind) else self.answer.upper()
        return VsiRecord(scene=scene, question=self.question, options=self.options, answer=answer, dataset=dataset)

    @property
    def asked(self) -> str:
        """What a model is asked, but for the line that says how to answer."""
        return neutral(VsiTask(self.kind).ask(self.record, "vlm"))


def read_questions(path: Path) -> list[Question]:
    """All questions of a file, in its order.

    Raises:
        BadInput: the file cannot be read, or a row is no question; the message has its number, from 1.
    """
    questions = [_question(row, number, path) for number, row in enumerate(read_rows(path), start=1)]
    if not questions:
        raise BadInput(f"{path}: holds no questions")
    again = len(questions) - len({question.id for question in questions})
    if again:
        raise BadInput(f"{path}: {again} questions have an id that another one has: give each its own")
    return questions


def read_published(path: Path) -> list[Asking]:
    """The benchmark's questions as examples without media.

    Raises:
        BadInput: as ``read_questions``.
    """
    return [Asking(example_of(NAME, one.kind, one.record, f"vsi-{one.id}"), one.scene) for one in read_questions(path)]


def example_of(source: str, kind: str, record: VsiRecord, key: str, media: Sequence[Media] = ()) -> Example:
    """A question as an example.

    Args:
        source: ``vsi-bench``, or who asks in its form.
        kind: question type.
        record: the question.
        key: unique within its artifact.
        media: the frames that it shows.
    """
    task = VsiTask(kind)
    task.validate(record)
    words = Prompts(*(task.ask(record, modality) for modality in MODALITIES))
    return Example(
        key=key, source=source, task=kind, media=tuple(media), prompts=words, answer=record.answer, payload=record
    )


def scenes_of(path: Path) -> set[str]:
    """The names of the scenes that a file asks about, without the folders of datasets."""
    return {question.scene.rpartition("/")[2] for question in read_questions(path)}


def _question(row: Any, number: int, path: Path) -> Question:
    where = f"{path}: row {number}"
    if not isinstance(row, Mapping):
        raise BadInput(f"{where} is no question (columns {', '.join(names[0] for names in _NAMES.values())})")
    row = in_columns(row)
    found = {column: _text(row, names, where) for column, names in _NAMES.items()}
    options = _options(row.get("options"), where)
    try:
        answer = letter_of(unmarked(found["answer"]), options)
        _check_answer(found["kind"], answer, options)
    except BadInput as error:
        raise BadInput(f"{where}: {error}") from error
    folder, scene = row.get("dataset"), found["scene"].removesuffix(".mp4")
    if scene.startswith("/"):  # a place on somebody's machine
        scene = scene.rpartition("/")[2]
    place = f"{folder}/{scene}" if isinstance(folder, str) and folder and "/" not in scene else scene
    name = row.get("id")
    return Question(
        str(number if name is None else name), place, found["kind"], found["question"], options, answer.strip()
    )


def _check_answer(kind: str, answer: str, options: tuple[str, ...]) -> None:
    if asks_for_number(kind):
        target_number(answer)
    elif not options:
        raise BadInput("has no options, though its type is multiple choice")
    elif answer.strip().upper() not in tuple(LETTERS[: len(options)]):
        raise BadInput(f"has the answer {answer[:60]!r}, which is the letter of no option")


def _text(row: Mapping[str, Any], names: Sequence[str], where: str) -> str:
    for name in names:
        value = row.get(name)
        if isinstance(value, list) and len(value) == 1:  # SpaceR's types
            (value,) = value
        if isinstance(value, (str, int, float)) and str(value).strip():
            return str(value)
    raise BadInput(f"{where} has no column {' or '.join(names)}")


def _options(value: Any, where: str) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)) or not all(isinstance(option, str) for option in value):
        raise BadInput(f"{where}: its options are no list of words")
    lettered = all(option[:2] in (f"{letter}.", f"{letter}:") for option, letter in zip(value, LETTERS, strict=False))
    return tuple(value) if lettered else tuple(f"{a}. {b}" for a, b in zip(LETTERS, value, strict=False))
