"""The first-letter rule that was released for DSR-Bench, with its mistakes, for figures beside other people's.

Written anew from what it does: "A person walks, so B" is A.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from vtb.benchmarks.common.stated_words import only_option

# Where commas lack in the released list, two beginnings are one, which no answer has.
_BEGINNINGS = (
    "The best answer is", "The correct answer is", "The answer is", "The answer",
    "The best option isThe correct option is", "Best answer:Best option:", "Answer:", "Option:",
)  # fmt: skip
_MOST = 50_000  # characters


def first_letter_right(text: str, options: Sequence[str], right: str) -> bool:
    """Whether the first A to D in a text is right; without one, the one option that the text names."""
    rest = text[:_MOST].strip()
    for beginning in _BEGINNINGS:
        rest = rest.replace(beginning, "")
    letter = re.search("[ABCD]", rest)
    return (letter[0] if letter else only_option(text[:_MOST], options)) == right
