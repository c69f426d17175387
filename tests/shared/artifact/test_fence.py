"""Several writers at one place: one artifact comes of it, whole, by one configuration."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from contract.command_line import files, without_run
from shared.artifact.artifact_runs import PATHS, PLAN, add, make, other
from vtb.artifact import Manifest
from vtb.artifact.output import Output, State
from vtb.artifact.shard_data import read_samples
from vtb.cli.show import check_all
from vtb.errors import BadInput
from vtb.stage.executor import ShardResult, Task, store_shard
from vtb.store import open_store


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


def test_a_late_object_as_large_whose_writer_was_killed_is_told_by_its_hash(tmp_path: Path) -> None:
    """Sizes alone are looked at before work that is done; who reads the shard compares its hash."""
    whole = make(str(tmp_path))
    (tmp_path / PATHS[0]).write_bytes(PATHS[0].encode()[::-1])
    assert Output(str(tmp_path), PLAN).begin() is State.COMPLETE
    with pytest.raises(BadInput, match=r"shards/00000\.tar: is damaged .*not what the manifest says"):
        read_samples(str(tmp_path), whole.shards[0], "make it again")
    with pytest.raises(BadInput, match=r"1 of 4 objects are damaged \(shards/00000\.tar has another content\)"):
        check_all(open_store(str(tmp_path)), whole)
    assert make_over(tmp_path).digest == whole.digest
    check_all(open_store(str(tmp_path)), whole)
