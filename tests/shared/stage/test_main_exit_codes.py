"""The door of every command: exit codes, one line per error, signals."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from vtb import errors
from vtb.errors import BadInput, NotAvailable, QualityGate, TryAgain, UsageProblem, VtbError
from vtb.signals import Stopped
from vtb.stage import main

# A program of one command, in a process of its own; what it does stands in its first argument.
PROGRAM = """
import sys, time, click
from vtb import log
from vtb.stage.main import run
from vtb.errors import BadInput

@click.command("vtb-test")
@click.argument("what")
def command(what):
    log.configure("text", "debug" if what == "debug" else "info")
    if what == "wait":
        print("ready", flush=True)
        time.sleep(60)
    if what == "fill":
        for number in range(100_000):
            click.echo(number)
    if what == "bug" or what == "debug":
        raise RuntimeError("two\\nlines")
    if what == "pipe":
        raise BrokenPipeError(32, "not the reader of our output")

run(command)
"""


def start(what: str, **pipes: int) -> subprocess.Popen[str]:
    line = [sys.executable, "-c", PROGRAM, what]
    return subprocess.Popen(line, text=True, **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **pipes})  # type: ignore[call-overload,no-any-return]


def leave(body: Callable[[], object], capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    """The exit code and standard error of a command with this body."""
    command = click.Command("vtb-test", callback=body)
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        with pytest.raises(SystemExit) as caught:
            main.run(command, list(arguments))
    finally:
        for number, reaction in before.items():
            signal.signal(number, reaction)
    return int(caught.value.code or 0), capsys.readouterr().err


def fail(error: BaseException) -> Callable[[], None]:
    def body() -> None:
        raise error

    return body


CODES = {UsageProblem: 2, BadInput: 3, NotAvailable: 4, QualityGate: 5, TryAgain: 75}


def test_every_kind_of_error_is_here() -> None:
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, VtbError)}
    assert kinds - {VtbError} == set(CODES)


class OutOfMemoryError(RuntimeError):
    """As torch names it."""


@pytest.mark.parametrize("kind", CODES)
def test_an_error_is_one_line_and_its_code(kind: type[VtbError], capsys: pytest.CaptureFixture[str]) -> None:
    code, err = leave(fail(kind("what:\n  where,   and what to do")), capsys)
    assert code == CODES[kind] == kind.exit_code
    assert err == "vtb-test: error: what: where, and what to do\n"


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (KeyboardInterrupt(), 130, "interrupted; run the same command again to continue"),
        (Stopped(), 75, "stopped by SIGTERM; run the same command again to continue"),
        (click.Abort(), 130, "interrupted"),
        (click.UsageError("no such thing."), 2, "no such thing (see vtb-test --help)"),
        (click.BadParameter("bad"), 2, "Invalid value: bad (see vtb-test --help)"),
        (MemoryError(), 4, "out of memory: lower --workers"),
        (OutOfMemoryError("CUDA out of memory. Tried to allocate"), 4, "the GPU ran out of memory: ask for less"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you"), 4, "this machine ran out of memory: ask for"),
        (ZeroDivisionError("by\nzero"), 1, "internal error, please report it: ZeroDivisionError: by zero"),
        (OSError(5, "Input/output error"), 4, "Input/output error: fix this on the machine"),
    ],
)
def test_other_ends(error: BaseException, code: int, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    found, err = leave(fail(error), capsys)
    lines = [line for line in err.splitlines() if line]
    assert found == code
    assert len(lines) == 1
    assert lines[0].startswith("vtb-test: error: ")
    assert says in lines[0]


def test_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert leave(lambda: None, capsys) == (0, "")
    assert leave(lambda: 5, capsys) == (5, "")
    assert leave(lambda: "text", capsys) == (0, "")
    assert leave(lambda: click.get_current_context().exit(3), capsys) == (3, "")


def test_wrong_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    code, err = leave(lambda: None, capsys, "--nonsense")
    assert code == 2
    assert err == "vtb-test: error: No such option '--nonsense' (see vtb-test --help)\n"


def test_kubernetes_gets_the_last_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "termination-log"
    monkeypatch.setattr(main, "TERMINATION_LOG", place)
    leave(fail(BadInput("no")), capsys)
    assert not place.exists()
    place.touch()
    leave(fail(BadInput("no")), capsys)
    assert place.read_text() == "vtb-test: error: no\n"


def test_json_logs_hold_the_error_too(capsys: pytest.CaptureFixture[str]) -> None:
    from vtb import log as vtb_log

    def body() -> None:
        vtb_log.configure("json", "error")
        raise TryAgain("later")

    handlers = logging.getLogger().handlers[:]
    try:
        code, err = leave(body, capsys)
    finally:
        logging.getLogger().handlers[:] = handlers
        logging.getLogger("vtb").setLevel(logging.NOTSET)
    assert code == 75
    assert json.loads(err)["message"] == "vtb-test: error: later"


@pytest.mark.parametrize(("sent", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_signals_end_a_real_process(sent: signal.Signals, code: int) -> None:
    with start("wait") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(sent)
        _, err = process.communicate(timeout=20)
    assert process.returncode == code
    assert [line for line in err.splitlines() if line] == [err.strip()]
    assert "run the same command again to continue" in err
    assert "Traceback" not in err


def test_a_reader_that_leaves_is_no_error() -> None:
    with start("fill") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "0\n"
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(20) == 0


def test_another_broken_pipe_is_an_error() -> None:
    with start("pipe") as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert err == "vtb-test: error: internal error, please report it: a pipe broke\n"


def test_a_bug_is_one_line_and_its_traceback_is_for_debugging() -> None:
    with start("bug") as process:
        _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    line = "internal error, please report it: RuntimeError: two lines (--log-level debug shows where)"
    assert err == f"vtb-test: error: {line}\n"
    with start("debug") as process:
        _, err = process.communicate(timeout=20)
    assert "Traceback" in err
    assert err.endswith(f"vtb-test: error: {line}\n")


def test_a_closed_standard_output() -> None:
    read, write = os.pipe()
    os.close(read)
    with start("fill", stdout=write) as process:
        os.close(write)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
