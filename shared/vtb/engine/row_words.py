"""Words of rows: none of them may be more than a word to the model."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from vtb.errors import BadInput


def special_tokens(processor: Any) -> tuple[str, ...]:
    """The tokens of a model that stand for something else than text, as its tokenizer says."""
    known = processor.tokenizer.added_tokens_decoder.values()
    return tuple(token.content for token in known if token.special)


def check_words(row: str, words: Iterable[str], special: Sequence[str]) -> None:
    """Refuse a row in whose words one of these tokens stands.

    Raises:
        BadInput: there is one; the message names the row.
    """
    if found := next((token for text in words for token in special if token in text), None):
        raise BadInput(f"row {row}: has {found} among its words, which is no text to the model: prepare it again")
