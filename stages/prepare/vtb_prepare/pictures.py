"""The pictures that questions of a published file show: whether they are there, and as parts of a sample or a row."""

from __future__ import annotations

import hashlib
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from vtb.benchmarks.registry import Asking, LeftOut, ShownPicture
from vtb.errors import BadInput
from vtb_prepare.latent_pictures import Pictures, as_stored, open_pictures
from vtb_prepare.quality import quality_gate

log = logging.getLogger("vtb.prepare")
PER_SHARD = 64  # questions, of a few pictures each
MOST_NAMED = 20  # bad ones that the log names; the manifest names all
BAD = "questions lack a picture, or show a damaged one"


@dataclass(frozen=True)
class Found:
    """The pictures of some questions.

    Attributes:
        whole: the questions whose pictures are all there.
        digests: the hash of each picture's file by its name.
        lacking: what the other questions lack.
        pictures: where they lie; None where the file of the questions has them itself.
    """

    whole: Sequence[Asking]
    digests: Mapping[str, str]
    lacking: Sequence[str]
    pictures: Pictures | None

    def keys(self, asking: Asking) -> tuple[str, ...]:
        """What is the same of two questions that show the same pictures."""
        return tuple(self.digests[shown.name] for shown in asking.pictures)

    @property
    def digest(self) -> str:
        """Of all pictures by name and content, whether they lie in a folder or an archive."""
        lines = (f"{name}\0{self.digests[name]}\n" for name in sorted(self.digests))
        return hashlib.sha256("".join(lines).encode()).hexdigest()


def find_pictures(asked: Sequence[Asking], place: Path | None) -> Found:
    """Look for the pictures of all questions below a folder or in an archive.

    Raises:
        BadInput: the archive cannot be read, or holds none of them.
    """
    named = {shown.name for asking in asked for shown in asking.pictures if shown.data is None}
    pictures = open_pictures(place, named) if place is not None and named else None
    digests, why = dict[str, str](), dict[str, str]()
    for shown in (shown for asking in asked for shown in asking.pictures):
        if shown.name not in digests and shown.name not in why:
            try:
                digests[shown.name] = hashlib.sha256(read_picture(shown, pictures)).hexdigest()
            except BadInput as error:
                why[shown.name] = str(error)
    lacking = {id(asking): one.name for asking in asked for one in asking.pictures if one.name in why}
    whole = [asking for asking in asked if id(asking) not in lacking]
    bad = [f"{one.example.key}: {why[lacking[id(one)]]}" for one in asked if id(one) in lacking]
    return Found(whole, digests, bad, pictures)


def read_picture(shown: ShownPicture, pictures: Pictures | None) -> bytes:
    """The file of a picture.

    Raises:
        BadInput: it is not there, or cannot be read.
    """
    if shown.data is not None:
        return shown.data
    if pictures is None:
        raise BadInput(f"{shown.name[:200]!r} is a picture beside the questions: give its folder or archive (--images)")
    return pictures.read(shown.name)


def stored_pictures(asking: Asking, pictures: Pictures | None) -> list[tuple[str, bytes]]:
    """The ending and the bytes of each picture of a question, in order.

    Raises:
        BadInput: one is damaged.
    """
    return [as_stored(shown.name, read_picture(shown, pictures)) for shown in asking.pictures]


def in_shards(asked: Sequence[Asking]) -> list[tuple[Asking, ...]]:
    """The questions of each shard, in order."""
    return [tuple(asked[start : start + PER_SHARD]) for start in range(0, len(asked), PER_SHARD)]


def check_bad(bad: Sequence[str], total: int, max_bad: float) -> None:
    """Name what is bad in the log.

    Raises:
        QualityGate: it is a larger share of the questions than ``--max-bad`` allows.
    """
    for one in bad[:MOST_NAMED]:
        log.warning("left out: %s", one)
    quality_gate(bad, total, max_bad, BAD)


def sorted_out(rows: Iterable[Asking | LeftOut]) -> tuple[list[Asking], dict[str, int]]:
    """The questions among the rows of a file, and how many rows are none, by reason; says it in one line."""
    every = list(rows)
    reasons = Counter(row.why for row in every if isinstance(row, LeftOut))
    tell_left_out(reasons)
    return [row for row in every if isinstance(row, Asking)], dict(sorted(reasons.items()))


def tell_left_out(reasons: Mapping[str, int]) -> None:
    """One line of the log on what is left out, where anything is."""
    if any(reasons.values()):
        said = ", ".join(f"{count} ({why})" for why, count in sorted(reasons.items()) if count)
        log.info("rows left out: %s", said)
