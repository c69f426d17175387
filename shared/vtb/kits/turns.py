"""What kits say to a model, as turns of words, pictures and videos in their order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vtb.errors import BadInput

Kind = Literal["text", "image", "video"]
KINDS: tuple[Kind, ...] = ("text", "image", "video")


@dataclass(frozen=True)
class Part:
    """Words, a picture (a path, or one of Pillow), or the path of a video."""

    kind: Kind
    value: Any


@dataclass(frozen=True)
class Turn:
    """What one side says."""

    role: str
    parts: tuple[Part, ...]


def lmms_turns(messages: Iterable[Mapping[str, Any]]) -> list[Turn]:
    """The messages of a task of lmms-eval: ``content`` is a list of ``{"type": "image", "url": ...}`` and such.

    Raises:
        BadInput: something else is said than words, pictures and videos.
    """
    return [Turn(str(one["role"]), tuple(_lmms_part(part) for part in _listed(one["content"]))) for one in messages]


def _listed(content: Any) -> Sequence[Mapping[str, Any]]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def _lmms_part(part: Mapping[str, Any]) -> Part:
    kind = _kind(part)
    return Part(kind, part["text"] if kind == "text" else part["url"])


def vlmeval_turns(message: Iterable[Mapping[str, Any]]) -> list[Turn]:
    """A message of VLMEvalKit: a list of ``{"type": "video", "value": ...}`` and such, all of one user.

    A part may have a role; parts of one role that follow each other are one turn.

    Raises:
        BadInput: something else is said than words, pictures and videos.
    """
    turns: list[Turn] = []
    for said in message:
        role, part = str(said.get("role", "user")), Part(_kind(said), said["value"])
        if turns and turns[-1].role == role:
            turns[-1] = Turn(role, (*turns[-1].parts, part))
        else:
            turns.append(Turn(role, (part,)))
    return turns


def _kind(part: Mapping[str, Any]) -> Kind:
    found = next((kind for kind in KINDS if kind == part.get("type")), None)
    if found is None:
        raise BadInput(f"a message has {str(part.get('type'))[:40]!r} in it: our models take {', '.join(KINDS)}")
    return found
