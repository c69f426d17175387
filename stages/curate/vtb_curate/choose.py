"""The second step: from verdicts to splits. Which samples stay, where they go, and why the others do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from vtb.errors import BadInput, QualityGate
from vtb.rng import stable_fraction
from vtb_curate.verdicts import ODD, Verdict

SPLITS = ("train", "val", "test")


@dataclass(frozen=True)
class Rules:
    """How to choose.

    Attributes:
        val: share of puzzles in val.
        test: share of puzzles in test; the rest is train.
        ranges: (figure, low, high) that a puzzle's difficulty must satisfy, ends included.
        salt: changes which puzzles go where; the same salt never moves a puzzle.
        benchmark: puzzles that must not be trained on, by ``Verdict.overlap``.
    """

    val: float
    test: float
    ranges: tuple[tuple[str, float, float], ...]
    salt: str
    benchmark: frozenset[str] = frozenset()

    def split(self, identity: str) -> str:
        """The split of a puzzle: a function of the puzzle alone, so it never moves when data grows."""
        place = stable_fraction(identity, self.salt)
        if place < self.test:
            return "test"
        return "val" if place < self.test + self.val else "train"

    def refused_by(self, verdict: Verdict) -> str | None:
        """The figure whose range a puzzle misses, or None; a range says nothing of puzzles without that figure."""
        for name, low, high in self.ranges:
            if not low <= verdict.difficulty.get(name, low) <= high:
                return name
        return None

    def check_figures(self, known: Collection[str]) -> None:
        """Refuse a range of a figure that no puzzle has."""
        for name, *_ in self.ranges:
            if known and name not in known:
                raise BadInput(f"--difficulty {name}: no puzzle has such a figure, only {', '.join(sorted(known))}")


@dataclass
class Choice:
    """What was chosen: samples per split in their order, the bad ones, and the counts."""

    splits: dict[str, list[Verdict]] = field(default_factory=lambda: {name: [] for name in SPLITS})
    bad: list[Verdict] = field(default_factory=list)
    total: int = 0
    duplicates: Counter[str] = field(default_factory=Counter)
    filtered: Counter[str] = field(default_factory=Counter)
    quarantined: Counter[str] = field(default_factory=Counter)
    in_benchmark: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """How many samples stay."""
        return sum(map(len, self.splits.values()))

    @property
    def tasks(self) -> list[str]:
        """The kinds of puzzles that stay."""
        return sorted({verdict.task for chosen in self.splits.values() for verdict in chosen})

    def metrics(self) -> dict[str, Any]:
        """The counts for the manifest and the card."""
        return {
            "read": self.total,
            "kept": {name: len(chosen) for name, chosen in self.splits.items()},
            "duplicates": dict(self.duplicates),
            "filtered": dict(self.filtered),
            "quarantined": dict(self.quarantined),
            "in_benchmark": dict(self.in_benchmark),
        }


def choose(verdicts: Iterable[Verdict], rules: Rules) -> Choice:
    """Go through all verdicts in the order of the inputs; the first copy of a puzzle stays."""
    choice, seen, figures = Choice(), dict[str, int](), set[str]()
    for verdict in verdicts:
        choice.total += verdict.rows
        if verdict.problem:
            choice.quarantined[verdict.problem] += verdict.rows
            choice.bad.append(verdict)
            continue
        if verdict.identity in seen:
            same_input = seen[verdict.identity] == verdict.input
            choice.duplicates["within one input" if same_input else "across inputs"] += 1
            continue
        seen[verdict.identity] = verdict.input
        figures |= verdict.difficulty.keys()
        _place(choice, verdict, rules)
    rules.check_figures(figures)
    return choice


def _place(choice: Choice, verdict: Verdict, rules: Rules) -> None:
    refused = rules.refused_by(verdict)
    if verdict.overlap and verdict.overlap in rules.benchmark:
        choice.in_benchmark[verdict.task] += 1
    elif refused is not None:
        choice.filtered[refused] += 1
    else:
        choice.splits[rules.split(verdict.identity)].append(verdict)


def check_quality(choice: Choice, max_bad: float, place: str) -> None:
    """Stop when too much is bad; puzzles of others that nobody can judge are no damage.

    Raises:
        QualityGate: the share of bad samples is above ``max_bad``.
        BadInput: nothing is left.
    """
    bad = choice.quarantined.total() - choice.quarantined[ODD]
    if bad > max_bad * choice.total:
        counts = [(reason, count) for reason, count in choice.quarantined.most_common() if reason != ODD]
        reasons = ", ".join(f"{reason}: {count}" for reason, count in counts[:3])
        raise QualityGate(
            f"{bad} of {choice.total} samples are bad ({reasons}), more than --max-bad {max_bad:g} allows: "
            f"fix the input, or raise --max-bad; each one is listed in {place}/verdicts"
        )
    if not any(choice.splits.values()):
        dropped = {**choice.duplicates, **choice.filtered, **choice.in_benchmark, **choice.quarantined}
        reasons = ", ".join(f"{reason}: {count}" for reason, count in dropped.items())
        raise BadInput(
            f"nothing is left of {choice.total} samples ({reasons}): change the ranges, or make other puzzles"
        )


def shares(sequence: Sequence[Verdict], size: int) -> list[Sequence[Verdict]]:
    """Pieces of at most ``size``."""
    return [sequence[start : start + size] for start in range(0, len(sequence), size)]
