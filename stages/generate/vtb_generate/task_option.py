"""Commands that make several kinds of puzzle of one group: ``--task`` and the streams that follow from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from vtb.errors import UsageProblem
from vtb.puzzles.registry import families_of
from vtb.stage.fields import option
from vtb_generate.amount import Amount
from vtb_generate.shards import Stream


@dataclass(frozen=True)
class Group:
    """The families of a group, by the names that a user types: without the group's.

    Attributes:
        name: of the group.
        extra: the kinds that ``all`` leaves out.
    """

    name: str
    extra: frozenset[str] = frozenset()

    @cached_property
    def kinds(self) -> dict[str, str]:
        """What a user types, and the name of the family."""
        return {name.removeprefix(f"{self.name}_"): name for name in families_of(self.name)}

    def option(self) -> Any:
        """The field ``task``."""
        left_out = f" all leaves out {', '.join(sorted(self.extra))}." if self.extra else ""
        told = f"Kind of puzzle. May be repeated.{left_out}"
        return option(("all",), choices=lambda: (*self.kinds, "all"), help=told)

    def streams(self, tasks: Sequence[str], amount: Amount, config: Any) -> tuple[Stream, ...]:
        """One stream per kind.

        Raises:
            UsageProblem: no kind, or one given twice.
        """
        if not tasks or len(set(tasks)) < len(tasks) or ("all" in tasks and len(tasks) > 1):
            raise UsageProblem(f"--task {' '.join(tasks)}: give each kind once, or all alone")
        chosen = set(self.kinds) - self.extra if "all" in tasks else set(tasks)
        counts = amount.of([kind for kind in self.kinds if kind in chosen])
        return tuple(
            Stream(self.kinds[kind], config, count, self.kinds[kind]) for kind, count in counts.items() if count
        )

    def title(self, streams: Sequence[Stream]) -> str:
        """What a run of these streams makes: the one family, or a word for several."""
        return streams[0].name if len(streams) == 1 else f"{self.name}_puzzles"
