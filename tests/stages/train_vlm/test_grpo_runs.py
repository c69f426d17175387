"""``vtb-train-vlm grpo`` on questions on rooms: the ``vsi`` reward, both families, two processes, what is learned."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from contract.command_line import call
from stages.train_vlm.stage_runs import ONE_THREAD, log_rows, metrics
from vtb.artifact import read_manifest
from vtb.artifact.local import find_model
from vtb_train_vlm.logits import compare_logits

pytestmark = pytest.mark.engine
COUNT = {"question_type": "object_counting", "question": "How many chairs are there?", "ground_truth": "3"}
CHOICE = {"question_type": "object_rel_distance_v2", "question": "Which is nearest to the door?",
          "options": ["A. lamp", "B. sofa", "C. table"], "ground_truth": "B"}  # fmt: skip
PACE = ("--device", "cpu", "--max-completion-length", "8", "--reward", "vsi")
RARELY = ("--", "--eval_steps", "1000")
Model = Callable[[str], str]


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {**ONE_THREAD, "VTB_CACHE": str(tmp_path_factory.mktemp("cache"))}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Sixteen questions about four scenes, as ``vtb-prepare vsi`` writes them."""
    out, rng = tmp_path_factory.mktemp("rooms"), np.random.default_rng(0)
    for scene in "abcd":
        (out / "videos" / scene).mkdir(parents=True)
        for number in range(4):
            picture = rng.integers(0, 255, (6, 10, 3), dtype=np.uint8).repeat(16, 0).repeat(16, 1)
            Image.fromarray(picture).save(out / "videos" / scene / f"{number}.png")
    rows = [
        {"id": n, "dataset": "scans", "scene_name": "abcd"[n // 4], **(CHOICE if n % 2 else COUNT)} for n in range(16)
    ]
    (out / "train.json").write_text(json.dumps(rows))
    read = ("--questions", out / "train.json", "--videos", out / "videos", "--frames", "2", "--val", "0.25")
    done = call("vtb-prepare", "vsi", *read, "--workers", "1", "--output", out / "dataset")
    assert done.code == 0, done.err
    return str(out / "dataset")


@pytest.fixture(scope="module")
def model(dataset: str, env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Model:
    """A tiny model of a family that gives the right answer now and then, made once."""
    out = tmp_path_factory.mktemp("models")

    def make(family: str) -> str:
        place = out / f"{family}-sft"
        if not place.is_dir():
            done = call("vtb-train-vlm", "tiny-model", "--family", family, out / family)
            assert done.code == 0, done.err
            read = ("--input", dataset, "--model", out / family, "--device", "cpu")
            pace = ("--learning-rate", "0.01", "--batch-size", "8", "--max-steps", "7", "--tuner", "full")
            done = call("vtb-train-vlm", "sft", *read, "--output", place, *pace, *RARELY, env=env)
            assert done.code == 0, done.err
        return str(place)

    return make


def grpo(dataset: str, model: str, output: Path, env: dict[str, str], *more: Any) -> list[dict[str, Any]]:
    """Train; returns the log of the steps."""
    words = ("--input", dataset, "--model", model, "--output", output, *PACE, *more)
    done = call("vtb-train-vlm", "grpo", *words, env=env)
    assert done.code == 0, done.err
    return [row for row in log_rows(str(output)) if "reward" in row]


def test_what_is_rewarded_rises(dataset: str, model: Model, env: dict[str, str], tmp_path: Path) -> None:
    """The score of VSI-Bench on the questions that it is trained on."""
    pace = ("--learning-rate", "0.003", "--batch-size", "16", "--max-steps", "16")
    rows = grpo(dataset, model("qwen3_vl"), tmp_path / "out", env, *pace, *RARELY)
    scores = [row["rewards/vsi_score/mean"] for row in rows]
    assert len(scores) == 16
    first, last = sum(scores[:4]) / 4, sum(scores[-4:]) / 4
    assert last > first + 0.2, scores
    assert metrics(str(tmp_path / "out"))["reward_last"] > metrics(str(tmp_path / "out"))["reward_first"]


@pytest.mark.slow
def test_the_other_family_and_its_merged_model(dataset: str, model: Model, env: dict[str, str], tmp_path: Path) -> None:
    base, adapter = model("qwen2_5_vl"), tmp_path / "adapter"
    pace = ("--learning-rate", "0.001", "--batch-size", "8", "--max-steps", "3")
    rows = grpo(dataset, base, adapter, env, *pace, "--merge", *RARELY)
    assert [row["step"] for row in rows] == [1, 2, 3]
    assert {"rewards/vsi_score/mean", "rewards/vsi_readable/mean", "rewards/vsi_format/mean"} <= rows[0].keys()
    proof = metrics(str(adapter))
    assert min(proof["lora_b_max"], proof["weights_diff_max"]) > 0
    assert "merged/model.safetensors" in {file.path for file in read_manifest(str(adapter), ("adapter",)).files}
    # As merge and predict take it up.
    found = compare_logits(Path(base), find_model(str(adapter), ("adapter",)).folder(), adapter / "merged")
    assert found["merged_minus_adapter"] < 1e-4 * found["largest"]
    assert found["merged_minus_base"] > 1e-4 * found["largest"]


def test_two_processes_share_a_group_of_answers(
    dataset: str, model: Model, env: dict[str, str], tmp_path: Path
) -> None:
    pace = ("--learning-rate", "0.001", "--batch-size", "4", "--nproc", "2", "--max-steps", "2")
    rows = grpo(dataset, model("qwen3_vl"), tmp_path / "out", env, *pace)
    assert [row["step"] for row in rows] == [1, 2]
    assert metrics(str(tmp_path / "out"))["lora_b_max"] > 0
    assert (tmp_path / "out" / "swift.yaml").read_text().startswith("# NPROC_PER_NODE=2 swift rlhf")
    answers = [json.loads(line) for line in (tmp_path / "out" / "completions.jsonl").read_text().splitlines()]
    # Four of the eight answers to a question come from each process; all are in one table.
    assert set(Counter((row["step"], row["id"]) for row in answers).values()) == {8}
    assert len({row["id"] for row in answers}) == 4
