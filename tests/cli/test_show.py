"""``vtb show``: what an artifact holds, where it comes from, and whether it is still whole."""

from __future__ import annotations

import hashlib
import json
import shutil
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.command_line import TINY, call, run
from vtb.artifact import Manifest, ShardEntry, find_manifest, read_manifest
from vtb.cli.show import describe, flat, line_of, lineage
from vtb.store import open_store
from vtb_prepare.vlm import STAGE

if TYPE_CHECKING:
    from buckets import Bucket

MAZES = ("vtb-gen-maze", "--size", "7", "--cell-px", "8", "--endpoints", "random", "--workers", "1")


def chain(root: str) -> str:
    """Two generators, curated together, prepared; returns the place of the last."""
    for words in (
        (*MAZES, "--count", 8, "--samples-per-shard", 3, "--output", f"{root}/one"),
        (*MAZES, "--count", 5, "--seed", 7, "--output", f"{root}/two"),
        ("vtb-curate", "--input", f"{root}/one", "--input", f"{root}/two", "--val", "0.3", "--workers", "1",
         "--output", f"{root}/curated"),
        ("vtb-prepare", "vlm", "--input", f"{root}/curated", "--workers", "1", "--output", f"{root}/dataset"),
    ):  # fmt: skip
        done = call(*words)
        assert done.code == 0, done.err
    return f"{root}/dataset"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(chain(str(tmp_path_factory.mktemp("chain"))))


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """The dataset alone, to be damaged."""
    return Path(shutil.copytree(made, tmp_path / "dataset"))


def test_shows_what_it_is_and_where_from(made: Path) -> None:
    done = run("vtb", "show", made)
    assert (done.code, done.err) == (0, ""), done.err
    lines = done.out.splitlines()
    manifest = read_manifest(str(made))
    assert lines[0] == str(made)
    assert f"swift-dataset, {manifest.rows:,} rows" in lines[1]
    assert f"  digest    {manifest.digest}" in lines
    assert f"made by   vtb-prepare vlm (stage version {STAGE.version}, vtb-train " in done.out
    assert "    val: 0.05" in lines
    assert f"    rows.train: {manifest.metrics['rows']['train']}" in lines
    root = made.parent
    assert lines[-3:] == [
        f"    from {root}/curated (puzzles by vtb-curate)",
        f"      from {root}/one (puzzles by vtb-gen-maze)",
        f"      from {root}/two (puzzles by vtb-gen-maze)",
    ]


def test_shows_splits(made: Path) -> None:
    manifest = read_manifest(f"{made.parent}/curated")
    (line,) = [line for line in describe(f"{made.parent}/curated", manifest) if "splits" in line]
    assert line == "  splits    " + ", ".join(f"{name} {rows}" for name, rows in manifest.splits.items())
    assert "train" in line


def test_json_is_the_manifest(made: Path) -> None:
    done = run("vtb", "show", "--json", made)
    assert (done.code, done.out) == (0, (made / "manifest.json").read_text())


def test_lineage_says_what_is_gone_or_has_changed(made: Path, tmp_path: Path) -> None:
    root = tmp_path / "moved"
    dataset = chain(str(root))
    shutil.rmtree(root / "two")
    assert call(*MAZES, "--count", 3, "--overwrite", "--output", root / "one").code == 0
    lines = [line_of(ancestor) for ancestor in lineage(read_manifest(dataset))]
    assert "has changed since: its digest is another" in lines[1]
    assert lines[2].endswith(f"from {root}/two (puzzles) (no artifact (a plain folder, or gone))")
    shutil.rmtree(root / "curated")
    assert len([line_of(ancestor) for ancestor in lineage(read_manifest(dataset))]) == 1
    assert run("vtb", "show", dataset).code == 0


def test_lineage_survives_a_store_that_cannot_be_read(made: Path, tmp_path: Path, no_s3_env: None) -> None:
    shutil.copytree(made, tmp_path / "here")
    path = tmp_path / "here" / "manifest.json"
    data = json.loads(path.read_text())
    data["inputs"][0]["uri"] = "s3://somewhere/else"
    path.write_text(json.dumps(data))
    done = run("vtb", "show", tmp_path / "here")
    assert done.code == 0, done.err
    assert "from s3://somewhere/else (puzzles) (cannot be read now:" in done.out


def test_verify_reads_everything(made: Path) -> None:
    done = run("vtb", "show", "--verify", made)
    assert done.code == 0, done.err
    assert f"all {len([*read_manifest(str(made)).all_files()])} objects are as the manifest says" in done.err


def test_verify_finds_one_changed_byte_in_any_object(copy: Path) -> None:
    files = [*read_manifest(str(copy)).all_files()]
    kinds = {file.path.rpartition(".")[2]: file for file in files}
    assert {"jsonl", "tar", "md"} <= set(kinds)
    for file in kinds.values():
        whole = (copy / file.path).read_bytes()
        middle = len(whole) // 2
        (copy / file.path).write_bytes(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])
        done = run("vtb", "show", "--verify", copy)
        assert done.code == 3, done.err
        assert f"1 of {len(files)} objects are damaged ({file.path} has another content)" in done.error_lines[0]
        (copy / file.path).write_bytes(whole)
    assert run("vtb", "show", "--verify", copy).code == 0


def test_verify_finds_what_is_missing_or_cut_short(copy: Path) -> None:
    gone, cut, *_ = read_manifest(str(copy)).all_files()
    (copy / gone.path).unlink()
    (copy / cut.path).write_bytes(b"")
    done = run("vtb", "show", "--verify", copy)
    assert done.code == 3
    assert f"{gone.path} is missing; {cut.path} has another content" in done.error_lines[0]


def test_verify_reads_large_objects_by_way_of_the_disk(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vtb.cli import show
    from vtb.errors import BadInput

    monkeypatch.setattr(show, "IN_MEMORY", 0)
    manifest = read_manifest(str(copy))
    show.check_all(open_store(str(copy)), manifest)
    first, second, *_ = manifest.all_files()
    (copy / first.path).write_bytes(b"x")
    (copy / second.path).unlink()
    with pytest.raises(BadInput, match=f"{first.path} has another content; {second.path} is missing"):
        show.check_all(open_store(str(copy)), manifest)


class _Ones:
    """A store of as many equal objects as are asked for, which notes how much memory is in use."""

    uri = "ones"

    def __init__(self, manifest: Manifest) -> None:
        self.manifest, self.in_use = manifest.to_json(), list[int]()

    def get_bytes(self, key: str, limit: int) -> bytes:
        self.in_use.append(tracemalloc.get_traced_memory()[0])
        return self.manifest if key == "manifest.json" else b"1"


def test_verify_needs_the_same_memory_for_any_number_of_shards(made: Path) -> None:
    from vtb.cli.show import check_all

    one = hashlib.sha256(b"1").hexdigest()
    shards = [ShardEntry(f"shards/{number:05d}.tar", 1, 1, one) for number in range(8_000)]
    manifest = replace(read_manifest(str(made)), shards=shards, files=())
    store = _Ones(manifest)
    tracemalloc.start()
    try:
        check_all(store, manifest)  # type: ignore[arg-type]  # only what verifying needs
    finally:
        tracemalloc.stop()
    assert len(store.in_use) == 8_001
    # What waits for the collector of garbage is up to two megabytes; a kilobyte kept of each shard would be eight.
    assert max(store.in_use[1:]) - min(store.in_use[1:]) < 4_000_000


def test_verify_does_not_read_what_is_too_large_and_names_three(copy: Path) -> None:
    files = [*read_manifest(str(copy)).all_files()]
    for file in files:
        with (copy / file.path).open("r+b") as longer:
            longer.truncate(1 << 40)
    done = run("vtb", "show", "--verify", copy)
    assert done.code == 3
    (line,) = done.error_lines
    assert f"{len(files)} of {len(files)} objects are damaged" in line
    assert line.count("has another content") == 3


@pytest.mark.store
def test_on_s3(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = chain(f"{s3.uri}/run")
    done = run("vtb", "show", "--verify", dataset)
    assert done.code == 0, done.err
    assert f"from {s3.uri}/run/two (puzzles by vtb-gen-maze)" in done.out
    assert s3.env["AWS_SECRET_ACCESS_KEY"] not in done.out + done.err
    store, manifest = open_store(dataset), read_manifest(dataset)
    store.put_bytes(manifest.shards[0].path, b"not the rows")
    store.delete([manifest.files[0].path])
    broken = run("vtb", "show", "--verify", dataset)
    assert broken.code == 3
    assert f"{manifest.files[0].path} is missing" in broken.err
    assert f"{manifest.shards[0].path} has another content" in broken.err
    monkeypatch.setattr("vtb.cli.show.IN_MEMORY", 0)
    from vtb.cli import show

    assert show._problem(store, manifest.shards[0]) == f"{manifest.shards[0].path} has another content"  # type: ignore[arg-type]
    assert show._problem(store, manifest.files[0]) == f"{manifest.files[0].path} is missing"
    assert show._problem(store, manifest.files[-1]) is None


def test_what_is_no_artifact(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "odd").mkdir()
    (tmp_path / "odd" / "manifest.json").write_text("{}")
    (copy / "manifest.json").unlink()
    for place, part in (
        (tmp_path / "empty", "holds no artifact"),
        (tmp_path / "none", "holds no artifact"),
        (tmp_path / "odd", "is damaged"),
        (copy, "is an unfinished artifact: run its stage again"),
    ):
        done = run("vtb", "show", place)
        assert (done.code, done.out, len(done.err.splitlines())) == (3, "", 1), done.err
        assert part in done.err
    assert find_manifest(open_store(str(copy))) is None


def test_nested_figures_are_flattened() -> None:
    assert list(flat({"a": {"b": 1, "c": {"d": 2}}, "e": 3})) == ["a.b: 1", "a.c.d: 2", "e: 3"]


def test_how_hard_puzzles_are_is_one_line_for_each_kind() -> None:
    figures = {"size": {"min": 9.0, "mean": 9.0, "max": 9.0}, "turns": {"min": 2.0, "mean": 5.25, "max": 11.0}}
    metrics = {"distinct_puzzles": 3, "difficulty": {"maze_square-09": figures, "odd": {"min": 1, "max": "x"}}}
    assert list(flat(metrics)) == [
        "distinct_puzzles: 3",
        "difficulty.maze_square-09: size 9, turns 2 to 11 (mean 5.25)",
        "difficulty.odd.min: 1",
        "difficulty.odd.max: x",
    ]


def test_tools_come_last(tmp_path: Path) -> None:
    assert run("vtb-gen-maze", *TINY, "--count", "2", "--output", tmp_path / "m").code == 0
    lines = run("vtb", "show", tmp_path / "m").out.splitlines()
    assert lines[-1].startswith("  tools     python ")
    assert len([line for line in lines if "difficulty" in line]) == 1
