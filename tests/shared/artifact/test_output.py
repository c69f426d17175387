"""Outputs: fresh, unfinished, complete, somebody else's; resuming, replacing, committing."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract.command_line import files, without_run
from vtb.artifact import FileEntry, InputEntry, Manifest, Plan, ShardEntry, read_manifest
from vtb.artifact.fence import difference
from vtb.artifact.output import Output, State, file_sha256
from vtb.artifact.provenance import git_commit, run_info, tool_versions
from vtb.artifact.sidecar import sidecar_bytes
from vtb.errors import BadInput, TryAgain
from vtb.stage.executor import ShardResult, Task, store_shard
from vtb.store import open_store

if TYPE_CHECKING:
    from conftest import Bucket

CONFIG = {"seed": 1, "size": [7, 9], "cell_px": 32}
PLAN = Plan("puzzles", "vtb-x", 1, CONFIG)
PATHS = ["shards/00000.tar", "shards/00001.tar"]


def other(**config: Any) -> Plan:
    return Plan("puzzles", "vtb-x", 1, {**CONFIG, **config})


def add(output: Output, path: str, extra: dict[str, bytes] | None = None) -> ShardEntry:
    """Store a shard as a stage does: files, data, sidecar."""
    entries = tuple(output.put(name, data) for name, data in (extra or {}).items())
    data = output.put(path, path.encode())
    return output.add_shard(ShardEntry(path, 3, data.bytes, data.sha256, files=entries, stats={"n": 1}))


def make(uri: str, plan: Plan = PLAN) -> Manifest:
    output = Output(uri, plan)
    output.begin()
    shards = [add(output, path) for path in PATHS]
    return output.commit(shards, [output.put("README.md", b"card"), output.put("A.md", b"a")], {"rows": 6})


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


@pytest.mark.parametrize("finished", [True, False])
def test_overwrite_removes_the_artifact_and_nothing_else(tmp_path: Path, finished: bool) -> None:
    output = Output(str(tmp_path), other(layout="folder"))
    output.begin()
    shards = [add(output, f"shards/{n:05d}.jsonl", {f"maze/puzzles/{n}.png": b"p"}) for n in range(3)]
    if finished:
        output.commit(shards, [output.put("preview.html", b"p")])
    mine = {"notes.txt": b"mine", "maze/puzzles/mine.png": b"mine", ".hidden": b"mine"}
    for name, data in mine.items():
        (tmp_path / name).write_bytes(data)
    assert Output(str(tmp_path), PLAN).begin(overwrite=True) is State.FRESH
    assert set(files(tmp_path)) == {*mine, "plan.json"}
    make(str(tmp_path))
    assert {name: files(tmp_path)[name] for name in mine} == mine


def test_overwrite_after_a_run_that_was_killed_before_its_commit(tmp_path: Path) -> None:
    output = Output(str(tmp_path), PLAN)
    output.begin()
    add(output, PATHS[0])
    output.put("README.md", b"the old card")
    assert Output(str(tmp_path), other(seed=2)).begin(overwrite=True) is State.FRESH
    assert make(str(tmp_path), other(seed=2)).digest == make(str(tmp_path / "else"), other(seed=2)).digest


def test_overwrite_takes_the_manifest_away_first(tmp_path: Path) -> None:
    """Whatever happens in between, the rest is never taken for complete."""
    make(str(tmp_path))
    output = Output(str(tmp_path), PLAN)
    order: list[str] = []
    delete = output.store.delete

    def noted(keys: Iterable[str]) -> None:
        order.extend(names := list(keys))
        delete(names)

    output.store.delete = noted  # type: ignore[method-assign]
    output.begin(overwrite=True)
    assert (order[0], order[-1]) == ("manifest.json", "plan.json")
    assert set(PATHS) <= set(order)


def test_overwrite_of_nothing(tmp_path: Path) -> None:
    assert Output(str(tmp_path / "o"), PLAN).begin(overwrite=True) is State.FRESH


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


def test_leftovers_of_killed_writers_are_swept_when_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = Output(str(tmp_path), PLAN)
    output.begin()
    left = tmp_path / "shards" / ".vtb-tmp-1234"
    left.parent.mkdir()
    left.write_bytes(b"half")
    with left.open("r+b") as living:
        fcntl.flock(living, fcntl.LOCK_EX)
        os.utime(left, (0, 0))
        output.begin()
        assert left.exists()  # another process is writing it
    output.begin(alone=False)
    assert left.exists()
    output.begin()
    assert not left.exists()

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "no locks here")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    left.write_bytes(b"half")
    output.begin()
    assert left.exists()  # young: another process may be writing it
    os.utime(left, (0, 0))
    output.begin()
    assert not left.exists()


def test_a_finished_artifact_holds_no_leftovers(tmp_path: Path) -> None:
    """Not even those of a run that was killed a moment ago."""
    output = Output(str(tmp_path), PLAN)
    output.begin()
    script = "import os, sys\nfrom pathlib import Path\nfrom vtb.store.files import atomic_file\n"
    script += "with atomic_file(Path(sys.argv[1]), durable=False) as file:\n    os.write(file, b'half'); os._exit(9)"
    subprocess.run([sys.executable, "-c", script, str(tmp_path / "shards" / "00000.tar")], check=False)
    assert len(list(tmp_path.rglob(".vtb-tmp-*"))) == 1
    make(str(tmp_path))
    assert list(tmp_path.rglob(".vtb-tmp-*")) == []


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize("overwrite", [True, False])
def test_a_kill_at_any_step_of_clearing_leaves_nothing_behind(tmp_path: Path, finished: bool, overwrite: bool) -> None:
    for step in range(40):
        place = tmp_path / str(step)
        output = Output(str(place), other(layout="folder"))
        output.begin()
        shards = [add(output, f"shards/{n:05d}.jsonl", {f"zoo/{n}.png": b"p", f"a/{n}.png": b"p"}) for n in range(3)]
        if finished:
            output.commit(shards, [output.put("zoo/data.json", b"d")])
        killed = kill_at(output, step)
        if not overwrite and not finished:
            Output(str(place), other(layout="folder")).begin()  # goes on as if nothing had happened
        elif (place / "clearing.json").exists() and not overwrite:
            assert Output(str(place), PLAN).begin() is State.FRESH
        else:
            Output(str(place), PLAN).begin(overwrite=True)
        if overwrite:
            assert set(files(place)) == {"plan.json"}
            assert make(str(place)).rows == 6
            assert not list(place.rglob("*.png"))
        if not killed:
            return
    pytest.fail("clearing never ended")


def kill_at(output: Output, step: int) -> bool:
    """Clear an output whose process is killed before it has removed so many objects; says whether it was."""
    left, delete = [step], output.store.delete

    def dying(keys: Iterable[str]) -> None:
        for key in keys:
            if not left[0]:
                raise Killed
            left[0] -= 1
            delete([key])

    output.store.delete = dying  # type: ignore[method-assign]
    try:
        output.clear()
    except Killed:
        return True
    return False


def test_pictures_of_a_shard_that_was_never_finished_are_removed(tmp_path: Path) -> None:
    output = Output(str(tmp_path), other(layout="folder"))
    output.begin()
    pictures = {f"maze/puzzles/{n}.png": b"p" for n in range(3)}

    def dying(key: str, data: bytes) -> None:
        if key.endswith("2.png"):
            raise Killed
        put(key, data)

    put = output.store.put_bytes
    output.store.put_bytes = dying  # type: ignore[method-assign]
    task = Task("shards/00000.jsonl", 3, None)
    with pytest.raises(Killed):
        store_shard(output.store, output.plan, task, ShardResult(b"{}", 3, pictures))
    assert (tmp_path / "maze/puzzles/1.png").exists()
    assert Output(str(tmp_path), other(layout="folder")).done([task.path]) == {}
    Output(str(tmp_path), PLAN).begin(overwrite=True)
    assert set(files(tmp_path)) == {"plan.json"}


def test_two_committers_are_harmless(tmp_path: Path) -> None:
    first, second = Output(str(tmp_path), PLAN), Output(str(tmp_path), PLAN)
    first.begin(alone=False)
    second.begin(alone=False)
    add(first, PATHS[0])
    add(second, PATHS[1])
    shards = first.read_shards(PATHS)
    one = first.commit(shards, [first.put("README.md", b"card")])
    before = files(tmp_path)
    two = second.commit(second.read_shards(PATHS), [second.put("README.md", b"card")])
    assert one.digest == two.digest
    assert without_run(files(tmp_path)) == without_run(before)


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


def test_overwrite_follows_no_link_out_of_the_output(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    (precious / "sub").mkdir(parents=True)
    for name in ("00000.tar", "sub/b.txt"):
        (precious / name).write_text("keep")
    output = Output(str(tmp_path / "o"), PLAN)
    output.begin()
    (tmp_path / "o" / "shards").symlink_to(precious)
    (tmp_path / "o" / "verdicts").mkdir()
    (tmp_path / "o" / "verdicts" / "mine.txt").write_text("mine")
    make(str(tmp_path / "o" / "nested"))
    output.begin(overwrite=True)
    assert {"00000.tar", "sub/b.txt"} == set(files(precious))
    assert (tmp_path / "o" / "verdicts" / "mine.txt").exists()
    assert read_manifest(str(tmp_path / "o" / "nested")).rows == 6


def test_of_two_with_different_options_one_gives_way(tmp_path: Path) -> None:
    first, second = Output(str(tmp_path), PLAN), Output(str(tmp_path), other(seed=2))
    first.begin()
    second.begin(overwrite=True)
    with pytest.raises(BadInput, match="another process makes it differently"):
        first.check_plan()
    entry = add(second, PATHS[0])
    assert first.done(PATHS) == {}
    with pytest.raises(BadInput, match="another process"):
        first.commit([entry])
    second.clear()
    with pytest.raises(BadInput, match="another process has removed it"):
        second.commit([entry])


def late(output: Output, path: str, land: Callable[[], object]) -> None:
    """The next object of an output arrives only after something else has happened."""
    put = output.store.put_bytes

    def slow(key: str, data: bytes) -> None:
        if key == path:
            land()
        put(key, data)

    output.store.put_bytes = slow  # type: ignore[method-assign]


@pytest.mark.parametrize("when", ["before the other", "after the other"])
def test_an_upload_that_was_under_way_when_another_run_took_over(tmp_path: Path, when: str) -> None:
    """The late object is taken back; the other artifact is whole, or says that it is not."""
    first, second = Output(str(tmp_path), other(seed=2)), Output(str(tmp_path), PLAN)
    first.begin()

    def take_over() -> None:
        if when == "after the other":
            second.begin(overwrite=True)
            second.commit([add(second, path) for path in PATHS])
        else:
            second.begin(overwrite=True)

    late(first, PATHS[0], take_over)
    task = Task(PATHS[0], 3, None)
    made = ShardResult(PATHS[0].encode()[::-1], 3)  # as large as the other's
    with pytest.raises(BadInput, match="another process makes it differently"):
        store_shard(first.store, first.plan, task, made)
    assert not (tmp_path / PATHS[0]).exists()
    if when == "after the other":
        with pytest.raises(BadInput, match=r"shards/00000\.tar is missing: give --overwrite"):
            Output(str(tmp_path), PLAN).begin()
    assert make_over(tmp_path).digest == make(str(tmp_path / "else")).digest


def make_over(folder: Path) -> Manifest:
    Output(str(folder), PLAN).begin(overwrite=True)
    return make(str(folder))


def test_a_late_object_of_the_same_content_stays(tmp_path: Path) -> None:
    first, second = Output(str(tmp_path), other(seed=2)), Output(str(tmp_path), PLAN)
    first.begin()

    def take_over() -> None:
        second.begin(overwrite=True)
        second.commit([add(second, path) for path in PATHS])

    late(first, PATHS[0], take_over)
    with pytest.raises(BadInput, match="another process"):
        store_shard(first.store, first.plan, Task(PATHS[0], 3, None), ShardResult(PATHS[0].encode(), 3))
    assert Output(str(tmp_path), PLAN).begin() is State.COMPLETE


@pytest.mark.parametrize("name", [*PATHS, "README.md"])
@pytest.mark.parametrize("content", [None, b"longer or shorter"])
def test_complete_means_that_every_object_has_its_size(tmp_path: Path, name: str, content: bytes | None) -> None:
    make(str(tmp_path))
    (tmp_path / name).unlink() if content is None else (tmp_path / name).write_bytes(content)
    what = "is missing" if content is None else "has 17 bytes, not "
    with pytest.raises(BadInput, match=f"{name} {what}.*--overwrite"):
        Output(str(tmp_path), PLAN).begin()
    assert make_over(tmp_path).digest == make(str(tmp_path / "else")).digest


def test_a_late_file_about_the_whole_is_taken_back(tmp_path: Path) -> None:
    first, second = Output(str(tmp_path), other(seed=2)), Output(str(tmp_path), PLAN)
    first.begin()
    late(first, "README.md", lambda: bool(second.begin(overwrite=True)))
    with pytest.raises(BadInput, match="another process"):
        first.put("README.md", b"late")
    assert set(files(tmp_path)) == {"plan.json"}
