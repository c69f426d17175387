"""Options: a flag wins over the environment, that over the config file, that over a preset, that over the default."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import click
import pytest

from contract.command_line import TINY, Result, call, programs
from vtb.stage.declaration import StageCommand
from vtb.stage.describe import describe, env_prefix
from vtb.stage.option_types import RangeType, SizeType


@pytest.fixture
def plan(tmp_path: Path) -> Any:
    """Run the maze generator without writing, with a config file, and say what it would record."""

    def read(*arguments: object, config: str | None = None) -> dict[str, Any]:
        output = tmp_path / "o"
        line = [*arguments, "--count", "1", "--output", output]
        if config is not None:
            (tmp_path / "config.yaml").write_text(config)
            line += ["--config", tmp_path / "config.yaml"]
        result = call("vtb-gen-maze", "--workers", "1", "--overwrite", *line)
        assert result.code == 0, result.err
        found: dict[str, Any] = json.loads((output / "manifest.json").read_text())["config"]
        return found

    return read


def dry(*arguments: object) -> Result:
    return call("vtb-gen-maze", "--dry-run", "--output", "/tmp/nothing-is-written-here", *arguments)


def test_the_order_of_precedence(plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each layer is taken away in turn, from the strongest to the weakest."""
    small = ("--size", "5")
    config = "algorithm: dfs\nendpoints: random\n"
    monkeypatch.setenv("VTB_GEN_MAZE_ALGORITHM", "wilson")
    preset = ("--preset", "videothinkbench", *small)
    assert plan(*preset, "--algorithm", "dfs", config=config)["algorithm"] == "dfs"
    assert plan(*preset, config=config)["algorithm"] == "wilson"
    monkeypatch.delenv("VTB_GEN_MAZE_ALGORITHM")
    assert plan(*small, "--preset", "distinct", config=config)["algorithm"] == "dfs"
    assert plan(*preset, config=config)["endpoints"] == "random"
    assert plan(*preset)["algorithm"] == "dfs"
    assert plan(*preset)["endpoints"] == "corners"
    assert plan(*small)["algorithm"] == "wilson"


@pytest.mark.parametrize("first", ["preset", "config"])
def test_the_order_of_the_words_does_not_matter(tmp_path: Path, first: str) -> None:
    (tmp_path / "c.yaml").write_text("size: 7\n")
    words: dict[str, list[object]] = {
        "preset": ["--preset", "videothinkbench"],
        "config": ["--config", tmp_path / "c.yaml"],
    }
    last = "config" if first == "preset" else "preset"
    found = dry(*words[first], *words[last], "--count", "5")
    assert "5 samples" in found.out


@pytest.mark.parametrize("by_environment", [True, False])
def test_a_preset_may_stand_in_the_config_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_environment: bool
) -> None:
    (tmp_path / "c.yaml").write_text("preset: videothinkbench\n")
    if by_environment:
        monkeypatch.setenv("VTB_GEN_MAZE_CONFIG", str(tmp_path / "c.yaml"))
    words = () if by_environment else ("--config", tmp_path / "c.yaml")
    assert "30000 samples" in dry(*words).out


@pytest.mark.parametrize(
    ("config", "name", "value"),
    [
        ("size: 5", "size", [5]),
        ("size: [5, 7]", "size", [5, 7]),
        ("cell-px: 10", "cell_px", 10),
        ("cell_px: 10", "cell_px", 10),
        ("cell-px: '10'", "cell_px", 10),
        ("show-cell-ids: true", "show_cell_ids", True),
        ("video: true\nframes: 5\nclip-size: 64x96\nsize: 5", "clip_size", [64, 96]),
        ("video: true\nframes: 5\nclip-size: [64, 96]\nsize: 5", "clip_size", [64, 96]),
        ("line-width: null", "line_width", None),
        ("size: null", "size", [9]),
        ("", "size", [9]),
        ("# only a comment", "size", [9]),
    ],
)
def test_config_values(plan: Any, config: str, name: str, value: object) -> None:
    assert plan(config=config)[name] == value


@pytest.mark.parametrize(("text", "value"), [("7 9", [7, 9]), ("5", [5])])
def test_several_values_in_one_variable(plan: Any, monkeypatch: pytest.MonkeyPatch, text: str, value: object) -> None:
    monkeypatch.setenv("VTB_GEN_MAZE_SIZE", text)
    assert plan()["size"] == value


def test_a_flag_in_the_environment(plan: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTB_GEN_MAZE_SHOW_CELL_IDS", "1")
    assert plan("--size", "5")["show_cell_ids"] is True
    monkeypatch.setenv("VTB_GEN_MAZE_SHOW_CELL_IDS", "0")
    assert plan("--size", "5")["show_cell_ids"] is False


def test_options_that_change_no_byte_are_not_recorded(plan: Any) -> None:
    recorded = plan(*TINY)
    assert not {"workers", "output", "num_shards", "overwrite", "log_level", "config", "preset"} & set(recorded)
    assert {"seed", "size", "count", "samples_per_shard", "layout"} <= set(recorded)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ("{", "cannot be read as YAML"),
        ("- size", "must map option names to values"),
        ("just words", "must map option names to values"),
        ("sise: 9", "vtb-gen-maze has no option 'sise': did you mean size?"),
        ("zzzzzz: 9", "vtb-gen-maze has no option 'zzzzzz' (see"),
        ("describe: true", "has no option 'describe'"),
        ("size: nine", "Invalid value for '--size': 'nine' is not a valid integer"),
        ("size: {a: 1}", "size cannot be a dict"),
        ("count: 0", "Invalid value for '--count': 0 is not in the range x>=1"),
        ("clip-size: [a, b]", "is not a size: write width x height"),
        ("clip-size: 480", "'480' is not a size"),
        ("size: 9.5", "'9.5' is not a valid integer"),
        ("seed: true", "'true' is not a valid integer"),
        ("seed: 2026-01-01", "seed cannot be a date"),
        ("size: []", "--size: give at least one"),
        ("size: [null]", "size cannot be a NoneType"),
        ("seed: [1]", "seed cannot be a list"),
        ("algorithm: prim", "'prim' is not one of 'wilson', 'dfs'"),
    ],
)
def test_bad_config_files(tmp_path: Path, config: str, says: str) -> None:
    (tmp_path / "c.yaml").write_text(config)
    result = dry("--config", tmp_path / "c.yaml")
    assert result.code == 2
    assert result.error_lines == [result.err.strip()]
    assert says in result.err


@pytest.mark.parametrize(
    ("text", "size"), [("480x832", (480, 832)), ("64X32", (64, 32)), ((64, 32), (64, 32)), ([64, 32], (64, 32))]
)
def test_sizes(text: object, size: tuple[int, int]) -> None:
    assert SizeType().convert(text, None, None) == size


@pytest.mark.parametrize(
    "text", ["", "480", "x", "480x", "4x5x6", "-4x5", "4.5x5", "²x2", "axb", ["a", 2], (1, 2, 3), f"{'9' * 5000}x32"]
)
def test_other_sizes_are_refused(text: object) -> None:
    with pytest.raises(click.BadParameter, match="write width x height, for example 480x480"):
        SizeType().convert(text, None, None)


INFINITY = float("inf")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("path_length=10..40", ("path_length", 10.0, 40.0)),
        ("turns=3..", ("turns", 3.0, INFINITY)),
        ("turns=..-2.5", ("turns", -INFINITY, -2.5)),
        ("a=..", ("a", -INFINITY, INFINITY)),
        (("a", 1.0, 2.0), ("a", 1.0, 2.0)),
    ],
)
def test_ranges(text: object, found: tuple[str, float, float]) -> None:
    assert RangeType().convert(text, None, None) == found


@pytest.mark.parametrize("text", ["", "turns", "turns=", "turns=3", "=1..2", "turns=a..b", "1..2"])
def test_other_ranges_are_refused(text: str) -> None:
    with pytest.raises(click.BadParameter, match=re.escape("write for example path_length=10..40")):
        RangeType().convert(text, None, None)


def test_every_option_says_its_variable() -> None:
    command = programs()["vtb-gen-maze"]
    assert isinstance(command, StageCommand)
    contract = describe(command)
    assert env_prefix("vtb-prepare vlm") == "VTB_PREPARE_VLM"
    shown = call("vtb-gen-maze", "--help").out.replace("\n", " ")
    for name, option in contract["options"]["properties"].items():
        if name not in ("describe", "version"):
            assert option["x-env"] in re.sub(r"(?<=\w)\s+(?=\w)|\s+", "", shown)


def test_the_version_names_image_and_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    assert re.fullmatch(r"vtb-train \d+\.\d+\S*\n", call("vtb-gen-maze", "--version").out)
    monkeypatch.setenv("VTB_REVISION", "abc")
    monkeypatch.setenv("VTB_IMAGE_DIGEST", "sha256:1")
    assert call("vtb-gen-maze", "--version").out.endswith(", commit abc, image sha256:1\n")
