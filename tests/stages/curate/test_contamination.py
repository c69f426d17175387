"""``vtb-curate --benchmark``: no puzzle of a benchmark stays, however the benchmark is given."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import call
from shared.benchmarks.videothinkbench.benchmark_like import ours, pictures, published, task_of
from vtb.artifact import Plan, ShardEntry, read_manifest
from vtb.artifact.output import Output
from vtb.formats.webdataset import write_tar
from vtb.media.image import encode_rgb
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import render

NAMES = ("maze_square", "maze_hexagon", "maze_circle", "midpoint", "arc_connect", "arc_agi_2", "visual_color_grid")
COUNT = 4


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Training data of every kind, and a benchmark with the second puzzle of each."""
    root = tmp_path_factory.mktemp("contamination")
    output = Output(str(root / "puzzles"), Plan("puzzles", "vtb-gen-test", 1, {}))
    output.begin()
    samples = [render(find_family(name), ours(name, index)) for name in NAMES for index in range(COUNT)]
    data = output.put("shards/00000.tar", write_tar(samples))
    output.commit([output.add_shard(ShardEntry(data.path, len(samples), data.bytes, data.sha256))], [], {})
    for name in NAMES:  # with the second puzzle of each kind alone
        folder, record = root / "benchmark" / task_of(name), scaled(published(name, 1))
        folder.mkdir(parents=True)
        for part, picture in zip(("image", "solution_image_path"), pictures(name, 1), strict=True):
            (folder / f"{part}.png").write_bytes(encode_rgb(picture))
            record[part] = f"{part}.png"
        (folder / "data.json").write_text(json.dumps([record]))
    return root


def scaled(record: dict[str, Any]) -> dict[str, Any]:
    """An eyeballing record half as large again, with other letters: the same puzzle."""
    if "candidates" not in record or "cx" in record["candidates"][0]:
        return record
    letters = dict(zip("ABCDE", "CEABD", strict=True))
    points = [
        {"x": entry["x"] * 1.5, "y": entry["y"] * 1.5, "label": letters[entry["label"]]}
        for entry in record["candidates"]
    ]
    size = [side * 3 // 2 for side in record["canvas_dimensions"]]
    right = letters[record["correct_option"]]
    return {**record, "candidates": points, "canvas_dimensions": size, "correct_option": right}


def test_puzzles_of_the_benchmark_are_dropped(world: Path, tmp_path: Path) -> None:
    words = ("vtb-curate", "--input", world / "puzzles", "--workers", "1", "--val", "0", "--test", "0")
    clean = call(*words, "--output", tmp_path / "all")
    assert clean.code == 0, clean.err
    assert read_manifest(str(tmp_path / "all")).rows == COUNT * len(NAMES)
    done = call(*words, "--benchmark", world / "benchmark", "--output", tmp_path / "out")
    assert done.code == 0, done.err
    manifest = read_manifest(str(tmp_path / "out"))
    known = [name for name in NAMES if not name.startswith("visual_")]
    assert manifest.metrics["in_benchmark"] == dict.fromkeys(known, 1)
    assert manifest.rows == COUNT * len(NAMES) - len(known)
    assert "do not tell which puzzle they are: visual_color_grid (1): not checked" in done.err
    assert [entry.kind for entry in manifest.plan.inputs] == ["puzzles", "vlmpuzzle-folder"]
    card = (tmp_path / "out" / "README.md").read_text()
    assert "| dropped: in the benchmark, midpoint | 1 |" in card


def test_a_benchmark_may_be_an_artifact(world: Path, tmp_path: Path) -> None:
    words = ("vtb-curate", "--input", world / "puzzles", "--benchmark", world / "puzzles", "--workers", "1")
    done = call(*words, "--output", tmp_path / "out")
    assert done.code == 3
    assert "nothing is left of 28 samples" in done.err


def test_a_damaged_benchmark_is_told(world: Path, tmp_path: Path) -> None:
    (tmp_path / "b" / "midpoint").mkdir(parents=True)
    (tmp_path / "b" / "midpoint" / "data.json").write_text('[{"id": "a", "image": "a.png"}]')
    words = ("vtb-curate", "--input", world / "puzzles", "--benchmark", tmp_path / "b", "--workers", "1")
    done = call(*words, "--output", tmp_path / "out")
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert "record 'a' cannot be used" in done.error_lines[0]


def test_one_odd_record_of_the_benchmark_stops_nothing(world: Path, tmp_path: Path) -> None:
    """Nobody can be asked about it; with nothing but odd ones the run stops, since nothing would be looked for."""
    benchmark = tmp_path / "benchmark" / "midpoint"
    shutil.copytree(world / "benchmark" / task_of("midpoint"), benchmark)
    (whole,) = json.loads((benchmark / "data.json").read_text())
    outside = [{**whole["candidates"][0], "x": -30.0}, *whole["candidates"][1:]]
    odd = {**whole, "id": "odd", "candidates": outside}
    (benchmark / "data.json").write_text(json.dumps([odd, whole]))
    words = ("vtb-curate", "--input", world / "puzzles", "--workers", "1", "--benchmark", benchmark.parent)
    done = call(*words, "--output", tmp_path / "out")
    assert done.code == 0, done.err
    assert "1 records of the benchmark cannot be used: not checked; the first: " in done.err
    assert "in the benchmark, midpoint: 1" in done.err
    (benchmark / "data.json").write_text(json.dumps([odd]))
    none = call(*words, "--output", tmp_path / "none")
    assert (none.code, len(none.error_lines), "'odd' cannot be used" in none.err) == (3, 1, True), none.err
