"""How much of an input may be missing or damaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vtb.errors import QualityGate
from vtb.stage.fields import option


def max_bad_option(default: float, what: str) -> Any:
    """The largest share that may be bad; another one makes no other rows, so that a run goes on with it."""
    return option(
        default, low=0, high=1, affects_output=False,
        help=f"Largest share of {what}; above it the command exits 5.",
    )  # fmt: skip


def quality_gate(bad: Sequence[str], total: int, max_bad: float, what: str) -> None:
    """Raises ``QualityGate`` where more is bad than ``--max-bad`` allows; ``what`` says so of the bad ones."""
    if len(bad) > max_bad * total:
        raise QualityGate(
            f"{len(bad)} of {total} {what}, the first: {bad[0]}; more than --max-bad {max_bad:g} allows: bring "
            "them, or raise --max-bad"
        )
