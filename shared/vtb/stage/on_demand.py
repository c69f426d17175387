"""The subcommands of a program, each imported when it is asked for: a help text waits for no other's libraries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module

import click


class OnDemand(MutableMapping[str, click.Command]):
    """Commands by name, from ``{name: "module:attribute"}``."""

    def __init__(self, where: Mapping[str, str]) -> None:
        """Takes where each command is defined; the order is that of the help."""
        self._found: dict[str, str | click.Command] = dict(where)

    def __getitem__(self, name: str) -> click.Command:
        """The command; imports its module at the first call."""
        found = self._found[name]
        if isinstance(found, str):
            module, _, attribute = found.partition(":")
            found = self._found[name] = getattr(import_module(module), attribute)
        return found

    def __setitem__(self, name: str, command: click.Command) -> None:
        """Adds a command that is there already."""
        self._found[name] = command

    def __delitem__(self, name: str) -> None:
        """Takes a command out."""
        del self._found[name]

    def __iter__(self) -> Iterator[str]:
        """The names, without importing anything."""
        return iter(self._found)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._found)
