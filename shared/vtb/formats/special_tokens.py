"""Words of others that a chat template or an engine would take for marks of its own.

Qwen's templates read ``<|im_end|>`` and the like wherever they stand, ms-swift takes ``<image>`` for the place of a
picture (https://swift.readthedocs.io, custom dataset format), and T5, which reads the prompts of Wan, ends at ``</s>``.
Words from records and answers are data: a blank after
the first bracket keeps them readable and makes them plain text.
"""

from __future__ import annotations

import re

_MARK = re.compile(
    r"<(?=\|[^<>|\s]{1,60}\|>|/?(?:image|video|audio|img|box|bbox|ref|ref-object|quad|cot-process|tool_call|"
    r"tool_response|start-image|end-image|s|pad|unk|extra_id_\d{1,3})>)",
    re.IGNORECASE,
)


def neutral(words: str) -> str:
    """The words with every such mark broken."""
    return _MARK.sub("< ", words)
