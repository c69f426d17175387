"""Payloads as JSON, to be edited, and what decoding makes of them: the way on which damage is found."""

from __future__ import annotations

import json
from typing import Any

import msgspec

from vtb.tasks.example import OURS, Example, Prompts, encode_example
from vtb.tasks.registry import decode_example


def plain(record: msgspec.Struct) -> dict[str, Any]:
    """A payload as JSON has it, to be changed at will."""
    fields: dict[str, Any] = json.loads(msgspec.json.encode(record))
    return fields


def decoded(task: str, fields: Any, source: str = OURS) -> Any:
    """The payload that an example with these fields decodes to.

    Raises:
        BadInput: they are damaged.
    """
    good = Example(key="a", source=source, task=task, prompts=Prompts("a", "b", "c"), answer="", payload={})
    row = {**json.loads(encode_example(good)), "payload": json.dumps(fields)}
    return decode_example(json.dumps(row).encode()).payload
