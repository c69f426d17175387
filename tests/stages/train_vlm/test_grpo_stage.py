"""``vtb-train-vlm grpo`` as a user runs it: the real commands, the real engine, a tiny model that can answer."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract.command_line import BIN, Result, call, killed_at_the_end, start
from contract.no_network import line_without_network
from stages.train_vlm.stage_runs import (
    Place,
    losses,
    marked,
    metrics,
    no_engine,
    patiently,
    payload,
    wait_for,
)
from vtb.artifact import read_manifest
from vtb.errors import NotAvailable, UsageProblem
from vtb.store import open_store
from vtb_train_vlm.engine_options import check_engine_args
from vtb_train_vlm.grpo import Options, generation

pytestmark = pytest.mark.engine
PACE = ("--device", "cpu", "--learning-rate", "0.001", "--batch-size", "8", "--max-completion-length", "8")


@dataclass(frozen=True)
class Bench:
    """A dataset of letters to choose and a model that answers with some letter."""

    dataset: str
    model: str
    out: Path
    env: dict[str, str]

    def grpo(self, output: object, *more: object) -> tuple[Any, ...]:
        read = ("--input", self.dataset, "--model", self.model)
        return ("vtb-train-vlm", "grpo", *read, "--output", output, *PACE, *more)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, place: Place) -> Bench:
    out = tmp_path_factory.mktemp("grpo")
    env = {**place.env, "VTB_CACHE": str(out / "cache")}  # of its own: a run that fails leaves its work there
    one = ("--workers", "1", "--output")
    for words in (
        ("vtb-gen-eyeballing", "--task", "midpoint", "--count", "40", "--width", "256", *one, out / "puzzles"),
        ("vtb-curate", "--input", out / "puzzles", "--val", "0.2", "--test", "0.2", *one, out / "curated"),
        ("vtb-prepare", "vlm", "--input", out / "curated", *one, out / "dataset"),
    ):
        done = call(*words)
        assert done.code == 0, done.err
    sft = ("vtb-train-vlm", "sft", "--input", out / "dataset", "--model", place.model, "--output", out / "sft")
    done = call(*sft, "--device", "cpu", "--learning-rate", "0.01", "--batch-size", "8", "--max-steps", "12",
                     "--tuner", "full", env=env)  # fmt: skip
    assert done.code == 0, done.err
    return Bench(str(out / "dataset"), str(out / "sft"), out, env)


@pytest.fixture(scope="module")
def trained(bench: Bench) -> tuple[str, Result]:
    """Where no network is, if this machine can do without."""
    uri, alone = str(bench.out / "adapter"), line_without_network()
    program, *words = bench.grpo(uri, "--max-steps", 6, "--save-steps", 3)
    return uri, patiently(*alone, BIN / program, *words, env=bench.env)


def test_writes_an_adapter_that_rewards_have_changed(trained: tuple[str, Result]) -> None:
    uri, result = trained
    assert result.code == 0, result.err
    found = metrics(uri)
    assert found["steps"] == 6
    assert found["lora_b_max"] > 0
    assert 0 <= found["reward_first"] <= 1.2
    assert found["val_reward_last"] >= 0
    names = {file.path for file in read_manifest(uri, ("adapter",)).files}
    assert {"adapter_model.safetensors", "reward.png", "loss.png", "log.jsonl", "completions.jsonl"} <= names


def test_curves_have_the_reward_and_its_parts(trained: tuple[str, Result]) -> None:
    rows = [json.loads(line) for line in open_store(trained[0]).get_bytes("log.jsonl").decode().splitlines()]
    assert [row["step"] for row in rows] == [*range(1, 7)]
    for name in ("reward", "reward_std", "kl", "rewards/vtb_correct/mean", "rewards/vtb_readable/mean",
                 "completions/mean_length", "completions/clipped_ratio"):  # fmt: skip
        assert all(name in row for row in rows), name
    weighted = [
        row["rewards/vtb_correct/mean"] + 0.1 * (row["rewards/vtb_readable/mean"] + row["rewards/vtb_format/mean"])
        for row in rows
    ]
    assert [row["reward"] for row in rows] == pytest.approx(weighted, abs=1e-5)
    assert len(losses(trained[0])) == 6


def test_completions_of_every_evaluation_are_kept(trained: tuple[str, Result]) -> None:
    rows = [json.loads(line) for line in open_store(trained[0]).get_bytes("completions.jsonl").decode().splitlines()]
    assert {row["step"] for row in rows} == {*range(1, 7)}
    per_row: dict[tuple[int, str], int] = {}
    for row in rows:
        per_row[row["step"], row["id"]] = per_row.get((row["step"], row["id"]), 0) + 1
        assert row["parts"].keys() == {"correct", "readable", "format", "path"}
        assert row["reward"] == pytest.approx(row["parts"]["correct"] + 0.1 * row["parts"]["readable"])
        assert row["solution"] in "ABCDE"
    assert set(per_row.values()) == {8}
    page = open_store(trained[0]).get_bytes("completions.html").decode()
    assert page.count("data:image/png;base64,") == len({row["id"] for row in rows})
    assert "midpoint" in page


def test_the_run_can_be_repeated_with_the_engine_alone(trained: tuple[str, Result], tmp_path: Path) -> None:
    """The engine's own reader makes of the written file the arguments of the run, and its places are relative."""
    from swift.cli.main import parse_yaml_args

    file = Path(trained[0]) / "swift.yaml"
    words = [str(file)]
    parse_yaml_args(words)
    text = " ".join(words)
    for said in (
        "--rlhf_type grpo",
        "--num_generations 8",
        "--max_steps 6",
        "--learning_rate 0.001",
        "--beta 0.001",
        "--reward_funcs vtb_correct vtb_readable vtb_format vtb_path",
        "--reward_weights 1.0 0.1 0.1 0.0",
        "--model model",
        "--dataset dataset/train_grpo.jsonl",
        "--external_plugins vtb_rewards.py",
    ):
        assert said in text
    assert "/" not in text.replace("dataset/", "")
    variables = yaml.safe_load(file.read_text())["ENV"]  # pictures and frames of clips have the sizes of the run
    assert variables == {"ROOT_IMAGE_DIR": "dataset", "MAX_PIXELS": 262144, "VIDEO_MAX_TOKEN_NUM": 256,
                         "VIDEO_MIN_TOKEN_NUM": 4}  # fmt: skip
    plugin = (Path(trained[0]) / "vtb_rewards.py").read_text()
    code = f"{plugin}\nfrom swift.rewards import orms\nassert 'vtb_correct' in orms"
    shim = "from vtb.engine.torchvision_cpu import allow_cpu_torchvision; allow_cpu_torchvision()\n"
    subprocess.run([sys.executable, "-c", shim + code], check=True)


def test_who_asks_its_model_is_told_how_its_training_asked(
    bench: Bench, trained: tuple[str, Result], tmp_path: Path
) -> None:
    few = ("--limit", "1", "--max-new-tokens", "2", "--device", "cpu", "--workers", "1")
    asked = ("--input", bench.out / "curated", "--model", bench.model, *few)
    done = call("vtb-eval", "predict", *asked, "--adapter", trained[0], "--output", tmp_path / "said")
    assert done.code == 0, done.err
    assert "--style think asks as its training did" in done.err
    bare = call("vtb-eval", "predict", *asked, "--output", tmp_path / "bare")
    assert "--style" not in bare.err


def test_a_run_whose_answers_are_all_alike_fails_the_gate(bench: Bench, tmp_path: Path) -> None:
    """Though weight decay has changed every weight."""
    words = bench.grpo(tmp_path / "out", "--max-steps", 1, "--temperature", "0.0001", "--beta", "0", "--tuner", "full",
                       "--", "--weight_decay", "0.5")  # fmt: skip
    done = call(*words, env=bench.env)
    assert done.code == 5, done.err
    assert "the answers of every group were rewarded alike" in done.err
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_stopped_and_continued_equals_undisturbed(bench: Bench, trained: tuple[str, Result], tmp_path: Path) -> None:
    whole, out = Path(trained[0]), tmp_path / "out"
    words = bench.grpo(out, "--max-steps", 6, "--save-steps", 3)
    with killed_at_the_end(start(*words, env=bench.env)) as process:
        wait_for("a checkpoint", lambda: marked(str(out)), process)
        process.terminate()
        _, err = process.communicate(timeout=120)
    assert process.returncode == 75, err
    done = call(*words, env=bench.env)
    assert done.code == 0, done.err
    assert "continuing from checkpoint-" in done.err
    assert payload(out) == payload(whole)


def test_losses_of_its_own_are_known() -> None:
    check_engine_args(("--loss_type", "dr_grpo", "--epsilon", "0.3"), None, "rlhf")
    with pytest.raises(UsageProblem, match="no such value"):
        check_engine_args(("--loss_type", "dr_grpo"), None, "sft")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--generations", "3"), "--generations 3 does not divide the 8 completions"),
        (("--nproc", "1", "--batch-size", "4"), "does not divide the 4 completions"),
        (("--reward", "vbt"), "did you mean vtb?"),
        (("--reward-weights", "corect=1"), "no part of reward vtb"),
        (("--reward-weights", "correct=0,readable=0,format=0"), "are 0"),
        (("--rollout", "colocate"), "needs vLLM"),
        (("--", "--num_generations", "4"), "give --generations"),
        (("--", "--reward_funcs", "accuracy"), "give --reward"),
        (("--", "--betta", "0"), "did you mean"),
    ],
)
def test_refused_before_anything_loads(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], said: str
) -> None:
    monkeypatch.setattr("vtb.engine.train.run_engine", no_engine)
    done = call(*bench.grpo(tmp_path / "out", *given))
    assert done.code in (2, 4), done.err
    assert said in done.err
    assert not (tmp_path / "out").exists()


def test_what_generates_on_gpus(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """The published recipe's share of memory and GPUs a copy; a size that does not fit is refused."""
    monkeypatch.setattr("vtb_train_vlm.grpo.gpu_count", lambda: 8)
    real, vllm = importlib.util.find_spec, ["there"]
    monkeypatch.setattr("importlib.util.find_spec", lambda name: vllm or None if name == "vllm" else real(name))
    found = generation(Options(model="m", nproc=8), "cuda")
    assert (found["vllm_mode"], found["vllm_tensor_parallel_size"]) == ("colocate", 4)
    assert (found["vllm_gpu_memory_utilization"], found["vllm_max_model_len"]) == (0.5, 4352)
    for size, processes in ((3, 8), (16, 16), (4, 2)):
        with pytest.raises(UsageProblem, match=f"--vllm-tensor-parallel {size} does not fit 8 GPUs"):
            generation(Options(model="m", nproc=processes, vllm_tensor_parallel=size), "cuda")
    server = generation(Options(model="m", rollout="server", vllm_host="there", vllm_port=81), "cuda")
    assert server == {"use_vllm": True, "vllm_mode": "server", "vllm_server_host": "there", "vllm_server_port": 81}
    with pytest.raises(NotAvailable, match="--rollout server needs an NVIDIA GPU"):
        generation(Options(model="m", rollout="server"), "cpu")
    vllm.clear()
    with caplog.at_level("WARNING"):
        assert generation(Options(model="m", nproc=8), "cuda") == {"use_vllm": False}
    assert "vLLM is not installed" in caplog.text


def test_rows_without_what_a_reward_reads(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtb.engine.train.run_engine", no_engine)
    done = call(*bench.grpo(tmp_path / "out", "--reward", "vsi"))
    assert done.code == 3, done.err
    assert "row 1 has no column question_type" in done.err
