"""``vtb-train-image sft``: from a dataset and a tiny model to an adapter, through the real engine process."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import Result, call, start
from drawing import dataset, tiny
from s3_server import free_port
from vtb.artifact import read_manifest
from vtb.diffusion.variants import IMAGE

pytestmark = pytest.mark.engine
SMALL = ("--edit-pixels", "4096", "--lora-rank", "4", "--learning-rate", "0.01", "--device", "cpu")
JUDGED = ("--judge-steps", "2", "--judge-count", "2", "--judge-inference-steps", "2")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def words(output: Path, *more: str, variant: str = "qwen-image-edit", data: str = "") -> tuple[str, ...]:
    place = ("--input", data or dataset("image"), "--model", str(tiny(variant)), "--output", str(output))
    return ("vtb-train-image", "sft", "--variant", variant, *place, *SMALL, *more)


def good(result: Result) -> Result:
    assert result.code == 0, result.err
    return result


def digest(place: Path) -> str:
    return read_manifest(str(place), ("adapter", "checkpoint")).digest


def test_an_adapter_with_its_log_curves_and_judged_pictures(tmp_path: Path) -> None:
    done = good(call(*words(tmp_path / "a", "--max-steps", "4", *JUDGED)))
    manifest = read_manifest(str(tmp_path / "a"), ("adapter",))
    names = {file.path for file in manifest.files}
    assert names >= {
        "lora.safetensors", "adapter.json", "log.jsonl", "curves.png", "tensorboard/events.out.tfevents.0.vtb",
        "strips/step-000000.png", "strips/step-000002.png", "strips/step-000004.png",
    }  # fmt: skip
    assert manifest.metrics["steps"] == 4
    assert manifest.metrics["lora_b_max"] > 0
    assert manifest.metrics["solved_first"] == 0
    assert 0.1 < manifest.run["memory_gib"] < 10
    assert "GiB at most, in the first process" in done.err
    rows = [json.loads(line) for line in (tmp_path / "a/log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [0, 1, 2, 3, 4]
    assert all(row["loss"] > 0 and row["grad_norm"] > 0 for row in rows[1:])
    assert [row["step"] for row in rows if "eval_solved" in row] == [0, 2, 4]
    assert not any("time" in name for row in rows for name in row)
    again = good(call(*words(tmp_path / "a", "--max-steps", "4", *JUDGED)))
    assert "already complete" in again.err
    # The same training, with features kept and activations too, gives the same bytes.
    good(call(*words(tmp_path / "b", "--max-steps", "4", *JUDGED, "--cache", "--keep-activations")))
    assert digest(tmp_path / "b") == digest(tmp_path / "a")
    assert len(list((tmp_path / "cache/features").rglob("*.safetensors"))) == 18  # of every row


def test_sigterm_saves_and_the_next_run_goes_on(tmp_path: Path) -> None:
    good(call(*words(tmp_path / "whole", "--max-steps", "40", *JUDGED)))
    command = words(tmp_path / "cut", "--max-steps", "40", *JUDGED, "--save-steps", "1")
    process = start(*command)
    deadline = time.monotonic() + 120
    while not list((tmp_path / "cut").glob("checkpoints/checkpoint-*/.complete")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=120)
    text = err if isinstance(err, str) else err.decode()
    assert process.returncode in (0, 75), text
    if process.returncode == 75:
        assert "is kept: run the same command again" in text
    good(call(*command))
    assert digest(tmp_path / "cut") == digest(tmp_path / "whole")
    assert not list((tmp_path / "cut").glob("checkpoints/checkpoint-*/*"))


def test_two_nodes_learn_from_as_many_samples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes with one sample each are one with two, but for the order in which numbers are added."""
    import torch
    from safetensors.torch import load_file

    (tmp_path / "tmp").mkdir()
    good(call(*words(tmp_path / "one", "--max-steps", "3", *JUDGED, "--batch-size", "2")))
    for name, value in {"PET_NNODES": "2", "PET_MASTER_ADDR": "127.0.0.1", "PET_MASTER_PORT": str(free_port())}.items():
        monkeypatch.setenv(name, value)
    nodes = []
    for index in range(2):
        own = {"JOB_COMPLETION_INDEX": str(index), "VTB_CACHE": str(tmp_path / f"cache{index}")}
        env = {**os.environ, **own, "TMPDIR": str(tmp_path / "tmp")}
        nodes.append(start(*words(tmp_path / "two", "--max-steps", "3", *JUDGED), env=env))
    said = [node.communicate(timeout=200)[1] for node in nodes]
    assert [node.returncode for node in nodes] == [0, 0], "\n".join(map(str, said))
    one, two = (load_file(tmp_path / name / "lora.safetensors") for name in ("one", "two"))
    assert one.keys() == two.keys()
    assert all(torch.allclose(one[name], two[name], atol=1e-4) for name in one)
    logs = [(tmp_path / name / "log.jsonl").read_text().splitlines() for name in ("one", "two")]
    judged = [[line for line in map(json.loads, log) if "eval_solved" in line] for log in logs]
    assert [line["step"] for line in judged[0]] == [line["step"] for line in judged[1]] == [0, 2, 3]
    assert not list((tmp_path / "tmp").glob("torchelastic_*"))


def test_a_whole_model_is_a_model(tmp_path: Path) -> None:
    full = tmp_path / "full"
    good(call(*words(full, "--max-steps", "2", *JUDGED, "--tuner", "full")))
    assert read_manifest(str(full), ("checkpoint",)).metrics["weights_changed"] > 0
    said = {"edit_pixels": 4096, "form": {"pixels": 1 << 20, "frames": None, "size": None}}
    assert json.loads((full / "vtb_shown.json").read_text()) == said
    untold = [word for word in words(tmp_path / "x", "--model", str(full)) if word not in SMALL[:2]]
    assert "about 4096 pixels, as in the model's training" in good(call(*untold, "--dry-run")).err
    (full / ".DS_Store").write_bytes(b"")
    more = ("--model", str(full), "--max-steps", "1", "--judge-steps", "1", *JUDGED[2:], "--tuner", "full")
    good(call(*words(tmp_path / "more", *more)))  # of options given twice, the last counts
    assert not (tmp_path / "more/.DS_Store").exists()
    strips = sorted(path.name for path in (tmp_path / "more/strips").iterdir())
    assert strips == ["step-000000.png", "step-000001.png"]  # its own


@pytest.mark.parametrize("variant", IMAGE)
def test_a_dry_run_says_what_is_needed(variant: str, tmp_path: Path) -> None:
    done = good(call(*words(tmp_path / "out", "--dry-run", variant=variant)))
    here, elsewhere = (line for line in done.out.splitlines() if line.startswith("memory"))
    assert "on this CPU, in float32, and activations" in here
    assert "activations of a sample (about 0.0 GiB)" in elsewhere
    assert "GiB on each GPU, in bfloat16" in elsewhere
    assert "18 updates on cpu" in done.out
    assert not (tmp_path / "out").exists()


def refused(*command: str) -> str:
    done = call(*command)
    assert done.code in (2, 3, 4), done.err
    assert len(done.err.strip().splitlines()) == 1
    return done.err


def test_what_cannot_be_trained_is_refused_in_a_line(tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert "vtb-prepare image" in refused(*words(out, data=dataset("video")))
    assert "is no qwen-image-edit" in refused(*words(out, "--model", str(tiny("wan2.2-ti2v-5b"))))
    assert "no model there" in refused(*words(out, "--model", str(tmp_path / "none")))
    (tmp_path / "empty").mkdir()
    assert "is no model folder" in refused(*words(out, "--model", str(tmp_path / "empty")))
    cut = tmp_path / "cut"
    shutil.copytree(tiny("qwen-image-edit"), cut)
    weights = cut / "transformer/diffusion_pytorch_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-9])
    assert "is no whole safetensors file" in refused(*words(out, "--model", str(cut)))
    assert "no usable NVIDIA GPU" in refused(*words(out, "--device", "cuda"))
    assert not out.exists()


def test_a_changed_dataset_is_refused(tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(dataset("image"), copy)
    with (copy / "media/00000.tar").open("r+b") as file:
        file.seek(2000)
        file.write(b"x")
    assert "is not what the manifest says" in refused(*words(tmp_path / "out", data=str(copy)))


def test_a_training_that_goes_astray_keeps_its_checkpoint(tmp_path: Path) -> None:
    wild: dict[str, Any] = {"--learning-rate": "1e30", "--max-grad-norm": "1e30", "--save-steps": "1"}
    flags = [word for pair in wild.items() for word in pair]
    done = call(*words(tmp_path / "out", "--max-steps", "6", "--judge-steps", "0", *flags))
    assert done.code == 3
    assert "training went astray" in done.err
    assert "lower --learning-rate" in done.err
    assert "Traceback" not in done.err
    with contextlib.suppress(FileNotFoundError):
        assert not (tmp_path / "out/manifest.json").exists()
    assert list((tmp_path / "out").glob("checkpoints/checkpoint-*/.complete"))


def test_a_full_disk_keeps_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Room for one checkpoint and not for three; with more room the training goes on."""
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4500k", "tmpfs", small], check=False)
    if mounted.returncode:
        pytest.skip("no file system can be mounted here")
    monkeypatch.setenv("VTB_CACHE", str(small))
    command = [*words(tmp_path / "out", "--max-steps", "4", "--save-steps", "1", "--judge-steps", "0")]
    command[command.index("--lora-rank") + 1] = "64"
    try:
        full = call(*command)
        assert (full.code, "the disk is full" in full.error_lines[-1]) == (4, True), full.err
        assert list((tmp_path / "out").glob("checkpoints/checkpoint-*/.complete"))
        subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
        assert "continuing from checkpoint-" in good(call(*command)).err
    finally:
        subprocess.run(["umount", small], check=True)
