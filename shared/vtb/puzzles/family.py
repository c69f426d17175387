"""What a puzzle family is: one object that samples, draws, asks and scores one kind of puzzle.

The same object serves the generator, the rewards and the evaluation, so they cannot disagree. A record is plain JSON
and holds all that a judge needs; nothing is looked up elsewhere.
"""

from __future__ import annotations

import difflib
import functools
import importlib
import logging
import pkgutil
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal, Protocol

from vtb.errors import BadInput, UsageProblem
from vtb.media.image import Image, Palette, Picture

Modality = Literal["vlm", "image", "video"]
Record = Mapping[str, Any]
ClipFrame = Callable[[], Image]  # gives a frame's RGB, which costs as much as decoding it: few are looked at
log = logging.getLogger("vtb.puzzles")
GROUP = "vtb.puzzles"
# What a family's methods may raise on a record that nobody made by ``sample``: damaged, edited, hostile.
DAMAGE = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, RecursionError)


@dataclass(frozen=True)
class Clip:
    """The form of every clip of a run: 4k+1 frames at the training size, so that no trainer crops or truncates."""

    frames: int = 81
    fps: int = 16
    size: tuple[int, int] = (480, 480)  # width, height


# The reason of a verdict that is none: the record of a puzzle that others made lacks what such an answer is judged by.
UNJUDGED = "the record does not say what is right"


@dataclass(frozen=True)
class Score:
    """What a judge says of one answer.

    Attributes:
        strict: right by the benchmark's own rule.
        tolerant: right when what the rule cannot mean to forbid is forgiven (mazes: touching a wall inside the start
            and goal cells).
        reason: ``solved``, or the first rule that the answer breaks, in a few words that can be counted.
        details: the single measurements.
        choice: which of a few options the answer takes, where there are such; several answers vote with it.
    """

    strict: bool
    tolerant: bool
    reason: str
    details: Mapping[str, Any] = field(default_factory=dict)
    choice: str | None = None

    @property
    def value(self) -> float:
        """1 for right and 0 for wrong, strictly."""
        return float(self.strict)


class Family(Protocol):
    """One kind of puzzle. ``name`` is also the file's name; ``version`` is raised when the same seed gives another
    puzzle or picture than before. ``by_choice`` says that an answer is right exactly when its choice is, so that
    several answers to one puzzle can vote.
    """  # noqa: D205

    name: str
    group: str
    version: int
    palette: Palette
    config_class: type[Any]
    by_choice: bool

    def sample(self, rng: random.Random, config: Any) -> Record:
        """A puzzle from a generator and a configuration; pure."""
        ...

    def validate(self, record: Record) -> None:
        """Refuse a record that the other methods could not use, or only with absurd sizes, with ``BadInput``."""
        ...

    def distinct(self, config: Any) -> float | None:
        """How many different puzzles a configuration can make, or None where that is not known."""
        ...

    def identity(self, record: Record) -> str:
        """A hash that two records share exactly when they are the same puzzle, however drawn."""
        ...

    def difficulty(self, record: Record) -> dict[str, float]:
        """Figures that say how hard a puzzle is, for filters and reports."""
        ...

    def draw_puzzle(self, record: Record) -> Picture:
        """The picture that is asked about."""
        ...

    def draw_solution(self, record: Record) -> Picture:
        """The picture with the right answer drawn in."""
        ...

    def draw_reasoning(self, record: Record, puzzle: Image | None = None) -> Image:
        """The picture with printed names of its parts, for models that answer in words."""
        ...

    def draw_frames(self, record: Record) -> Iterator[Picture]:
        """The frames of the clip that the record describes; the first is the puzzle, the last ones the solution."""
        ...

    def ask(self, record: Record, modality: Modality) -> str:
        """The prompt."""
        ...

    def answer(self, record: Record) -> str:
        """The right answer in words, as a model should give it."""
        ...

    def score_text(self, record: Record, text: str, puzzle: Image | None = None) -> Score:
        """Judge an answer in words; ``puzzle`` is the picture it was asked about (drawn anew when left out)."""
        ...

    def draw_answer(self, record: Record, text: str, puzzle: Image) -> Image | None:
        """An answer in words drawn into the puzzle, or None where it cannot be drawn."""
        ...

    def score_image(self, record: Record, image: Image, puzzle: Image | None = None) -> Score:
        """Judge an answer drawn into the picture."""
        ...

    def score_frame(self, record: Record, frame: Image, puzzle: Image | None = None) -> Score:
        """Judge one frame of a clip in the form that the record describes; without such, the picture fills it."""
        ...

    def score_video(self, record: Record, frames: Iterable[ClipFrame], puzzle: Image | None = None) -> dict[str, Score]:
        """Judge a clip by each rule that the benchmark has for it, by name (``last``, ``major``, ``best`` frame).

        The first one is the family's main rule.
        """
        ...


@functools.cache
def families() -> dict[str, Family]:
    """Every family by name: the modules below this folder that have a ``FAMILY``, and those that packages add.

    A package's family that fails to load is named and left out: most commands do not need it.
    """
    found: dict[str, Family] = {}
    for module in _modules("vtb.puzzles"):
        family = getattr(importlib.import_module(module), "FAMILY", None)
        if family is not None:
            found[family.name] = family
    for entry in entry_points(group=GROUP):
        try:
            found[entry.name] = _load(entry)
        except BadInput as error:
            log.warning("%s: it is left out", error)
    return found


def _modules(package: str) -> Iterator[str]:
    """The modules of a package and those of its folders, but for ``common``, which holds helpers."""
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        if info.ispkg and info.name != "common":
            yield from _modules(f"{package}.{info.name}")
        elif not info.ispkg:
            yield f"{package}.{info.name}"


def _load(entry: EntryPoint) -> Family:
    """The family of another package."""
    try:
        family: Family = entry.load()
    except Exception as error:  # whatever somebody else's module does when it is imported
        raise BadInput(f"puzzle family {entry.name!r} of {entry.value}: cannot be loaded: {error}") from error
    if family.name != entry.name:
        raise BadInput(f"puzzle family {entry.name!r} of {entry.value}: calls itself {family.name!r}: use one name")
    return family


def find_family(name: str) -> Family:
    """A family by name; a usage problem that lists the known ones otherwise."""
    known = families()
    for candidate in (name, f"visual_{name}"):  # the benchmark calls visual puzzles by the second part alone
        if candidate in known:
            return known[candidate]
    near = difflib.get_close_matches(name, known, 3)
    choose = f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(sorted(known))}"
    raise UsageProblem(f"there is no puzzle family {name!r}: {choose}")


def family_of(record: Record) -> Family:
    """The family of a record; of one that others made, a judge that knows it by its pictures where it must.

    Raises:
        BadInput: the family is unknown, or the record comes from a later version.
    """
    family = families().get(str(record.get("family")))
    if family is None:
        raise BadInput(f"record {record.get('id')!r} is of an unknown family {record.get('family')!r}")
    version = record.get("family_version", 0)
    if not isinstance(version, int) or version > family.version:
        raise BadInput(f"record {record.get('id')!r} was made by a later version of {family.name}: upgrade vtb-train")
    if record.get("foreign"):
        from vtb.benchmarks.videothinkbench.records import judge_of  # which needs this module

        return judge_of(family)
    return family
