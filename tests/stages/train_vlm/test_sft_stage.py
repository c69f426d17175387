"""``vtb-train-vlm sft`` as a user runs it: the real commands, the real engine, a tiny model."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import Result, call
from stages.train_vlm.stage_runs import (
    SECRETS,
    Place,
    losses,
    metrics,
    no_engine,
    payload,
)
from vtb.artifact import read_manifest
from vtb.cli.show import check_all
from vtb.store import open_store

pytestmark = pytest.mark.engine
STEPS = 30


@dataclass(frozen=True)
class Trained:
    """A finished run."""

    uri: str
    words: tuple[Any, ...]
    result: Result


@pytest.fixture(scope="module")
def trained(place: Place) -> Trained:
    out = place.out / "adapter"
    words = place.sft(out, "--max-steps", STEPS, "--save-steps", 15, "--merge")
    return Trained(str(out), words, call(*words, env=place.env))


def test_writes_a_complete_adapter(trained: Trained) -> None:
    assert trained.result.code == 0, trained.result.err
    assert trained.result.out == trained.uri + "\n"
    manifest = read_manifest(trained.uri, ("adapter",))
    check_all(open_store(trained.uri), manifest)
    names = {file.path for file in manifest.files}
    wanted = {"adapter_config.json", "adapter_model.safetensors", "log.jsonl", "loss.png", "merged/config.json"}
    assert wanted | {"merged/model.safetensors"} <= names
    assert {entry.kind for entry in manifest.plan.inputs} == {"swift-dataset", "checkpoint"}
    from vtb.media.image import decode_image

    picture = decode_image((Path(trained.uri) / "loss.png").read_bytes())
    assert min(picture.shape[:2]) > 200
    assert picture.std() > 1


def test_says_what_training_changed(trained: Trained) -> None:
    found = metrics(trained.uri)
    assert found["lora_modules"] == found["weights_changed"] == 14
    assert found["lora_b_max"] > 0
    assert found["weights_diff_max"] > 0
    assert found["steps"] == STEPS
    assert found["loss_last"] == pytest.approx(losses(trained.uri)[-1])
    assert found["val_loss_last"] > 0
    assert "loss" in trained.result.err


def test_loss_falls_on_what_can_be_memorised(trained: Trained) -> None:
    fallen = losses(trained.uri)
    assert len(fallen) == STEPS
    assert fallen[-1] < 0.25 * fallen[0]


def test_tensorboard_shows_the_same_figures(trained: Trained) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = EventAccumulator(str(Path(trained.uri) / "tensorboard"))
    board.Reload()
    assert [event.value for event in board.Scalars("train/loss")] == pytest.approx(losses(trained.uri))
    assert board.Scalars("eval/loss")
    assert board.Tags()["tensors"] == []


def test_merged_is_a_model_for_transformers(trained: Trained, place: Place) -> None:
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    from transformers import AutoModelForImageTextToText, AutoProcessor

    merged = Path(trained.uri) / "merged"
    model, base = (AutoModelForImageTextToText.from_pretrained(path) for path in (merged, place.model))
    changed = [
        name for (name, new), old in zip(model.named_parameters(), base.parameters(), strict=True) if (new != old).any()
    ]
    assert len(changed) == 14
    assert all("language_model.layers" in name for name in changed)
    assert AutoProcessor.from_pretrained(merged).tokenizer.chat_template


def test_nothing_of_this_machine_is_in_the_artifact(trained: Trained, place: Place) -> None:
    traces = [str(place.out), str(Path.home()), str(Path(__file__).parents[3]), socket.gethostname() + "."]
    files = payload(Path(trained.uri))
    assert len(files) > 10
    found = [(name, trace) for name, data in files.items() for trace in traces if trace.encode() in data]
    assert found == []
    assert not [name for name in files if f".{socket.gethostname()}." in name]


def test_no_secret_is_in_the_artifact_or_the_output(trained: Trained) -> None:
    files = {path: path.read_bytes() for path in Path(trained.uri).rglob("*") if path.is_file()}
    texts = [*files.values(), trained.result.err.encode(), trained.result.out.encode()]
    assert not [name for name, secret in SECRETS.items() if any(secret.encode() in text for text in texts)]


def test_leaves_no_checkpoints_behind(trained: Trained, place: Place) -> None:
    assert list(open_store(trained.uri).list("checkpoints/")) == []
    assert not list((place.out / "cache").rglob("*.safetensors"))


def test_again_is_already_complete(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtb.engine.train.run_engine", no_engine)
    again = call(*trained.words)
    assert (again.code, again.out) == (0, trained.uri + "\n")
    assert "already complete" in again.err
    faster = call(*trained.words, "--save-steps", 7, "--log-level", "debug")  # neither changes what is made
    assert faster.code == 0, faster.err


def test_other_options_are_refused_by_name(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtb.engine.train.run_engine", no_engine)
    other = call(*trained.words, "--max-steps", STEPS + 1, "--lora-rank", 8, "--", "--weight_decay", "0")
    assert other.code == 3
    (line,) = other.error_lines
    assert f"max-steps: there {STEPS}, here {STEPS + 1}" in line
    assert "lora-rank: there 16, here 8" in line
    assert "engine-args" in line
    assert "batch-size" not in line


def test_the_adapter_serves_predict(trained: Trained, place: Place, tmp_path: Path) -> None:
    ask = ("vtb-eval", "predict", "--input", place.curated, "--device", "cpu", "--max-new-tokens", 24, "--workers", 1)
    for name, more in (("base", ()), ("tuned", ("--adapter", trained.uri))):
        done = call(*ask, "--model", place.model, *more, "--output", tmp_path / name)
        assert done.code == 0, done.err
    base, tuned = (read_manifest(str(tmp_path / name)) for name in ("base", "tuned"))
    assert base.rows == tuned.rows > 0
    assert base.shards[0].sha256 != tuned.shards[0].sha256
    assert tuned.plan.inputs[2].digest == read_manifest(trained.uri).digest


def test_full_tuning_writes_a_model_for_predict(place: Place, tmp_path: Path) -> None:
    out, answers = tmp_path / "model", tmp_path / "answers"
    done = call(*place.sft(out, "--tuner", "full", "--learning-rate", "0.003", "--max-steps", 4), env=place.env)
    assert done.code == 0, done.err
    manifest = read_manifest(str(out), ("checkpoint",))
    check_all(open_store(str(out)), manifest)
    assert manifest.metrics["weights_changed"] > 14
    assert "lora_b_max" not in manifest.metrics
    assert not [file.path for file in manifest.files if "optimizer" in file.path or "args" in file.path]
    words = ("--model", out, "--device", "cpu", "--max-new-tokens", 8, "--limit", 3, "--workers", 1)
    asked = call("vtb-eval", "predict", "--input", place.curated, *words, "--output", answers)
    assert asked.code == 0, asked.err
    assert read_manifest(str(answers)).rows == 3
