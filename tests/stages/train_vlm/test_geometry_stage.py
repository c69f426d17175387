"""From puzzles to answers: ``tiny-model``, ``geometry``, ``predict`` as users run them, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import Result, call
from geometries import encoder, job
from latents import tiny
from vtb.artifact import read_manifest
from vtb.artifact.shard_data import read_samples
from vtb.artifact.unpacked import unpacked_folder

pytestmark = pytest.mark.engine
RATES = ("--learning-rate", "3e-3", "--merger-learning-rate", "3e-3", "--schedule", "constant")
SHORT = ("--max-length", "400", "--max-steps", "3", "--device", "cpu", "--workers", "1", *RATES)


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def good(result: Result) -> Result:
    assert result.code == 0, result.err
    return result


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Small mazes as rows, and a tiny encoder as an artifact."""
    place = tmp_path_factory.mktemp("geometry")
    alone = ("--workers", "1")
    maze = ("--size", "7", "--endpoints", "random", "--cell-px", "16", "--count", "16", "--show-cell-ids")
    good(call("vtb-gen-maze", *maze, *alone, "--output", place / "mazes"))
    good(call("vtb-curate", "--input", place / "mazes", "--val", "0.3", *alone, "--output", place / "curated"))
    good(call("vtb-prepare", "vlm", "--input", place / "curated", *alone, "--output", place / "rows"))
    made = ("vtb-train-vlm", "tiny-model", "--family", "dinov2_with_registers", place / "encoder")
    good(call(*made))
    return place


def learn(data: Path, output: Path, *more: object, see: bool = True) -> tuple[Any, ...]:
    sees = ("--encoder", data / "encoder") if see else ()
    place = ("--input", data / "rows", "--model", tiny("qwen2_5_vl"), *sees, "--output", output)
    return ("vtb-train-vlm", "geometry", *place, *SHORT, *more)


def answers(place: Path) -> list[str]:
    manifest = read_manifest(str(place), ("predictions",))
    found = [sample for shard in manifest.shards for sample in read_samples(str(place), shard, "again")]
    return [json.loads(sample.parts["json"])["text"] for sample in found]


def test_two_processes_learn_what_one_learns_of_twice_the_packs(data: Path, tmp_path: Path) -> None:
    """The artifact of a command, beside the same training in this process; then it answers."""
    import torch
    from safetensors.torch import load_file

    from vtb.engine.complete import newest_complete_checkpoint
    from vtb.engine.stop_signal import StopSignal
    from vtb.geometry.engine import train
    from vtb.geometry.export import write_model

    judged = ("--judge-steps", "2", "--judge-count", "3", "--judge-max-new-tokens", "8")
    out = tmp_path / "out"
    done = good(call(*learn(data, out, "--nproc", "2", "--grad-accum", "1", *judged)))
    assert " % full" in done.err
    manifest = read_manifest(str(out), ("checkpoint",))
    names = {file.path for file in manifest.files}
    assert names >= {"model.safetensors", "config.json", "tokenizer.json", "log.jsonl", "curves.png"}
    assert json.loads((out / "config.json").read_text())["model_type"] == "vtb_qwen2_5_vl_geometry"
    metrics = manifest.metrics
    assert metrics["loss_last"] < metrics["loss_first"]
    assert metrics["eval_loss_last"] < metrics["eval_loss_first"]
    assert metrics["weights_changed"] == metrics["weights_total"]
    assert 0 < metrics["packing_efficiency"] <= 1
    assert 0 <= metrics["eval_solved_last"] <= 1
    rows = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "eval_solved" in row] == [0, 2, 3]

    rows_at = str(data / "rows")
    folder = unpacked_folder(rows_at, read_manifest(rows_at, ("swift-dataset",)))
    alone = job(
        tmp_path / "alone", dataset=folder, encoder=data / "encoder", grad_accum=2, max_steps=3, max_length=400,
        max_pixels=230_400, warmup_share=0.03, seed=42, queries=32,
    )  # fmt: skip
    alone.output_dir.mkdir()
    train(alone, StopSignal(None))
    checkpoint = newest_complete_checkpoint(alone.output_dir)
    assert checkpoint is not None
    write_model(alone, checkpoint, tmp_path / "model")
    one, two = load_file(tmp_path / "model/model.safetensors"), load_file(out / "model.safetensors")
    assert all(torch.allclose(weight, two[name], atol=1e-4) for name, weight in one.items())

    asked = ("--input", data / "curated", "--split", "all", "--limit", "5", "--max-new-tokens", "8", "--device", "cpu")
    where = ("--model", out, "--output", tmp_path / "said", "--workers", "1")
    done = good(call("vtb-eval", "predict", *asked, *where))
    assert "at most 230400 pixels, as in the model's training" in done.err
    assert read_manifest(str(tmp_path / "said")).metrics["max_pixels"] == 230_400
    said = answers(tmp_path / "said")
    assert len(said) == 5
    assert all(said)


def test_a_qwen3_learns_and_answers(data: Path, tmp_path: Path) -> None:
    """Its patches have 16 pixels, the encoder's 14."""
    good(call(*learn(data, tmp_path / "out", "--model", tiny("qwen3_vl"), "--judge-count", "2", "--grad-accum", "1")))
    assert json.loads((tmp_path / "out/config.json").read_text())["model_type"] == "vtb_qwen3_vl_geometry"
    metrics = read_manifest(str(tmp_path / "out"), ("checkpoint",)).metrics
    assert metrics["weights_changed"] == metrics["weights_total"]
    assert metrics["loss_last"] < metrics["loss_first"]
    asked = ("--input", data / "curated", "--split", "all", "--limit", "2", "--max-new-tokens", "8", "--device", "cpu")
    good(call("vtb-eval", "predict", *asked, "--model", tmp_path / "out", "--output", tmp_path / "said"))
    assert len(answers(tmp_path / "said")) == 2


@pytest.mark.parametrize(
    ("more", "see", "code", "says"),
    [
        ((), False, 3, "with --geometry select it needs --encoder"),
        (("--geometry", "none"), True, 2, "looks at no geometry: leave out --encoder"),
        (("--model", "ENCODER"), True, 3, "is of type dinov2_with_registers: geometry is made for Qwen2.5-VL and"),
        (("--tuner", "lora", "--no-tune-llm"), True, 2, "which --no-tune-llm leaves as it is"),
        (("--encoder", "nowhere"), False, 4, "nowhere: no model there"),
        (("--geometry", "none", "--no-tune-llm", "--no-tune-merger"), False, 2, "adds nothing to train"),
    ],
)
def test_what_does_not_go_together_is_refused_before_anything_starts(
    more: tuple[str, ...], see: bool, code: int, says: str, data: Path, tmp_path: Path
) -> None:
    words = [str(data / "encoder") if word == "ENCODER" else word for word in more]
    done = call(*learn(data, tmp_path / "out", *words, see=see))
    assert (done.code, says in done.err) == (code, True), done.err
    assert not (tmp_path / "out").exists()


def test_a_dry_run_says_what_would_be_done(data: Path, tmp_path: Path) -> None:
    for sees in (data / "encoder", data / "encoder/model.safetensors"):
        done = good(call(*learn(data, tmp_path / "out", "--dry-run", "--encoder", sees, see=False)))
        assert "rows in packs, at most for 3 updates on cpu" in done.out + done.err


def test_a_dry_run_looks_at_the_encoder(data: Path, tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"abcd")
    done = call(*learn(data, tmp_path / "out", "--dry-run", "--encoder", tmp_path, see=False))
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert "is no whole safetensors file" in done.err


@pytest.mark.parametrize("command", ["sft", "grpo"])
def test_ms_swift_is_not_given_what_it_does_not_know(command: str, data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text('{"model_type": "vtb_qwen3_vl_geometry"}')
    (folder / "model.safetensors").touch()
    place = ("--input", data / "rows", "--model", folder, "--output", tmp_path / "out", "--device", "cpu")
    done = call("vtb-train-vlm", command, *place, "--dry-run")
    assert (done.code, len(done.error_lines)) == (2, 1), done.err
    assert "looks at geometry, which ms-swift cannot train: take `vtb-train-vlm geometry`" in done.err


def test_a_model_that_has_geometry_keeps_it(data: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    config = {"model_type": "vtb_qwen2_5_vl_geometry", "geometry_config": {"mode": "concat"}}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "model.safetensors").touch()
    for more, says in (
        (("--encoder", encoder(), "--geometry", "concat"), "has its geometry encoder: leave out --encoder"),
        (("--geometry", "select"), "was made with --geometry concat: give the same"),
        (("--geometry", "none"), "was made with --geometry concat: give the same"),
    ):
        done = call(*learn(data, tmp_path / "out", "--model", folder, *more, see=False))
        assert done.code == 3
        assert says in done.err
