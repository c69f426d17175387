"""How many puzzles of each kind: so many of each, or a total that is shared out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vtb.errors import UsageProblem
from vtb.stage.fields import StageOptions, internal, option

MANY = "How many"  # heading of the help


@dataclass(frozen=True)
class Amount(StageOptions):
    """How many puzzles of each kind."""

    count: int = option(100, low=1, group=MANY, help="Puzzles of each kind.")
    total: int | None = option(
        None, low=1, group=MANY, help="In place of --count: puzzles of all kinds together, as many of each."
    )
    weight: tuple[str, ...] = option(
        (), metavar="KIND=WEIGHT", group=MANY,
        help="With --total: how much of it a kind gets, compared with 1 for the others, for example midpoint=3. May be "
             "repeated.",
    )  # fmt: skip
    given: frozenset[str] = internal(frozenset())

    def __post_init__(self) -> None:
        """The two ways exclude each other."""
        if self.total is not None and "count" in self.given:
            raise UsageProblem(f"--total {self.total} and --count {self.count}: give one of them")
        if self.weight and self.total is None:
            raise UsageProblem(f"--weight {self.weight[0]}: shares out a --total: give one")

    def of(self, kinds: Sequence[str]) -> dict[str, int]:
        """Puzzles of each kind; of a total, the largest remainders get what is left over.

        Raises:
            UsageProblem: a weight is none, or of a kind that is not made.
        """
        if self.total is None:
            return dict.fromkeys(kinds, self.count)
        weights = {**dict.fromkeys(kinds, 1.0), **self._weights(kinds)}
        whole = sum(weights.values())
        exact = {kind: self.total * weight / whole for kind, weight in weights.items()}
        found = {kind: int(share) for kind, share in exact.items()}
        rest = sorted(kinds, key=lambda kind: found[kind] - exact[kind])
        for kind in rest[: self.total - sum(found.values())]:
            found[kind] += 1
        return found

    def _weights(self, kinds: Sequence[str]) -> dict[str, float]:
        found = {}
        for entry in self.weight:
            kind, _, text = entry.partition("=")
            if kind not in kinds:
                raise UsageProblem(f"--weight {entry}: {kind!r} is not made here, only {', '.join(kinds)}")
            try:
                found[kind] = float(text)
            except ValueError:
                found[kind] = -1.0
            if not 0 < found[kind] < 1e9:
                raise UsageProblem(f"--weight {entry}: write KIND=WEIGHT with a number above 0, for example {kind}=2")
        return found
