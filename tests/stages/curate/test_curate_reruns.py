"""``vtb-curate``: the same bytes by any number of workers, after any loss, and in S3."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.command_line import files, without_run
from stages.curate.curate_runs import by_split, curate, good, replaced, rewrite
from vtb.artifact import read_manifest
from vtb.formats.webdataset import Sample

if TYPE_CHECKING:
    from buckets import Bucket


@pytest.fixture(scope="module")
def mixed(mazes: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An input with damage and repeats, and what one worker makes of it."""
    base = tmp_path_factory.mktemp("mixed")
    shutil.copytree(mazes, base / "m")
    rewrite(
        base / "m",
        "shards/00001.tar",
        lambda found: [replaced(found[0], json=b"{"), *found[1:], Sample("x", found[2].parts)],
    )
    good(base / "o", base / "m", mazes, more=MIXED)
    return base / "m", base / "o"


MIXED = ("--max-bad", "0.5", "--val", "0.3", "--test", "0.2", "--samples-per-shard", "4")


def test_workers_do_not_change_a_byte(mixed: tuple[Path, Path], mazes: Path, tmp_path: Path) -> None:
    good(tmp_path, mixed[0], mazes, more=(*MIXED, "--workers", "3"))
    assert without_run(files(tmp_path)) == without_run(files(mixed[1]))


@pytest.mark.parametrize("seed", range(4))
def test_a_rerun_goes_on_from_anywhere(mixed: tuple[Path, Path], mazes: Path, tmp_path: Path, seed: int) -> None:
    """Whatever a killed run had not written yet, the rest is made and nothing else is touched."""
    shutil.copytree(mixed[1], tmp_path, dirs_exist_ok=True)
    rng = random.Random(seed)
    (tmp_path / "manifest.json").unlink()
    data = [path for path in files(tmp_path) if path.startswith(("shards/", "verdicts/", "quarantine/"))]
    lost = rng.sample(data, rng.randrange(1, len(data)))
    for path in lost:
        (tmp_path / path).unlink()
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in files(tmp_path) if path.endswith(".done.json")}
    good(tmp_path, mixed[0], mazes, more=MIXED)
    assert without_run(files(tmp_path)) == without_run(files(mixed[1]))
    redone = {path.removesuffix(".done.json") for path in lost}
    for path, time in before.items():
        if path.removesuffix(".done.json") not in redone:
            assert (tmp_path / path).stat().st_mtime_ns == time, path


def test_curating_twice_changes_nothing_but_the_names(mixed: tuple[Path, Path], tmp_path: Path) -> None:
    good(tmp_path, mixed[1], more=("--val", "0.3", "--test", "0.2"))
    assert by_split(tmp_path) == by_split(mixed[1])
    assert read_manifest(str(tmp_path)).metrics["duplicates"] == {}


def test_an_input_that_changed_is_another_configuration(mazes: Path, tmp_path: Path) -> None:
    shutil.copytree(mazes, tmp_path / "m")
    good(tmp_path / "o", tmp_path / "m")
    rewrite(tmp_path / "m", "shards/00000.tar", lambda found: found[1:])
    result = curate(tmp_path / "o", tmp_path / "m")
    assert result.code == 3
    assert "made differently (the content of its inputs)" in result.err


@pytest.mark.store
def test_from_s3_to_s3(mixed: tuple[Path, Path], mazes: Path, s3: Bucket) -> None:
    root = s3.server.root / s3.name
    shutil.copytree(mixed[0], root / "m")
    shutil.copytree(mazes, root / "mazes")
    result = curate(f"{s3.uri}/o", f"{s3.uri}/m", f"{s3.uri}/mazes", more=MIXED)
    assert result.code == 0, result.err
    assert read_manifest(f"{s3.uri}/o").digest == read_manifest(str(mixed[1])).digest


@pytest.mark.parametrize(
    ("refused", "says"),
    [("path_lenght=10..40", "no puzzle has such a figure"), ("path_length=9999..", "nothing is left of 24 samples")],
)
def test_a_refused_range_leaves_nothing(mazes: Path, tmp_path: Path, refused: str, says: str) -> None:
    result = curate(tmp_path / "o", mazes, more=("--difficulty", refused))
    assert (result.code, says in result.err) == (3, True), result.err
    assert files(tmp_path) == {}
    good(tmp_path / "o", mazes, more=("--difficulty", "path_length=1..999"))
