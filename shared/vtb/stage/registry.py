"""Every stage that is installed: what runs, renders and lists starts from the entry points, never from a list."""

from __future__ import annotations

import functools
import logging
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import EntryPoint, entry_points

import click

from vtb.did_you_mean import did_you_mean
from vtb.errors import NotAvailable, UsageProblem
from vtb.stage.declaration import Stage, StageCommand
from vtb.stage.options import VtbOption
from vtb.stage.with_others import StageWithOthers

log = logging.getLogger("vtb.stages")
GROUP = "vtb.stages"
MODEL = "model"


@dataclass(frozen=True)
class Installed:
    """A stage with its click command and what ``python -m vtb.program`` is told to run (``module:name``).

    ``served`` says that a server has its model (``Stage.served_by``).
    """

    stage: Stage
    command: StageCommand
    target: str
    served: bool = False

    def with_options(self, names: Collection[str]) -> Installed:
        """The same for a step that gives these options, in the words of pipelines."""
        if not self.stage.served_by or self.stage.served_by not in names:
            return self
        return replace(self, stage=self.stage.of_served_model(), served=True)

    @property
    def artifact_options(self) -> dict[str, tuple[str, ...]]:
        """The options that take artifacts, as pipelines name them, with the kinds that each takes."""
        options = (option for option in self.command.params if isinstance(option, VtbOption) and option.artifact)
        found = {str(option.name).replace("_", "-"): option.artifact for option in options}
        return {name: kinds for name, kinds in found.items() if not (self.served and name == MODEL)}

    @property
    def words(self) -> list[str]:
        """What follows the program: the subcommand, where there is one."""
        return self.stage.command.split()[1:]


@functools.cache
def _loaded() -> tuple[dict[str, Installed], dict[str, str]]:
    """The stages that can be used, and why others cannot, by the name of their entry point."""
    good, bad = dict[str, Installed](), dict[str, str]()
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name):
        try:
            good.update({found.stage.name: found for found in _of_entry(entry)})
        except Exception as error:  # noqa: BLE001  whatever somebody else's module does when it is imported
            bad[entry.name] = f"{entry.value} cannot be loaded ({type(error).__name__}: {error})"
            log.warning("stage %s is left out: %s: fix or remove its package", entry.name, bad[entry.name])
    return good, bad


def installed() -> dict[str, Installed]:
    """The installed stages by name (``gen-maze``, ``prepare vlm``); one that fails to load is named and left out."""
    return _loaded()[0]


def _of_entry(entry: EntryPoint) -> Iterator[Installed]:
    for command in _leaves(entry.load()):
        yield Installed(command.stage, command, entry.value)


def _leaves(command: click.Command) -> Iterator[StageCommand]:
    if isinstance(command, StageCommand):
        yield command
    if isinstance(command, (click.Group, StageWithOthers)):
        for name in sorted(command.commands):
            yield from _leaves(command.commands[name])


@functools.cache
def other_commands() -> dict[str, click.Command]:
    """The commands of the stages' programs that make no artifact, by name (``train-vlm rollout``)."""
    whole = [entry for entry in entry_points(group=GROUP) if entry.name not in _loaded()[1]]
    programs = {entry.name: entry.load() for entry in whole}
    return {
        f"{program} {name}": command
        for program, group in programs.items()
        if isinstance(group, click.Group)
        for name, command in group.commands.items()
        if not isinstance(command, (StageCommand, click.Group))
    }


def find_stage(name: str) -> Installed:
    """A stage by name; a usage problem that names the likeliest one, or all, otherwise."""
    name = name.removeprefix("vtb-")
    found, broken = _loaded()
    if name in found:
        return found[name]
    entry = name.partition(" ")[0]
    if entry in broken:
        raise NotAvailable(f"stage {name!r} cannot be used: {broken[entry]}: fix or remove its package")
    hint = did_you_mean(name, found) or f": choose one of {', '.join(found)}"
    raise UsageProblem(f"there is no stage {name!r}{hint}")
