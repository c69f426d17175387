"""What a model answered to one example, as a predictions artifact keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from vtb.chat.said import CUT_OFF, FILTERED, REFUSED, Said
from vtb.errors import BadInput
from vtb.formats.half_pairs import without_half_pairs
from vtb.latent.ablations import ABLATIONS
from vtb.tasks.example import Example, encode_example
from vtb.tasks.registry import decode_example

PREDICTION = "json"  # its part of a sample
DRAWN = "answer."  # how the names of drawn answers begin: ``answer.000.png``, ``answer.001.mp4``
NOT_JUDGED = "puzzles_not_judged"  # figure of an artifact: the records that could not be used, and why


@dataclass(frozen=True)
class Answer(Said):
    """What a model says to a question.

    Attributes:
        segments: how often it went into latents; None where the model knows none.
        without: what it says with its latents taken away, by the name of the ablation.
    """

    segments: int | None = None
    without: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Prediction:
    """An example, the words in which it was asked, and the answer.

    Attributes:
        example: what was asked about.
        prompt: the words in which it was asked.
        text: the answer.
        finish: why the answer ends: ``stop`` where the model ended it, ``length`` where it was cut off,
            ``content_filter`` where a filter of the service ended it, ``refusal`` where the model would not answer (the
            text is what it said instead); None where nobody has said.
        segments: how often it went into latents; None where the model knows none.
        without: what it says with its latents taken away, by the name of the ablation.
    """

    example: Example
    prompt: str
    text: str
    finish: str | None = None
    segments: int | None = None
    without: Mapping[str, str] = field(default_factory=dict)

    @property
    def cut_off(self) -> bool:
        """Whether the model had more to say."""
        return self.finish == CUT_OFF

    @property
    def refused(self) -> str | None:
        """``refusal`` or ``content_filter`` where the answer was refused, by the model or by a filter."""
        return next((finish for finish in (REFUSED, FILTERED) if finish == self.finish), None)  # it may be anything


def drawn_name(attempt: int, *, moving: bool) -> str:
    """The part of a sample that holds a drawn answer."""
    return f"{DRAWN}{attempt:03d}.{'mp4' if moving else 'png'}"


def drawn_answers(parts: Mapping[str, bytes]) -> list[tuple[str, bytes]]:
    """The drawn answers of a sample in their order, each as ``image`` or ``video`` with its file."""
    names = sorted(name for name in parts if name.startswith(DRAWN))
    return [("video" if name.endswith(".mp4") else "image", parts[name]) for name in names]


class _Row(msgspec.Struct, omit_defaults=True):
    """The same as JSON."""

    id: str
    prompt: str
    text: Any  # other programs may have left out the quotes; whatever it is gets a verdict
    example: msgspec.Raw
    finish: Any = None
    segments: Annotated[int, msgspec.Meta(ge=0)] | None = None
    without: dict[str, str] = {}


def encode_prediction(prediction: Prediction) -> bytes:
    """The JSON of a prediction; halves of surrogate pairs, which have no UTF-8, become question marks."""
    prompt, text = _written(prediction.prompt), _written(prediction.text)
    example, without = prediction.example, {name: _written(words) for name, words in prediction.without.items()}
    coded = msgspec.Raw(encode_example(example))
    return msgspec.json.encode(_Row(example.key, prompt, text, coded, prediction.finish, prediction.segments, without))


def _written(words: str) -> str:
    return words.encode(errors="replace").decode()


def decode_prediction(data: bytes) -> Prediction:
    """A prediction from its JSON.

    Raises:
        BadInput: it is damaged.
    """
    try:
        row = msgspec.json.decode(without_half_pairs(data), type=_Row)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadInput(f"it is no prediction: {error}") from error
    if unknown := set(row.without) - set(ABLATIONS):
        raise BadInput(f"it is no prediction: there is no form {min(unknown)[:40]!r} of answers without latents")
    example = decode_example(bytes(row.example))
    return Prediction(example, row.prompt, str(row.text), row.finish, row.segments, row.without)
