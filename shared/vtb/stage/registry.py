"""Every stage that is installed: what runs, renders and lists starts from the entry points, never from a list."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

import click

from vtb.errors import UsageProblem
from vtb.stage.declaration import Stage, StageCommand

GROUP = "vtb.stages"


@dataclass(frozen=True)
class Installed:
    """A stage with its click command and what ``python -m vtb.program`` is told to run (``module:name``)."""

    stage: Stage
    command: StageCommand
    target: str

    @property
    def words(self) -> list[str]:
        """What follows the program: the subcommand, where there is one."""
        return self.stage.command.split()[1:]


@functools.cache
def installed() -> dict[str, Installed]:
    """The installed stages by name (``gen-maze``, ``prepare vlm``)."""
    entries = sorted(entry_points(group=GROUP), key=lambda entry: entry.name)
    return {found.stage.name: found for entry in entries for found in _of_entry(entry)}


def _of_entry(entry: EntryPoint) -> Iterator[Installed]:
    for command in _leaves(entry.load()):
        yield Installed(command.stage, command, entry.value)


def _leaves(command: click.Command) -> Iterator[StageCommand]:
    if isinstance(command, StageCommand):
        yield command
    elif isinstance(command, click.Group):
        for name in sorted(command.commands):
            yield from _leaves(command.commands[name])


def find_stage(name: str) -> Installed:
    """A stage by name; a usage problem that lists the known ones otherwise."""
    try:
        return installed()[name.removeprefix("vtb-")]
    except KeyError:
        raise UsageProblem(f"there is no stage {name!r}: choose one of {', '.join(installed())}") from None
