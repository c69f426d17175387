"""A question about a video of a room, as a task judges it; those that are rendered here have the same form."""

from __future__ import annotations

import hashlib
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

Words = Annotated[str, Meta(min_length=1, max_length=4000)]


class VsiRecord(Struct, frozen=True, kw_only=True):
    """One question.

    Attributes:
        scene: name of the video.
        question: in words, without its options.
        options: with their letters (``A. left``); empty where a number is asked for.
        answer: the right one: a letter, or a number as text.
        dataset: where the video is from (``scannet``); empty where nobody says it.
    """

    scene: Words
    question: Words
    options: Annotated[tuple[Words, ...], Meta(max_length=8)] = ()
    answer: Annotated[str, Meta(min_length=1, max_length=60)]
    dataset: Annotated[str, Meta(max_length=100)] = ""

    @property
    def identity(self) -> str:
        """A hash that two questions share when they ask the same about the same video."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()
