"""Running a command line: exit codes, one-line errors, signals."""

from __future__ import annotations

import logging
import os
import select
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

import click

from vtb import log as vtb_log
from vtb import signals
from vtb.errors import NotAvailable, VtbError
from vtb.signals import CODES, Stopped, listen, settle, stop_message

log = logging.getLogger("vtb")
TERMINATION_LOG = Path(signals.TERMINATION_LOG)
INTERNAL = 1
STDOUT = 1
SMALLER = "ask for less at a time (--batch-size, or smaller pictures or clips), or take a larger one"
MAX_LINE = 2000  # characters of an error; what was given may be longer


def run(command: click.Command, arguments: Sequence[str] | None = None) -> NoReturn:
    """Run a click command and leave the process with the documented exit code."""
    _open_streams()
    code = _heard_to_the_end(command, arguments)
    try:
        sys.stdout.flush()
    except OSError as error:
        code = code or _fail(command.name or "vtb", f"standard output: {error.strerror}", NotAvailable.exit_code)
        os.dup2(os.open(os.devnull, os.O_WRONLY), STDOUT)  # or the interpreter tries once more and complains
    sys.exit(code)


def _heard_to_the_end(command: click.Command, arguments: Sequence[str] | None) -> int:
    """The exit code; a signal that comes when it is known changes nothing."""
    code = None
    try:
        listen()
        code = _run(command, arguments)
        settle()
    except (Stopped, KeyboardInterrupt) as error:
        settle()
        code = _interrupted(command.name or "vtb", error) if code is None else code
    return code


def _interrupted(name: str, error: BaseException) -> int:
    settle()  # what is freed from here on would be disturbed by a second look
    number = signal.SIGTERM if isinstance(error, Stopped) else signal.SIGINT
    return _fail(name, stop_message(number), CODES[number])


def _open_streams() -> None:
    """Put /dev/null in the place of closed standard streams; else the next file opened would take their number."""
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115  lives as long as the process


def _run(command: click.Command, arguments: Sequence[str] | None) -> int:
    name = command.name or "vtb"
    try:
        result = command.main(args=arguments, prog_name=name, standalone_mode=False)
    except VtbError as error:
        return _fail(name, str(error), error.exit_code)
    except click.exceptions.Exit as error:
        return error.exit_code
    except (click.Abort, KeyboardInterrupt, Stopped) as error:
        return _interrupted(name, error)
    except click.ClickException as error:
        return _fail(*_click_error(name, error), code=error.exit_code)
    except SystemExit:  # how click leaves when a pipe is broken; it has silenced both streams by then
        if _reader_left(STDOUT):
            return 0
        sys.stderr = sys.__stderr__
        return _fail(name, "internal error, please report it: a pipe broke", INTERNAL)
    except MemoryError:
        return _fail(name, "out of memory: lower --workers or --samples-per-shard", NotAvailable.exit_code)
    except OSError as error:
        log.debug("traceback", exc_info=True)
        where = f"{error.filename}: " if error.filename else ""
        return _fail(name, f"{where}{error.strerror or error}: fix this on the machine", NotAvailable.exit_code)
    except Exception as error:
        log.debug("traceback", exc_info=True)
        if device := _out_of_memory(error):
            return _fail(name, f"{device} ran out of memory: {SMALLER}", NotAvailable.exit_code)
        line = f"internal error, please report it: {type(error).__name__}: {error} (--log-level debug shows where)"
        return _fail(name, line, INTERNAL)
    return result if isinstance(result, int) else 0


def _out_of_memory(error: Exception) -> str | None:
    """What has none left, where that is what torch, which is not imported here, means by an error."""
    if type(error).__name__ == "OutOfMemoryError":
        return "the GPU"
    return "this machine" if isinstance(error, RuntimeError) and "can't allocate memory" in str(error) else None


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
    words = " ".join(message.split())
    line = f"{name}: error: {words if len(words) <= MAX_LINE else f'{words[:MAX_LINE]} ...'}"
    if vtb_log.current_format() == "json":
        log.error(line)
    else:
        with suppress(OSError, ValueError):  # nobody reads standard error any more; the exit code still counts
            print(line.encode(errors="backslashreplace").decode(), file=sys.stderr, flush=True)
    if TERMINATION_LOG.exists() and os.access(TERMINATION_LOG, os.W_OK):
        TERMINATION_LOG.write_text(line + "\n")
    return code
