"""Outputs: fresh, unfinished, complete, somebody else's; resuming, replacing, committing."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.command_line import files
from shared.artifact.artifact_runs import CONFIG, PATHS, PLAN, add, make, other
from vtb.artifact import FileEntry, InputEntry, Plan, read_manifest
from vtb.artifact.fence import difference
from vtb.artifact.output import Output, State, file_sha256
from vtb.artifact.provenance import git_commit, run_info, tool_versions
from vtb.artifact.sidecar import sidecar_bytes
from vtb.errors import BadInput, TryAgain
from vtb.store import open_store

if TYPE_CHECKING:
    from buckets import Bucket


def test_from_fresh_to_complete(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "o"), PLAN)
    assert output.state() is State.FRESH
    assert not (tmp_path / "o").exists()
    assert output.begin() is State.FRESH
    assert output.state() is State.UNFINISHED
    assert output.begin() is State.UNFINISHED
    shards = [add(output, path) for path in PATHS]
    assert set(output.done([*PATHS, "shards/00002.tar"])) == set(PATHS)
    assert list(output.read_shards(PATHS)) == shards
    manifest = output.commit(shards, [output.put("b", b"1"), output.put("a", b"2")], {"x": 1})
    assert output.state() is output.begin() is State.COMPLETE
    assert read_manifest(output.uri).digest == manifest.digest
    assert [file.path for file in manifest.files] == ["a", "b"]
    assert manifest.rows == 6


def test_a_shard_is_done_when_object_and_sidecar_are_there(tmp_path: Path) -> None:
    output = Output(str(tmp_path), PLAN)
    output.begin()
    add(output, PATHS[0])
    add(output, PATHS[1])
    (tmp_path / PATHS[0]).unlink()
    (tmp_path / (PATHS[1] + ".done.json")).unlink()
    assert output.done(PATHS) == {}


@pytest.mark.parametrize("finished", [True, False])
def test_another_configuration_is_refused_and_what_differs_is_named(tmp_path: Path, finished: bool) -> None:
    if finished:
        make(str(tmp_path))
    else:
        Output(str(tmp_path), PLAN).begin()
    before = files(tmp_path)
    what = "a finished artifact" if finished else "an unfinished artifact"
    with pytest.raises(BadInput) as caught:
        Output(str(tmp_path), other(cell_px=16, new=True)).begin()
    text = str(caught.value)
    assert f"{tmp_path}: holds {what} made differently" in text
    assert "cell-px: there 32, here 16; new: there None, here True" in text
    assert "choose another --output, or give --overwrite" in text
    assert "seed" not in text
    assert files(tmp_path) == before


def test_every_difference_has_words() -> None:
    entry = InputEntry("/a", "puzzles", "d1")
    assert difference(PLAN, Plan("scores", "vtb-y", 1, CONFIG)) == "puzzles by vtb-x, not scores by vtb-y"
    assert difference(PLAN, Plan("puzzles", "vtb-x", 2, CONFIG)) == "stage version: there 1, here 2"
    assert difference(PLAN, Plan("puzzles", "vtb-x", 1, CONFIG, (entry,))) == "the content of its inputs"


def test_inputs_may_lie_elsewhere_when_their_content_is_the_same(tmp_path: Path) -> None:
    make(str(tmp_path), Plan("puzzles", "vtb-x", 1, CONFIG, (InputEntry("/a", "puzzles", "d"),)))
    moved = Plan("puzzles", "vtb-x", 1, CONFIG, (InputEntry("s3://b/c", "puzzles", "d"),))
    assert Output(str(tmp_path), moved).state() is State.COMPLETE


@pytest.mark.parametrize("overwrite", [True, False])
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "README.md").write_text("mine")
    with pytest.raises(BadInput, match=r"is not empty and holds no artifact \(README.md\): choose an empty --output"):
        Output(str(tmp_path), PLAN).begin(overwrite=overwrite)
    assert files(tmp_path) == {"README.md": b"mine"}


def test_hidden_files_and_the_folder_of_a_volume_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    (tmp_path / "lost+found" / "#123").write_text("")
    (tmp_path / ".snapshot").mkdir()
    (tmp_path / ".snapshot" / "x").write_text("")
    assert Output(str(tmp_path), PLAN).begin() is State.FRESH


def test_the_digest_does_not_depend_on_place_or_time(tmp_path: Path) -> None:
    one, two = make(str(tmp_path / "a")), make(f"file://{tmp_path}/b")
    assert one.digest == two.digest
    assert one.run["id"] != two.run["id"]
    shutil.copytree(tmp_path / "a", tmp_path / "c")
    assert read_manifest(str(tmp_path / "c")).digest == one.digest


@pytest.mark.store
def test_the_same_in_s3(tmp_path: Path, s3: Bucket) -> None:
    assert make(f"{s3.uri}/x").digest == make(str(tmp_path)).digest
    output = Output(f"{s3.uri}/x", PLAN)
    assert output.begin() is State.COMPLETE
    assert Output(f"{s3.uri}/x", other(seed=2)).begin(overwrite=True) is State.FRESH
    left = [info.key for info in output.store.list()]
    assert left == ["plan.json"]
    with pytest.raises(BadInput, match="is not empty"):
        Output(s3.uri, PLAN).begin()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"kind": 1}', b"\xff"])
def test_a_damaged_plan_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "plan.json").write_bytes(content)
    with pytest.raises(BadInput, match=r"plan\.json is damaged: give --overwrite"):
        Output(str(tmp_path), PLAN).begin()
    assert Output(str(tmp_path), PLAN).begin(overwrite=True) is State.FRESH  # the advice works


SIDECAR = {"path": PATHS[0], "rows": 3, "bytes": 3, "sha256": "0", "split": None, "fingerprint": PLAN.fingerprint}


@pytest.mark.parametrize(
    "content",
    [
        b"", b"{", b"[]", b'{"path": "x"}', b"[" * 100_000,
        *(
            sidecar_bytes({**SIDECAR, **change})
            for change in (
                {"path": "../../x"}, {"path": PATHS[1]}, {"rows": "x"}, {"rows": -1}, {"bytes": 10**6},
                {"stats": None}, {"fingerprint": "another"}, {"files": [{"path": "../x", "bytes": 1, "sha256": "0"}]},
            )
        ),
    ],
)  # fmt: skip
def test_a_sidecar_that_does_not_fit_counts_as_none(tmp_path: Path, content: bytes) -> None:
    output = Output(str(tmp_path), PLAN)
    output.begin()
    entry = add(output, PATHS[0])
    assert output.done(PATHS) == {PATHS[0]: entry}
    (tmp_path / (PATHS[0] + ".done.json")).write_bytes(content)
    assert output.done(PATHS) == {}
    with pytest.raises(TryAgain, match="run the same command again"):
        output.read_shards(PATHS[:1])
    assert output.begin(overwrite=True) is State.FRESH
    assert set(files(tmp_path)) == {"plan.json"}


def test_a_damaged_manifest_is_told(tmp_path: Path) -> None:
    make(str(tmp_path))
    (tmp_path / "manifest.json").write_bytes(b"{")
    with pytest.raises(BadInput, match=r"manifest\.json is damaged"):
        Output(str(tmp_path), PLAN).begin()


def test_files_are_stored_with_their_hash(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    output = Output(str(tmp_path / "o"), PLAN)
    output.begin()
    entry = output.put_file("big.bin", source)
    assert entry == FileEntry("big.bin", 3_000_000, hashlib.sha256(b"x" * 3_000_000).hexdigest())
    assert file_sha256(tmp_path / "o" / "big.bin") == entry.sha256
    assert open_store(output.uri).get_bytes("big.bin") == source.read_bytes()


def test_a_run_says_when_where_and_with_what(monkeypatch: pytest.MonkeyPatch) -> None:
    info = run_info(datetime.now(timezone.utc))
    assert set(info) == {"id", "started", "finished", "duration_s", "vtb", "git", "image", "tools"}
    assert json.loads(json.dumps(info)) == info
    assert info["tools"].items() >= tool_versions().items()
    assert {"python", "numpy", "opencv-python-headless", "av"} <= set(info["tools"])
    assert git_commit()
    monkeypatch.setenv("VTB_REVISION", "abc123")
    monkeypatch.setenv("VTB_IMAGE_DIGEST", "sha256:42")
    labelled = run_info(datetime.now(timezone.utc))
    assert (labelled["git"], labelled["image"]) == ("abc123", "sha256:42")
