"""JSON that names halves of surrogate pairs (``U+D800``), which no UTF-8 can write."""

from __future__ import annotations

import json
import re

_ESCAPED = re.compile(rb"\\u[dD][89a-fA-F]")


def without_half_pairs(data: bytes) -> bytes:
    """The same JSON with question marks in their place; whole pairs stay the characters that they are.

    Raises:
        ValueError, RecursionError: it names surrogates and cannot be read as JSON.
    """
    if not _ESCAPED.search(data):
        return data
    return json.dumps(json.loads(data), ensure_ascii=False).encode(errors="replace")
