"""The scripts for GPUs: their commands are taken by the stages, and the measurement works where it can be tried."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.command_line import call, run
from gpu.vlm_runs import WAYS, make_dataset, run_way
from launch.pipelines import words
from vtb.pipeline.reading import read_pipeline

PIPELINE = Path(__file__).with_name("eyeballing.yaml")


@pytest.mark.parametrize("name", sorted(WAYS))
def test_every_way_is_taken_by_its_command(name: str, tmp_path: Path) -> None:
    """It fails for want of its input, not of its options."""
    command, options = WAYS[name]
    place = ("--input", tmp_path / "none", "--model", tmp_path, "--output", tmp_path / "out")
    done = call("vtb-train-vlm", command, *place, "--max-steps", 3, *options)
    assert (done.code, "holds no artifact" in done.err) == (3, True), done.err


def test_the_pipeline_is_taken_by_its_stages(tmp_path: Path) -> None:
    pipeline = read_pipeline(PIPELINE)
    programs = {step.name: step.stage for step in pipeline.steps}
    for name, stage in programs.items():
        found = words(pipeline, name, str(tmp_path / "out"))
        end = found.index("--") if "--" in found else len(found)
        dry = call(f"vtb-{stage.split()[0]}", *found[:end], "--dry-run", *found[end:])
        assert (dry.code == 0) or (dry.code == 3 and "holds no artifact" in dry.err), (name, dry.err)
    assert programs["rewarded"] == "train-vlm grpo"


@pytest.mark.slow
@pytest.mark.engine
def test_a_way_is_measured(tmp_path: Path) -> None:
    """On the CPU, with a tiny model."""
    assert run("vtb-train-vlm", "tiny-model", tmp_path / "tiny").code == 0
    dataset = make_dataset(tmp_path)
    small = ("--device", "cpu", "--max-pixels", 16384, "--batch-size", 2)
    found = run_way("sft", dataset, tmp_path / "tiny", tmp_path / "out", 12, small)
    assert found["steps"] == 12
    assert found["lora_b_max"] > 0
    refused = run_way("grpo, colocate", dataset, tmp_path / "tiny", tmp_path / "grpo", 2, ("--device", "cpu"))
    assert refused["exit_code"] == 4
    assert "vLLM" in refused["said"]
