"""What a model answered to one example, as a predictions artifact keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from vtb.errors import BadInput
from vtb.formats.half_pairs import without_half_pairs
from vtb.tasks.example import Example, encode_example
from vtb.tasks.registry import decode_example

PREDICTION = "json"  # its part of a sample


@dataclass(frozen=True)
class Prediction:
    """An example, the words in which it was asked, and the answer."""

    example: Example
    prompt: str
    text: str


class _Row(msgspec.Struct):
    """The same as JSON."""

    id: str
    prompt: str
    text: Any  # other programs may have left out the quotes; whatever it is gets a verdict
    example: msgspec.Raw


def encode_prediction(prediction: Prediction) -> bytes:
    """The JSON of a prediction; halves of surrogate pairs, which have no UTF-8, become question marks."""
    prompt, text = (words.encode(errors="replace").decode() for words in (prediction.prompt, prediction.text))
    example = prediction.example
    return msgspec.json.encode(_Row(example.key, prompt, text, msgspec.Raw(encode_example(example))))


def decode_prediction(data: bytes) -> Prediction:
    """A prediction from its JSON.

    Raises:
        BadInput: it is damaged.
    """
    try:
        row = msgspec.json.decode(without_half_pairs(data), type=_Row)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise BadInput(f"it is no prediction: {error}") from error
    return Prediction(decode_example(bytes(row.example)), row.prompt, str(row.text))
