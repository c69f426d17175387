"""A program that is a stage itself and has others as subcommands: ``vtb-curate`` and ``vtb-curate videos``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.command_line import call, run
from vtb.stage.registry import find_stage, installed


def test_both_describe_themselves() -> None:
    alone, other = (json.loads(call("vtb-curate", *words, "--describe").out) for words in ((), ("videos",)))
    assert (alone["command"], alone["writes"]) == ("vtb-curate", ["puzzles"])
    assert (other["command"], other["writes"]) == ("vtb-curate videos", ["videos"])
    assert alone["options"]["properties"]["val"]["x-env"] == "VTB_CURATE_VAL"
    assert other["options"]["properties"]["legacy"]["x-env"] == "VTB_CURATE_VIDEOS_LEGACY"


def test_both_are_stages() -> None:
    names = [name for name in installed() if name.startswith("curate")]
    assert names == ["curate", "curate videos"]
    one, other = find_stage("curate"), find_stage("vtb-curate videos")
    assert (one.words, other.words, one.target == other.target) == ([], ["videos"], True)
    assert other.stage.slug == "curate-videos"


def test_help_names_the_other() -> None:
    shown = run("vtb-curate", "--help").out
    assert "--difficulty" in shown
    assert "Other commands:\n  vtb-curate videos  Choose videos" in shown
    other = run("vtb-curate", "videos", "--help").out
    assert other.startswith("Usage: vtb-curate videos [OPTIONS]")
    assert "--difficulty" not in other


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("vidoes",), "vtb-curate: error: there is no command 'vidoes': did you mean videos? (see vtb-curate --help)"),
        (("x",), "vtb-curate: error: there is no command 'x': write an option, or videos (see vtb-curate --help)"),
        ((), "vtb-curate: error: Missing option '--input'"),
        (("videos",), "vtb-curate videos: error: Missing option '--output'"),
        (("videos", "--vall"), "vtb-curate videos: error: No such option '--vall'"),
    ],
)
def test_wrong_words(words: tuple[str, ...], says: str) -> None:
    done = call("vtb-curate", *words)
    assert (done.code, done.out) == (2, "")
    assert says in done.err
    assert "Traceback" not in done.err


def test_variables_of_the_other_are_no_strangers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VTB_CURATE_VIDEOS_LEGACY", "1")
    monkeypatch.setenv("VTB_CURATE_VALL", "1")
    err = call("vtb-curate", "--input", tmp_path / "none", "--output", tmp_path / "out").err
    assert "VTB_CURATE_VALL is no option of vtb-curate" in err
    assert "VTB_CURATE_VIDEOS_LEGACY" not in err
    monkeypatch.setenv("VTB_CURATE_VIDEOS_LEGASY", "1")
    words = ("--videos", tmp_path, "--endpoint", "http://localhost:1/v1", "--model", "m", "--output", tmp_path / "out")
    err = call("vtb-curate", "videos", *words).err
    assert "VTB_CURATE_VIDEOS_LEGASY is no option of vtb-curate videos" in err


def test_options_of_the_other_from_everywhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A flag wins over the environment, that over the file, that over the default."""
    (tmp_path / "captions.csv").write_text("videoID,caption\na,b\n")
    (tmp_path / "config.yaml").write_text("endpoint: http://localhost:1/v1\nmodel: m\nreasks: 6\nseed: 6\n")
    monkeypatch.setenv("VTB_CURATE_VIDEOS_REASKS", "4")
    words = ("--config", tmp_path / "config.yaml", "--captions", tmp_path / "captions.csv", "--output", tmp_path / "o")
    shown = call("vtb-curate", "videos", *words, "--dry-run")
    assert "(5 if every answer" in shown.out, shown.err
    shown = call("vtb-curate", "videos", *words, "--dry-run", "--reasks", 1)
    assert "(2 if every answer" in shown.out, shown.err
