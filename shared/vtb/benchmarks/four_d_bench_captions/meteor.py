"""METEOR (Banerjee and Lavie 2005) as NLTK has it, which needs WordNet's data: a folder of theirs in ``NLTK_DATA``."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence

log = logging.getLogger("vtb.eval")


def meteor(caption: str, references: Sequence[str]) -> float | None:
    """0 to 1, of words as they stand between blanks; None where NLTK or WordNet's data are not there."""
    if not _there():
        return None
    from nltk.translate.meteor_score import meteor_score

    return float(meteor_score([reference.split() for reference in references], caption.split()))


@functools.cache
def _there() -> bool:
    """Says once what is missing."""
    try:
        from nltk.corpus import wordnet

        wordnet.ensure_loaded()
    except (ImportError, LookupError):
        log.warning("no METEOR: it needs the package nltk, and WordNet's data in a folder that NLTK_DATA names")
        return False
    return True
