"""What a model says, whoever asked it and wherever it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Why an answer ends, in the words of the common APIs of language models.
STOPPED, CUT_OFF, FILTERED, REFUSED = "stop", "length", "content_filter", "refusal"


@dataclass(frozen=True)
class Said:
    """What a model says.

    Attributes:
        text: its words.
        finish: why they end there: ``stop`` where the model ended them, ``length`` where they were cut off,
            ``content_filter`` where a filter of the service ended them, ``refusal`` where the model would not answer
            (the text is what it said instead).
        tokens: how many went in (``prompt``) and came out (``completion``), and how many of these were spent on
            reasoning (``reasoning``), where the service says so; empty where nobody has counted.
    """

    text: str
    finish: str
    tokens: Mapping[str, int] = field(default_factory=dict)
