"""Halves of surrogate pairs in JSON become question marks, and nothing else changes."""

from __future__ import annotations

import json

import pytest

from vtb.formats.half_pairs import without_half_pairs


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("a \ud800", "a ?"),
        ("\udfff\U0001f600", "?\U0001f600"),  # beside a whole pair, which json.dumps escapes too
        ("\U0001f600", "\U0001f600"),
        ("\\ud800", "\\ud800"),  # a backslash and letters
        ("plain ü", "plain ü"),
    ],
)
def test_only_halves_are_replaced(text: str, whole: str) -> None:
    found = without_half_pairs(json.dumps({"text": text, "other": [1, None, 2.5]}).encode())
    assert json.loads(found.decode()) == {"text": whole, "other": [1, None, 2.5]}


def test_other_bytes_are_left_alone() -> None:
    for data in (b'{"a":  1}', b"\xff{", b""):
        assert without_half_pairs(data) is data
