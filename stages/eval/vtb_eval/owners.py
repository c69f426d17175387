"""Which answers are to which puzzles, and what a user is told about the others."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping, Sequence
from itertools import chain
from pathlib import Path

from vtb.datasets.chunk import Chunk
from vtb.datasets.readers import read_keys
from vtb.errors import BadInput, UsageProblem
from vtb_eval.answers import Answers, Attempt

log = logging.getLogger("vtb.eval")
EXAMPLES = 3  # of files that are named in a message
Attempts = Mapping[str, Sequence[Attempt]]  # at the puzzles of one chunk, by key


def find_answers(uri: str, folders: Sequence[str]) -> Answers:
    """The results folders of a set of puzzles."""
    if not folders:
        raise UsageProblem(f"--answers: {uri} holds puzzles: say in which folder the answers to them are")
    return Answers(folders)


def settle(answers: Answers, every: Sequence[Chunk], found: Sequence[Chunk]) -> list[Attempts]:
    """The attempts at the puzzles of each chosen chunk; says how many have one, and which files belong to none.

    Raises:
        BadInput: no file is named after a puzzle of the split.
    """
    chosen = set(found)
    keys = [read_keys(chunk) for chunk in found]
    others = [key for chunk in every if chunk not in chosen for key in read_keys(chunk)]
    answers.settle({*chain(*keys), *others})
    tell(answers, [*chain(*keys)], others)
    return [{key: answers.attempts(key) for key in some} for some in keys]


def tell(answers: Answers, keys: Sequence[str], others: Sequence[str]) -> None:
    """Say how many of the puzzles with these keys have an answer, and what was found beside."""
    if answers.unread:
        log.warning("%d files were not read, since they are no pictures, videos or texts by their names, among them %s",
                    len(answers.unread), ", ".join(map(_name, answers.unread[:EXAMPLES])))  # fmt: skip
    answered, elsewhere = (sum(any(answers.of(key)) for key in some) for some in (keys, others))
    if elsewhere:
        log.warning("%d puzzles of other splits have an answer too: --split all judges them", elsewhere)
    if not answered:
        where, example = answers.folders[0], keys[0] if keys else "ID"
        raise BadInput(f"{where}: no file is named after a puzzle: call them like {example}.png, .mp4 or .txt")
    log.info("%d of %d puzzles have an answer", answered, len(keys))
    if len(set(keys)) < len(keys):
        log.warning("%d puzzles share an id with another: one answer stands for both", len(keys) - len(set(keys)))
    if strangers := answers.strangers:
        log.warning("%d files belong to no puzzle of this input, the first is %s", len(strangers), _name(strangers[0]))


def _name(path: Path) -> str:
    return os.fsencode(path).decode(errors="replace")
