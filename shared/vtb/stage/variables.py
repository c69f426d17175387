"""Environment variables that look like an option of a command and are none."""

from __future__ import annotations

import logging
import os

import click

from vtb.did_you_mean import did_you_mean

log = logging.getLogger("vtb.stage")


def warn_of_strangers(ctx: click.Context) -> None:
    """Say which variables with the command's own prefix are passed over, since one letter is easily wrong."""
    prefix = f"{ctx.auto_envvar_prefix}_"
    known = [f"{prefix}{(param.name or '').upper()}" for param in ctx.command.params]
    others = tuple(f"{prefix}{name.upper()}_" for name in getattr(ctx.command, "commands", {}))
    for name in sorted(os.environ):
        if name.startswith(prefix) and name not in known and not name.startswith(others):
            log.warning(
                "%s is no option of %s and changes nothing%s", name, ctx.command_path, did_you_mean(name, known)
            )
