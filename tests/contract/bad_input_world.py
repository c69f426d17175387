"""What the cases of ``test_bad_input`` name: good artifacts and folders, and each kind of bad one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from contract.command_line import TINY, call
from vtb.artifact import InputEntry, Plan, ShardEntry
from vtb.artifact.output import Output
from vtb.formats.webdataset import Sample, read_tar, write_tar

MAZE = "vtb-gen-maze"


def commit(folder: Path, kind: str, samples: list[Sample], split: str | None = None) -> None:
    """An artifact of one shard."""
    output = Output(str(folder), Plan(kind, "vtb-test", 1, {}, (InputEntry("/x", "puzzles", "0"),)))
    output.begin()
    data = output.put("shards/00000.tar", write_tar(samples))
    output.commit([output.add_shard(ShardEntry(data.path, len(samples), data.bytes, data.sha256, split))])


def make_world(base: Path) -> None:
    """Everything that the cases name: good artifacts, and each kind of bad one."""
    mazes = base / "mazes"
    assert call(MAZE, *TINY, "--count", "6", "--samples-per-shard", "3", "--output", mazes).code == 0
    assert call(MAZE, *TINY, "--count", "2", "--layout", "folder", "--output", base / "folder").code == 0
    samples = list(read_tar((mazes / "shards" / "00000.tar").read_bytes()))
    commit(base / "test-only", "puzzles", samples, "test")
    commit(base / "bad-record", "puzzles", [Sample("a", {**samples[0].parts, "json": b"{}"})])
    commit(base / "odd-predictions", "predictions", [Sample("a", {"json": b"{}", "puzzle.png": b""})])
    for name in ("unfinished", "broken-manifest", "lost-shard", "flipped-shard"):
        shutil.copytree(mazes, base / name)
    (base / "unfinished" / "manifest.json").unlink()
    (base / "broken-manifest" / "manifest.json").write_bytes(b'{"schema": ')
    (base / "lost-shard" / "shards" / "00001.tar").unlink()
    flipped = base / "flipped-shard" / "shards" / "00000.tar"
    flipped.write_bytes(b"\xff" * 512 + flipped.read_bytes()[512:])
    commit(base / "flipped-predictions", "predictions", samples)
    shutil.copy(flipped, base / "flipped-predictions" / "shards" / "00000.tar")
    (base / "broken-plan").mkdir()
    (base / "broken-plan" / "plan.json").write_bytes(b"{")
    (base / "foreign").mkdir()
    (base / "foreign" / "notes.txt").write_text("mine")
    (base / "file").write_text("a file")
    make_folders(base)
    configs = {"broken": "{", "unknown": "sise: 9", "typed": "fps: nine", "words": "hello", "nested": "size: {a: 1}"}
    for name, text in configs.items():
        (base / f"{name}.yaml").write_text(text)


def make_folders(base: Path) -> None:
    """Folders in the VLMPuzzle layout, each with one thing wrong."""
    good = json.loads((base / "folder" / "maze_square" / "data.json").read_text())
    changes: dict[str, Callable[[dict[str, Any]], object]] = {
        "dots": lambda record: record.update(image="../../../../etc/passwd"),
        "no-picture": lambda record: record.update(image="puzzles/gone.png"),
        "no-image": lambda record: record.pop("image"),
        "image-number": lambda record: record.update(image=5),
        "no-id": lambda record: record.pop("id"),
        "other-family": lambda record: record.update(task="maze_round"),
        "no-family": lambda record: (record.pop("source"), record.pop("maze_grid"), record.update(task="sudoku")),
        "later": lambda record: record.update(version=99),
        "no-prompts": lambda record: record.pop("prompts"),
        "bad-grid": lambda record: record.update(maze_grid=[[0]]),
        "odd-grid": lambda record: record["maze_grid"][0].__setitem__(0, 2),
    }
    for name, change in changes.items():
        shutil.copytree(base / "folder" / "maze_square", base / name)
        records = json.loads(json.dumps(good))
        change(records[1])
        (base / name / "data.json").write_text(json.dumps(records))
    contents = {"broken-data": "[{", "no-list": '{"a": 1}', "no-records": "[1, 2]", "empty-data": "[]"}
    for name, content in contents.items():
        (base / name).mkdir()
        (base / name / "data.json").write_text(content)
    shutil.copytree(base / "folder" / "maze_square", base / "text-picture")
    for picture in (base / "text-picture" / "puzzles").iterdir():
        picture.write_text("no picture")
