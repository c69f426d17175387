"""Bytes that are no UTF-8 on the command line: a shell passes them, a manifest cannot hold them."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.command_line import TINY, call

ODD = "a\udc80"  # how Python passes on a byte of another encoding


@pytest.fixture(scope="module")
def mazes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("odd") / "mazes"
    assert call("vtb-gen-maze", *TINY, "--count", "2", "--output", out).code == 0
    return out


@pytest.mark.parametrize(
    "line",
    [
        ("vtb-curate", "--difficulty", f"{ODD}=1..", "--input", "{m}"),
        ("vtb-curate", "--benchmark", ODD, "--input", "{m}"),
        ("vtb-eval", "predict", "--split", ODD, "--model", "{m}", "--input", "{m}"),
        ("vtb-eval", "score", "--answers", "{m}", "--split", ODD, "--input", "{m}"),
        ("vtb-train-vlm", "sft", "--model", "{m}", "--deepspeed", ODD, "--input", "{m}"),
        ("vtb-train-vlm", "sft", "--model", "{m}", "--input", "{m}", "--", "--warmup_ratio", ODD),
    ],
    ids=lambda line: f"{line[0]} {line[1]}",
)
def test_words_that_are_not_utf8(line: tuple[str, ...], mazes: Path, tmp_path: Path) -> None:
    head = 2 if line[0] != "vtb-curate" else 1
    words = [*line[:head], "--output", str(tmp_path / "o"), *line[head:]]
    done = call(*(word.format(m=mazes) for word in words))
    assert (done.code, len(done.error_lines)) == (2, 1), done.err
    assert "is not UTF-8" in done.err
    assert not (tmp_path / "o").exists()
