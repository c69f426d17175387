"""A program of several stages, one a subcommand."""

from __future__ import annotations

import json
from typing import Any

import click

from vtb.stage.declaration import StageCommand
from vtb.stage.describe import describe
from vtb.stage.options import word_options


class StageGroup(click.Group):
    """Answers ``--describe`` and ``--version`` like its stages, and says where an option of theirs belongs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """As click's, with the options that print something and leave."""
        kwargs.setdefault("context_settings", {"help_option_names": ["-h", "--help"], "max_content_width": 100})
        super().__init__(*args, **kwargs)
        self.params += word_options(self._contracts)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """An option before the subcommand is refused with the subcommands' names."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            owners = [name for name, command in self.commands.items() if _has(command, error.option_name)]
            names = " or ".join(f"{ctx.command_path} {name}" for name in owners or self.commands)
            raise click.UsageError(f"{error.option_name} stands before a subcommand: write {names}", ctx) from error

    def _contracts(self) -> str:
        """The contracts of all subcommands, as a JSON list."""
        stages = [command for command in self.commands.values() if isinstance(command, StageCommand)]
        return json.dumps([describe(command) for command in stages], indent=1)


def _has(command: click.Command, option: str) -> bool:
    return any(option in (*param.opts, *param.secondary_opts) for param in command.params)
