"""Logs: one line per event, as text or as JSON."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest

from contract.command_line import TINY, call
from vtb import log as vtb_log


@pytest.fixture(autouse=True)
def loggers_as_before() -> Iterator[None]:
    handlers, level = logging.getLogger().handlers[:], logging.getLogger().level
    yield
    logging.getLogger().handlers[:] = handlers
    logging.getLogger().setLevel(level)
    logging.getLogger("vtb").setLevel(logging.NOTSET)


def speak() -> None:
    logging.getLogger("vtb.a").debug("d")
    logging.getLogger("vtb.a").info("a\u2028b %s", 'qu"ote')
    logging.getLogger("vtb.a").warning("watch\nout")
    logging.getLogger("someone").info("theirs")
    logging.getLogger("someone").warning("theirs, bad")


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    vtb_log.configure("json", "info")
    assert vtb_log.current_format() == "json"
    speak()
    events = [json.loads(line) for line in capsys.readouterr().err.split("\n") if line]
    assert [(event["level"], event["logger"], event["message"]) for event in events] == [
        ("info", "vtb.a", 'a\u2028b qu"ote'),
        ("warning", "vtb.a", "watch\nout"),
        ("warning", "someone", "theirs, bad"),
    ]
    assert all(datetime.fromisoformat(event["time"]).utcoffset() is not None for event in events)


def test_text(capsys: pytest.CaptureFixture[str]) -> None:
    vtb_log.configure("text", "debug")
    assert vtb_log.current_format() == "text"
    speak()
    lines = [line[9:] for line in capsys.readouterr().err.splitlines() if line[:2].isdigit()]
    assert lines[0] == "debug d"
    assert lines[1].startswith("a")
    assert lines[2] == "warning watch"


def test_tracebacks_stay_in_their_event(capsys: pytest.CaptureFixture[str]) -> None:
    vtb_log.configure("json", "debug")
    try:
        raise ValueError("x")
    except ValueError:
        logging.getLogger("vtb").debug("caught", exc_info=True)
    event = json.loads(capsys.readouterr().err)
    assert event["message"] == "caught"
    assert "ValueError: x" in event["traceback"]


def test_every_line_of_a_failing_command_is_json() -> None:
    line = ("--size", "5", "--count", "40", "--log-format", "json", "--output", "/dev/null/x")
    result = call("vtb-gen-maze", *TINY, *line)
    events = [json.loads(line) for line in result.err.splitlines()]
    assert result.code == 3
    assert [event["level"] for event in events] == ["warning", "error"]
    assert events[-1]["message"].startswith("vtb-gen-maze: error: ")


def test_levels_hide_lines(tmp_path: Path) -> None:
    line = ("--count", "3", "--output", tmp_path)
    assert "complete" not in call("vtb-gen-maze", *TINY, *line, "--log-level", "error").err
