"""The commands work where nothing can be reached: in a network namespace without a route, or even a loopback.

``grpo`` does, too: stages/train_vlm/test_grpo_stage.py trains there.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from contract.command_line import BIN, TINY
from contract.no_network import line_without_network
from drawing import tiny
from stages.prepare.room_films import film, question, room
from vtb_train_vlm.tiny_model import build_tiny_model

pytestmark = pytest.mark.engine
STEPS = ("--max-steps", "1", "--batch-size", "2", "--device", "cpu")


@pytest.fixture(scope="module")
def alone() -> list[str]:
    line = line_without_network()
    if not line:
        pytest.skip("this machine allows no network namespaces")
    reach = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    found = subprocess.run([*line, str(BIN / "python"), "-c", reach], capture_output=True, text=True, check=False)
    assert "unreachable" in found.stderr  # with a network it would be refused
    return line


def _runner(alone: list[str]) -> Callable[..., None]:
    def run(program: str, *words: object) -> None:
        line = [*alone, str(BIN / program), *map(str, words)]
        # No settings of the tests that would keep the engines offline.
        env = {name: value for name, value in os.environ.items() if not name.startswith(("HF_", "TRANSFORMERS_"))}
        done = subprocess.run(line, env=env, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, f"{program} {words[0]}: {done.stderr[-2000:]}"

    return run


def test_the_whole_way(alone: list[str], tmp_path: Path) -> None:
    run = _runner(alone)
    at = {name: tmp_path / name for name in ("mazes", "curated", "data", "model", "sft", "merged", "said")}
    run("vtb-gen-maze", *TINY, "--count", "12", "--output", at["mazes"])
    run("vtb-curate", "--input", at["mazes"], "--test", "0.3", "--workers", "1", "--output", at["curated"])
    run("vtb-prepare", "vlm", "--input", at["curated"], "--workers", "1", "--output", at["data"])
    run("vtb-train-vlm", "tiny-model", at["model"])
    trained = ("--input", at["data"], "--model", at["model"], *STEPS)
    run("vtb-train-vlm", "sft", *trained, "--output", at["sft"])
    run("vtb-train-vlm", "merge", "--model", at["model"], "--adapter", at["sft"], "--output", at["merged"])
    asked = ("--input", at["curated"], "--model", at["merged"], "--max-new-tokens", "4", "--limit", "2")
    run("vtb-eval", "predict", *asked, "--device", "cpu", "--output", at["said"])
    run("vtb-eval", "score", "--input", at["said"], "--workers", "1", "--output", tmp_path / "scores")
    film(tmp_path / "videos" / "a.mp4", room(0))
    small = ("--rooms", "1", "--picture-size", "160x120", "--clip-frames", "32", "--workers", "1")
    run("vtb-gen-rooms", *small, "--output", tmp_path / "rooms")
    (tmp_path / "q.json").write_text(f"[{question(0, 'a')}]".replace("'", '"').replace("None", "null"))
    about = ("--questions", tmp_path / "q.json", "--videos", tmp_path / "videos", "--frames", "2", "--workers", "1")
    run("vtb-prepare", "questions", "--benchmark", "vsi-bench", *about, "--output", tmp_path / "questions")
    run("vtb-prepare", "vsi", *about, "--val", "0", "--output", tmp_path / "vsi")
    assert (tmp_path / "scores" / "report.html").is_file()


def test_the_way_of_models_that_draw(alone: list[str], tmp_path: Path) -> None:
    run = _runner(alone)
    clip = ("--video", "--frames", "5", "--clip-size", "64x64")
    run("vtb-gen-maze", *TINY, "--count", "8", *clip, "--output", tmp_path / "mazes")
    forms = {"image": ("--variant", "qwen-image-edit"), "video": ("--variant", "wan2.2-i2v-a14b")}
    for kind, variant in forms.items():
        data, adapter, said = (tmp_path / f"{kind}-{name}" for name in ("data", "adapter", "said"))
        form = ("--frames", "5", "--size", "64x64") if kind == "video" else ()
        run("vtb-prepare", kind, "--input", tmp_path / "mazes", *form, "--workers", "1", "--output", data)
        model = tmp_path / "model" if kind == "image" else tiny(variant[1])
        if kind == "image":
            run("vtb-train-image", "tiny-model", *variant, model)
        short = ("--max-steps", "1", "--judge-inference-steps", "2", "--judge-count", "1", "--device", "cpu", "--cache")
        small = ("--edit-pixels", "4096") if kind == "image" else ()
        place = ("--input", data, "--model", model, "--output", adapter)
        run(f"vtb-train-{kind}", "sft", *variant, *place, *short, *small)
        if kind == "video":
            continue  # the rest is the same program with another pipeline
        asked = ("--input", tmp_path / "mazes", "--model", model, "--adapter", adapter, "--limit", "1")
        run("vtb-eval", "predict", *variant, *asked, "--inference-steps", "2", "--device", "cpu", "--output", said)
        run("vtb-eval", "score", "--input", said, "--workers", "1", "--output", tmp_path / f"{kind}-scores")
    assert (tmp_path / "image-scores" / "report.html").is_file()
    assert (tmp_path / "video-adapter" / "high_noise.safetensors").is_file()


def test_the_way_of_models_that_think_in_latents(alone: list[str], tmp_path: Path) -> None:
    run = _runner(alone)
    at = {name: tmp_path / name for name in ("mazes", "plans", "model", "thinks", "needs", "said", "scores")}
    small = ("--size", "5", "--cell-px", "16", "--count", "8", "--workers", "1")
    run("vtb-gen-maze", *small, "--show-cell-ids", "--output", at["mazes"])
    run("vtb-prepare", "latent", "--input", at["mazes"], "--workers", "1", "--output", at["plans"])
    build_tiny_model("qwen3_vl", at["model"], seed=3)
    short = ("--max-steps", "1", "--grad-accum", "1", "--judge-steps", "0", "--device", "cpu")
    learned = ("--input", at["plans"], "--model", at["model"], "--latent-size", "2", *short)
    run("vtb-train-vlm", "latent-sft", *learned, "--output", at["thinks"])
    rewarded = ("--input", at["plans"], "--model", at["thinks"], "--generations", "2", "--max-new-tokens", "8", *short)
    # All answers are worth the same, so that only the decay changes anything.
    decay = ("--learning-rate", "0.01", "--weight-decay", "0.5")
    run("vtb-train-vlm", "latent-grpo", *rewarded, *decay, "--output", at["needs"])
    asked = ("--input", at["mazes"], "--model", at["needs"], "--max-new-tokens", "8", "--limit", "2", "--split", "all")
    run("vtb-eval", "predict", *asked, "--latent-ablations", "--device", "cpu", "--output", at["said"])
    run("vtb-eval", "score", "--input", at["said"], "--workers", "1", "--output", at["scores"])
    assert (at["scores"] / "report.html").is_file()
