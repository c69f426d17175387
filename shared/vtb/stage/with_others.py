"""A stage whose program has further stages as subcommands: ``vtb-curate`` alone, and ``vtb-curate videos``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from vtb.did_you_mean import did_you_mean
from vtb.stage.declaration import StageCommand


class StageWithOthers(StageCommand):
    """Is its own command, unless the first word is the name of another; that one takes the line over then.

    No group of click's: that would want the options of the stage before it looked at a subcommand.
    """

    commands: Mapping[str, click.Command]

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the command that the line is for."""
        if not args or args[0].startswith("-"):
            return super().make_context(info_name, args, parent, **extra)
        name, *rest = args
        if name not in self.commands:
            hint = did_you_mean(name, self.commands) or f": write an option, or {' or '.join(self.commands)}"
            raise click.UsageError(f"there is no command {name!r}{hint}", click.Context(self, info_name=info_name))
        return self.commands[name].make_context(f"{info_name} {name}", rest, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command of the context."""
        return super().invoke(ctx) if ctx.command is self else ctx.command.invoke(ctx)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options, and then the others."""
        super().format_options(ctx, formatter)
        with formatter.section("Other commands"):
            formatter.write_dl(
                [(f"{ctx.command_path} {name}", one.get_short_help_str(100)) for name, one in self.commands.items()]
            )
