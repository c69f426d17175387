"""Running a command line: exit codes, one-line errors, signals."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click

from vtb import log as vtb_log
from vtb.errors import NotAvailable, VtbError

log = logging.getLogger("vtb")
TERMINATION_LOG = Path("/dev/termination-log")  # Kubernetes shows its content in `kubectl describe pod`
INTERRUPTED = 130
PREEMPTED = 75
INTERNAL = 1
STDOUT = 1


class Stopped(BaseException):
    """SIGTERM arrived. Not an Exception, so that no handler in between takes it for an ordinary failure."""


def run(command: click.Command, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a click command and leave the process with the documented exit code."""
    signal.signal(signal.SIGTERM, _on_sigterm)
    code = _run(command, arguments)
    sys.stdout.flush()
    sys.exit(code)


def _run(command: click.Command, arguments: Sequence[str] | None) -> int:
    name = command.name or "vtb"
    try:
        result = command.main(args=arguments, prog_name=name, standalone_mode=False)
    except VtbError as error:
        return _fail(name, str(error), error.exit_code)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return _fail(name, "interrupted; run the same command again to continue", INTERRUPTED)
    except Stopped:
        return _fail(name, "stopped by SIGTERM; run the same command again to continue", PREEMPTED)
    except click.ClickException as error:
        return _fail(*_click_error(name, error), code=error.exit_code)
    except SystemExit:  # how click leaves when a pipe is broken; it has silenced both streams by then
        if _reader_left(STDOUT):
            return 0
        sys.stderr = sys.__stderr__
        return _fail(name, "internal error, please report it: a pipe broke", INTERNAL)
    except MemoryError:
        return _fail(name, "out of memory: lower --workers or --samples-per-shard", NotAvailable.exit_code)
    except Exception as error:
        log.debug("traceback", exc_info=True)
        line = f"internal error, please report it: {type(error).__name__}: {error} (--log-level debug shows where)"
        return _fail(name, line, INTERNAL)
    return result if isinstance(result, int) else 0


def _reader_left(descriptor: int) -> bool:
    """Whether nobody reads a pipe any more: ``vtb show ... | head``."""
    poll = select.poll()
    poll.register(descriptor, 0)  # errors and hang-ups are reported always
    return bool(poll.poll(0))


def _click_error(name: str, error: click.ClickException) -> tuple[str, str]:
    """The name of the subcommand that failed, and click's message with the way to the help."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else name
    if isinstance(error, click.exceptions.NoArgsIsHelpError) and isinstance(error.ctx.command, click.Group):
        return path, f"say what to do: {' or '.join(error.ctx.command.commands)} (see {path} --help)"
    message = " ".join(error.format_message().split()).rstrip(".")
    return path, f"{message} (see {path} --help)"


def _fail(name: str, message: str, code: int) -> int:
    """Say the error as one line, where a person and where Kubernetes look."""
    line = f"{name}: error: {' '.join(message.split())}"
    if vtb_log.current_format() == "json":
        log.error(line)
    else:
        print(line, file=sys.stderr)
    if TERMINATION_LOG.exists() and os.access(TERMINATION_LOG, os.W_OK):
        TERMINATION_LOG.write_text(line + "\n")
    return code


def _on_sigterm(_signal: int, _frame: FrameType | None) -> None:
    raise Stopped
