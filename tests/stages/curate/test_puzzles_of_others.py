"""``vtb-curate`` on folders and files of others, in which some puzzles cannot be judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow
import pyarrow.parquet
import pytest

from shared.benchmarks.videothinkbench.benchmark_like import pictures, published, task_of, write_folder
from stages.curate.curate_runs import curate, good, samples
from vtb.artifact import read_manifest
from vtb.media.image import encode_rgb

ODD = "puzzle of others cannot be judged"
PARTS = ("--val", "0", "--test", "0")


def folder_with_odd(root: Path) -> Path:
    """Three midpoints; of another one a candidate lies outside the canvas, as of 11 in 300 of the benchmark's tools."""
    folder = write_folder(root, ["midpoint"], 3) / "midpoint"
    records: list[dict[str, Any]] = json.loads((folder / "data.json").read_text())
    outside = [{**records[0]["candidates"][0], "x": -30.0}, *records[0]["candidates"][1:]]
    odd = {**records[0], "id": "outside", "candidates": outside}
    (folder / "data.json").write_text(json.dumps([odd, *records]))
    return root


def parquet_with_odd(root: Path) -> Path:
    """The same as rows, of which one shows no five candidates."""
    rows = []
    for key, index in (("outside", 0), *((None, index) for index in range(3))):
        puzzle, solution = pictures("midpoint", index)
        if key:
            puzzle = puzzle.copy()
            puzzle[:] = 255
        record = published("midpoint", index)
        rows.append({"task": task_of("midpoint"), "id": key or record["id"], "prompt": "Mark the midpoint.",
                     "image": encode_rgb(puzzle), "solution_image": encode_rgb(solution)})  # fmt: skip
    root.mkdir()
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), root / "train-0.parquet")
    return root


@pytest.mark.parametrize("make", [folder_with_odd, parquet_with_odd])
def test_they_are_listed_and_stop_nothing(make: Any, tmp_path: Path) -> None:
    """A quarter of the input, and no damage."""
    manifest = good(tmp_path / "o", make(tmp_path / "theirs"), more=PARTS)
    assert manifest.rows == len(samples(tmp_path / "o")) == 3
    assert manifest.metrics["quarantined"] == {ODD: 1}
    (said,) = [
        verdict
        for file in sorted((tmp_path / "o" / "verdicts").glob("*.jsonl"))
        for verdict in map(json.loads, file.read_text().splitlines())
        if verdict["problem"]
    ]
    assert (said["key"], said["problem"]) == ("outside", ODD)
    assert "candidate" in said["detail"]


def test_damage_beside_them_still_counts(tmp_path: Path) -> None:
    folder = folder_with_odd(tmp_path / "theirs")
    (folder / "midpoint" / "puzzles" / "1.png").write_bytes(b"no picture")
    done = curate(tmp_path / "o", folder, more=PARTS)
    assert done.code == 5
    assert "1 of 4 samples are bad (record is damaged: 1), more than --max-bad 0.01" in done.error_lines[0]


def test_nothing_but_those_is_an_error(tmp_path: Path) -> None:
    folder = folder_with_odd(tmp_path / "theirs")
    file = folder / "midpoint" / "data.json"
    file.write_text(json.dumps(json.loads(file.read_text())[:1]))
    done = curate(tmp_path / "o", folder, more=PARTS)
    assert (done.code, len(done.error_lines), f"{ODD}: 1" in done.error_lines[0]) == (3, 1, True), done.err
    assert not [file for file in (tmp_path / "o").rglob("*") if file.is_file()]


def test_prepare_names_them_too(tmp_path: Path) -> None:
    from stages.prepare.prepare_runs import good as prepared

    prepared(tmp_path / "o", folder_with_odd(tmp_path / "theirs"), more=("--val", "0"))
    (said,) = read_manifest(str(tmp_path / "o")).metrics["left_out"]
    assert "'outside' cannot be used (a candidate lies outside the canvas)" in said
