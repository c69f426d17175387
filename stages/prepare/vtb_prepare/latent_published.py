"""Published rows with helper pictures, in each of their forms, as rows of one form.

Words of others are data: marks of chat templates and engines in them are broken by a blank, as everywhere here. Only
the marks of latent places are refused, since a row that has them has been made into a training sequence already.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from vtb.errors import BadInput
from vtb.formats.special_tokens import neutral
from vtb_prepare.latent_rows import Step, helpers, latent_step, text_step

PLACE, OUTPUT = "<image>", "<output_image>"
RESERVED = ("<|latent_pad|>", "<|latent_start|>", "<|latent_end|>")
ROOT = "images_comt"  # the folder of CoMT's pictures, with one for each category
_BOXED = re.compile(r"\\boxed\{([^{}]*)\}")
PathName = Annotated[str, Meta(min_length=1, max_length=4096)]
Row = TypeVar("Row", bound=Struct)


@dataclass(frozen=True)
class Published:
    """A row that has been read; its pictures have not.

    Attributes:
        where: file and line, for messages.
        id: as the row has it, else made of the line.
        question: with a placeholder for each picture, or with none.
        images: the pictures that are asked about.
        plan: the steps of the answer.
        answer: the final one.
        task: what kind of question it is.
    """

    where: str
    id: str
    question: str
    images: tuple[str, ...]
    plan: tuple[Step, ...]
    answer: str
    task: str

    @property
    def pictures(self) -> list[str]:
        """All pictures that it names."""
        return [*self.images, *helpers(self.plan)]


class _Text(Struct, tag_field="type", tag="text"):
    content: str


class _Latent(Struct, tag_field="type", tag="latent"):
    helper_image: PathName


class _Row(Struct):
    id: str | int | None = None


class _Interleaved(_Row, kw_only=True):
    text_input: str
    image_input: PathName | list[PathName]
    sequence_plan: Annotated[list[_Text | _Latent], Meta(min_length=1)]
    original_final_answer: str


class _Single(_Row, kw_only=True):
    text_input: str
    text_output: str
    image_input: PathName | list[PathName]
    image_output: PathName
    original_final_answer: str | None = None


class _Think(_Row, kw_only=True):
    image_path: PathName
    depth_path: PathName
    question: str
    answer: str
    cot: str


def read_row(form: str, fields: Mapping[str, Any], where: str, key: str) -> Published:
    """A row of a form; ``key`` is its id where it has none.

    Raises:
        BadInput: something about it is wrong; the message begins with file and line.
    """
    try:
        question, images, plan, answer = FORMS[form](fields)
        question = _question(question, len(images))
        steps = tuple(_step(step) for step in plan)
        said = [step["content"] for step in steps if step["type"] == "text"]
        if not any(words.strip() for words in said):
            raise BadInput("its plan has no words")
        return Published(
            where, _id(fields.get("id"), key), question, tuple(images), steps,
            _words(answer, "the answer"), _task([*images, *helpers(steps)], form),
        )  # fmt: skip
    except (BadInput, msgspec.ValidationError) as error:
        raise BadInput(f"{where}: {error}") from error


Parts = tuple[str, Sequence[str], Sequence[Step], str]  # question, pictures, plan, answer


def _interleaved(fields: Mapping[str, Any]) -> Parts:
    row = msgspec.convert(fields, _Interleaved)
    plan = [
        text_step(step.content) if isinstance(step, _Text) else latent_step(step.helper_image)
        for step in row.sequence_plan
    ]
    return row.text_input, _listed(row.image_input), plan, row.original_final_answer


def _single(fields: Mapping[str, Any]) -> Parts:
    """The helper picture stands at its placeholder, else before all words, as the published code has it."""
    row = msgspec.convert(fields, _Single)
    before, place, behind = row.text_output.partition(OUTPUT)
    if OUTPUT in behind:
        raise BadInput(f"text_output has more than one {OUTPUT}")
    parts = (before, behind) if place else ("", before)
    first, last = ([text_step(part)] if part.strip() else [] for part in parts)
    plan = [*first, latent_step(row.image_output), *last]
    boxed = _BOXED.findall(row.text_output)
    answer = row.original_final_answer
    if answer is None:
        answer = boxed[-1] if boxed else (behind.strip() or before.strip())
    return row.text_input, _listed(row.image_input), plan, answer


def _think(fields: Mapping[str, Any]) -> Parts:
    """Paths are those of another machine, of which folder and file count: ``image/x.jpg``, ``depth/x.png``."""
    row = msgspec.convert(fields, _Think)
    head, found, post = row.cot.strip().partition("\nO_post:")
    pre = head.removeprefix("O_pre:")
    if not found or pre == head or not (pre.strip() and post.strip()):
        raise BadInput("its cot is not `O_pre:`, words, `O_post:`, words")
    plan = [
        text_step(f"<think>{pre.strip()}</think>"), latent_step(_last_two(row.depth_path)),
        text_step(f"<think>{post.strip()}</think>"), text_step(f"<answer>{row.answer}</answer>"),
    ]  # fmt: skip
    return row.question, [_last_two(row.image_path)], plan, row.answer


FORMS: Mapping[str, Callable[[Mapping[str, Any]], Parts]] = {
    "interleaved": _interleaved, "single": _single, "think": _think
}  # fmt: skip


def _id(known: Any, otherwise: str) -> str:
    return otherwise if known in (None, "") else str(known)


def _listed(found: str | list[str]) -> list[str]:
    return [found] if isinstance(found, str) else found


def _last_two(path: str) -> str:
    return "/".join(path.split("/")[-2:])


def _question(words: str, pictures: int) -> str:
    """The question, in which nothing but the placeholders of its pictures is a mark."""
    places = words.count(PLACE)
    if places not in (0, pictures):
        raise BadInput(f"its question has {places} {PLACE} for {pictures} pictures: none, or one for each")
    if not words.replace(PLACE, "").strip():
        raise BadInput("its question has no words")
    return PLACE.join(_words(part, "the question") for part in words.split(PLACE))


def _step(step: Step) -> Step:
    return text_step(_words(step["content"], "its plan")) if step["type"] == "text" else step


def _words(words: str, what: str) -> str:
    mark = next((mark for mark in RESERVED if mark in words), None)
    if mark:
        raise BadInput(f"{what} has the mark {mark}, which only a trainer may write: give the rows as published")
    return neutral(words)


def _task(paths: Sequence[str], form: str) -> str:
    """The category of CoMT that a path names, else the form."""
    for path in paths:
        _, root, rest = f"/{path}".partition(f"/{ROOT}/")
        if root and "/" in rest:
            return rest.split("/")[0]
    return form
