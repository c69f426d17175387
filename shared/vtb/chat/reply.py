"""What a server answers: a chat completion, or why there is none."""

from __future__ import annotations

from typing import Annotated

import msgspec

from vtb.chat.said import CUT_OFF, FILTERED, REFUSED, STOPPED, Said
from vtb.formats.half_pairs import without_half_pairs

SHOWN = 300  # characters of a server's own words in a message of ours
# Words for the end of an answer; any other (``tool_calls``) is the model's own end. Where the service broke off
# (vLLM's ``abort``, OpenRouter's ``error``, DeepSeek's ``insufficient_system_resource``) there is no answer.
FINISHES = {"length": CUT_OFF, "max_tokens": CUT_OFF, "content_filter": FILTERED, "refusal": REFUSED}
BROKEN = ("abort", "error", "insufficient_system_resource")


class NoAnswer(Exception):
    """What came with status 200 is no chat completion; says in a few words what it is."""


class _Part(msgspec.Struct):
    type: str = ""
    text: str = ""


class _Message(msgspec.Struct):
    """``reasoning_content`` and ``reasoning``, where thinking stands apart, are no part of the answer."""

    content: str | list[_Part] | None = None
    refusal: str | None = None


class _Choice(msgspec.Struct):
    message: _Message
    finish_reason: str | None = None


class _Details(msgspec.Struct):
    reasoning_tokens: int | None = None


class _Usage(msgspec.Struct):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    completion_tokens_details: _Details | None = None

    def counted(self) -> dict[str, int]:
        """The numbers that there are, by our names."""
        details = self.completion_tokens_details or _Details()
        found = {
            "prompt": self.prompt_tokens, "completion": self.completion_tokens, "reasoning": details.reasoning_tokens,
        }  # fmt: skip
        return {name: count for name, count in found.items() if count is not None}


class _Completion(msgspec.Struct):
    choices: Annotated[list[_Choice], msgspec.Meta(min_length=1)]
    usage: _Usage | None = None


def read_answer(data: bytes) -> Said:
    """The answer in a chat completion.

    Raises:
        NoAnswer: it is none, or the service broke off.
    """
    try:
        found = msgspec.json.decode(without_half_pairs(data), type=_Completion)
    except (msgspec.DecodeError, ValueError, RecursionError) as error:
        raise NoAnswer(f"no chat completion ({error})") from error
    choice = found.choices[0]
    if choice.finish_reason in BROKEN:
        raise NoAnswer(f"an answer that the server broke off ({choice.finish_reason})")
    tokens = found.usage.counted() if found.usage else {}
    text = _text(choice.message.content)
    if choice.message.refusal:
        return Said(text or choice.message.refusal, REFUSED, tokens)
    return Said(text, FINISHES.get(choice.finish_reason or "", STOPPED), tokens)


def _text(content: str | list[_Part] | None) -> str:
    if isinstance(content, list):
        return "".join(part.text for part in content if part.type == "text")
    return content or ""


class _Error(msgspec.Struct):
    message: str = ""
    code: str | int | None = None
    type: str | None = None


class _Failure(msgspec.Struct):
    """As OpenAI, vLLM and ms-swift (``message``) and FastAPI (``detail``) put it."""

    error: _Error | str | None = None
    message: str = ""
    detail: str = ""


def read_error(data: bytes) -> tuple[str, str]:
    """The words in which a server says what is wrong, on one line, and its code; the code may be empty."""
    try:
        found = msgspec.json.decode(data, type=_Failure)
    except (msgspec.DecodeError, ValueError, RecursionError):
        found = _Failure()
    error = found.error if isinstance(found.error, _Error) else _Error(found.error or found.message or found.detail)
    words = " ".join((error.message or data[: 4 * SHOWN].decode(errors="replace")).split())
    words = "".join(character if character.isprintable() else "?" for character in words[:SHOWN])
    return words or "nothing", str(error.code or error.type or "")
