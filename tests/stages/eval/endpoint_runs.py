"""Runs of ``vtb-eval predict --endpoint``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chat_server import failure
from contract.command_line import Result, call

KEY = "sk-tEst0123456789abcdefGHIJ"
BUSY = failure("Rate limit reached", "rate_limit_exceeded")


def words(puzzles: Path, url: str, out: Path, *more: object, model: str = "served/model") -> list[Any]:
    """The command line of a run."""
    return ["predict", "--input", puzzles, "--endpoint", url, "--model", model, "--output", out, *more]


def ask(puzzles: Path, url: str, out: Path, *more: object, model: str = "served/model") -> Result:
    """Ask about the puzzles; the split ``test`` has seven."""
    return call("vtb-eval", *words(puzzles, url, out, *more, model=model))
