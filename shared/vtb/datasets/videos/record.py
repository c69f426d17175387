"""One row of a ``videos`` artifact: what was decided about a video, and why."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import msgspec

from vtb.errors import BadInput
from vtb.media.endings import VIDEOS

KIND = "videos"
Outcome = Literal["kept", "left out", "quarantined"]
KEPT: Outcome = "kept"
LEFT_OUT: Outcome = "left out"
QUARANTINED: Outcome = "quarantined"
# Of DSR Suite (arXiv 2512.20557), which sorts its videos so.
CATEGORIES = (
    "Sports & Recreation", "Transportation & Vehicle Operation", "Art Performance", "Manual Labor & Craftsmanship",
    "Daily Activities & Hobbies", "Nature & Wildlife",
)  # fmt: skip


class Tokens(msgspec.Struct, frozen=True):
    """How many tokens went in and came out, and how many of these were spent on reasoning; None: nobody counted."""

    prompt: int | None = None
    completion: int | None = None
    reasoning: int | None = None

    def counted(self) -> dict[str, int]:
        """Those that were counted."""
        found = msgspec.structs.asdict(self)
        return {name: count for name, count in found.items() if count is not None}


class VideoRow(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about a video.

    Attributes:
        video: its name, without the ending of a file.
        file: the name of its file in the folder of videos; None where only its caption is known.
        caption: its caption; None where there is none.
        outcome: whether it is kept, left out, or in quarantine because no answer about it could be read.
        why: why it is not kept, in words that can be counted; empty for one that is.
        detail: the same for a person; empty where there is no more to say.
        agents: classes that act, in lower case.
        objects: classes that do not act.
        category: one of ``CATEGORIES``; None where nobody was asked.
        seconds: its length; None where it is not known.
        motion: the share of the picture that still moves when the camera's motion is taken off, 0 to 1; None where
            nobody has looked.
        answers: what the model said, word by word; more than one where it was asked again.
        tokens: what they took, as far as the service says it.
    """

    video: str
    file: str | None = None
    caption: str | None = None
    outcome: Outcome
    why: str = ""
    detail: str = ""
    agents: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    category: str | None = None
    seconds: float | None = None
    motion: float | None = None
    answers: tuple[str, ...] = ()
    tokens: Tokens = Tokens()


@dataclass(frozen=True)
class Video:
    """A video that questions can be made about, whatever form it was read from.

    Attributes:
        name: without the ending of a file.
        agents: classes that act, in lower case; empty where the form does not say them.
        objects: classes that do not act; likewise.
        category: one of ``CATEGORIES``, or what others call one; None where there is none.
        caption: None where the form has none.
    """

    name: str
    agents: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    category: str | None = None
    caption: str | None = None


def encode_rows(rows: list[VideoRow]) -> bytes:
    """JSON lines."""
    return b"".join(msgspec.json.encode(row) + b"\n" for row in rows)


def decode_rows(data: bytes, where: str) -> Iterator[VideoRow]:
    """The rows of JSON lines.

    Raises:
        BadInput: a line is no such row; ``where`` names the place.
    """
    for number, line in enumerate(data.split(b"\n"), start=1):
        if not line.strip():
            continue
        try:
            yield msgspec.json.decode(line, type=VideoRow)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            raise BadInput(f"{where}: line {number} is no row of a video ({error})") from error


def name_of_file(file: str) -> str:
    """The name of a video from that of its file, or from a name that has no ending."""
    stem, dot, ending = file.rpartition(".")
    return stem if f"{dot}{ending}".lower() in VIDEOS else file


def class_names(text: str) -> tuple[str, ...]:
    """Classes from words with dots between them: stripped, in lower case, each once; ``None`` is no class."""
    names = (" ".join(name.lower().split()) for name in text.split("."))
    return tuple(dict.fromkeys(name for name in names if name not in ("", "none")))
