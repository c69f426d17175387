"""``vtb-train-vlm sft`` against an S3 store: stopped, continued, killed, and continued to the end."""

from __future__ import annotations

import json
import secrets
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from contract.command_line import Result, call, killed_at_the_end, start
from stages.train_vlm.stage_runs import (
    ONE_THREAD,
    Place,
    kill_tree,
    log_rows,
    losses,
    make_dataset,
    marked,
    metrics,
    wait_for,
)
from vtb.artifact import read_manifest
from vtb.cli.show import check_all
from vtb.store import open_store

if TYPE_CHECKING:
    from s3_server import S3Server


pytestmark = pytest.mark.engine


@dataclass
class Story:
    """One training against an S3 store: stopped, continued, killed, continued to the end."""

    uri: str
    words: tuple[Any, ...]
    stopped: Result
    kept: list[int]
    killed_at: int
    continued_at: list[float]
    finished: Result
    env: dict[str, str]


@pytest.fixture(scope="module")
def story(place: Place, s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    scratch, bucket = tmp_path_factory.mktemp("story"), f"sft-{secrets.token_hex(4)}"
    s3_server.make_bucket(bucket)
    uri = f"s3://{bucket}/adapter"
    with pytest.MonkeyPatch.context() as patch:
        env = {**ONE_THREAD, **s3_server.env, "VTB_CACHE": str(scratch / "cache")}
        for name, value in env.items():
            patch.setenv(name, value)
        dataset = make_dataset(f"s3://{bucket}", scratch)
        made = call("vtb-train-vlm", "tiny-model", "--output", f"s3://{bucket}/model")
        assert made.code == 0, made.err
        config = scratch / "engine.yaml"
        config.write_text("learning_rate: 0.5\nlr_scheduler_type: constant\n")
        words = Place(dataset, f"s3://{bucket}/model", scratch, env).sft(
            uri, "--max-steps", 100, "--save-steps", 10, "--engine-config", config, "--", "--learning_rate", "0.004"
        )
        yield _live_through(uri, words, env)


def _live_through(uri: str, words: tuple[Any, ...], env: dict[str, str]) -> Story:
    with killed_at_the_end(start(*words, env=env)) as first:
        wait_for("a checkpoint in the store", lambda: marked(uri), first)
        first.send_signal(signal.SIGTERM)
        out, err = first.communicate(timeout=90)
        stopped = Result(first.returncode, out, err)
        kept = marked(uri)
    continued_at = [time.time()]
    with killed_at_the_end(start(*words, env=env)) as second:
        wait_for("a newer checkpoint", lambda: [step for step in marked(uri) if step > kept[-1]], second)
        kill_tree(second)
        second.wait()
        assert open_store(uri).stat("manifest.json") is None
        killed_at = marked(uri)[-1]
    continued_at.append(time.time())
    return Story(uri, words, stopped, kept, killed_at, continued_at, call(*words, env=env), env)


@pytest.mark.store
def test_sigterm_saves_and_exits_75(story: Story) -> None:
    assert story.stopped.code == 75, story.stopped.err
    (line,) = story.stopped.error_lines
    assert f"checkpoint-{story.kept[-1]} is kept" in line
    assert "run the same command again" in line
    assert len(story.kept) == 1
    assert 10 <= story.kept[0] < 100


@pytest.mark.store
def test_kill_nine_continues_from_the_newest(story: Story) -> None:
    assert story.kept[-1] < story.killed_at < 100
    assert story.finished.code == 0, story.finished.err
    assert f"continuing from checkpoint-{story.killed_at}" in story.finished.err


@pytest.mark.store
def test_every_step_is_logged_once(story: Story) -> None:
    rows = log_rows(story.uri)
    assert [row["step"] for row in rows] == list(range(1, 101))
    assert len(losses(story.uri)) == 100
    assert metrics(story.uri)["steps"] == 100


@pytest.mark.store
def test_no_step_is_done_twice(story: Story) -> None:
    """The manifest says when, outside of what is hashed: each run went on from the step that was kept."""
    parts = read_manifest(story.uri).run["parts"]
    assert [part["from_step"] for part in parts] == [0, story.kept[-1], story.killed_at]
    second, third = story.continued_at
    first_began, second_began, third_began = (datetime.fromisoformat(part["began"]).timestamp() for part in parts)
    assert first_began < second <= second_began + 1 < third + 1 <= third_began + 2
    assert all("time" not in row for row in log_rows(story.uri))


@pytest.mark.store
def test_store_holds_the_artifact_and_no_checkpoints(story: Story) -> None:
    store = open_store(story.uri)
    check_all(store, read_manifest(story.uri, ("adapter",)))
    assert list(store.list("checkpoints/")) == []
    assert {"log.jsonl", "loss.png", "adapter_model.safetensors"} <= {info.key for info in store.list()}
    assert len(list(store.list("tensorboard/"))) == 1
    assert store.stat(".lock.json") is None


@pytest.mark.store
def test_engine_arguments_win_over_the_file_and_the_options(story: Story) -> None:
    """--learning-rate 0.01 is ours, 0.5 and the scheduler the file's, 0.004 stands after --."""
    assert {row["learning_rate"] for row in log_rows(story.uri) if "loss" in row} == {0.004}


@pytest.mark.store
def test_inputs_from_the_store_are_kept_in_the_cache_once(story: Story) -> None:
    kept = Path(story.env["VTB_CACHE"]) / "artifacts"
    digests = {entry.digest for entry in read_manifest(story.uri).plan.inputs}
    assert {folder.name for folder in kept.iterdir()} == digests
    assert (story.stopped.err + story.finished.err).count("downloading s3://") == 2


@pytest.mark.store
def test_complete_fetches_nothing(story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What tells that the work is done are the manifests of dataset and model."""
    for name, value in {**story.env, "VTB_CACHE": str(tmp_path / "cache")}.items():
        monkeypatch.setenv(name, value)
    again = call(*story.words)
    assert (again.code, "already complete" in again.err, "downloading" in again.err) == (0, True, False)
    other = call(*story.words, "--weight_decay", "0")
    assert (other.code, "engine-args" in other.err) == (3, True)
    assert not (tmp_path / "cache").exists()


@pytest.mark.store
def test_no_credential_in_logs_or_manifest(story: Story) -> None:
    manifest = json.dumps(json.loads(open_store(story.uri).get_bytes("manifest.json")))
    texts = story.stopped.err + story.finished.err + manifest
    assert story.env["AWS_SECRET_ACCESS_KEY"] not in texts
    assert story.env["AWS_ACCESS_KEY_ID"] not in texts
