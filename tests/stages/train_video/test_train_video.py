"""``vtb-train-video sft``: from clips and a tiny model to an adapter, through the real engine process."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.command_line import call
from drawing import dataset, tiny
from vtb.artifact import read_manifest
from vtb.diffusion.adapter import read_adapter
from vtb.diffusion.drawn_form import DrawnForm

pytestmark = pytest.mark.engine
SMALL = ("--lora-rank", "4", "--learning-rate", "0.01", "--device", "cpu", "--max-steps", "2")
JUDGED = ("--judge-count", "1", "--judge-inference-steps", "2")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def words(variant: str, output: Path, *more: str) -> tuple[str, ...]:
    place = ("--input", dataset("video"), "--model", str(tiny(variant)), "--output", str(output))
    return ("vtb-train-video", "sft", "--variant", variant, *place, *SMALL, *JUDGED, *more)


@pytest.mark.parametrize(
    ("variant", "experts"),
    [("wan2.2-ti2v-5b", ["lora"]), ("wan2.2-i2v-a14b", ["high_noise", "low_noise"])],
)
def test_every_denoiser_gets_its_lora(variant: str, experts: list[str], tmp_path: Path) -> None:
    done = call(*words(variant, tmp_path / "out"))
    assert done.code == 0, done.err
    manifest = read_manifest(str(tmp_path / "out"), ("adapter",))
    said = read_adapter(tmp_path / "out")
    assert (list(said.experts), said.form) == (experts, DrawnForm(frames=5, size=(64, 64)))
    assert {f"{name}.safetensors" for name in experts} <= {file.path for file in manifest.files}
    assert manifest.metrics["steps"] == 2 * len(experts)
    rows = [json.loads(line) for line in (tmp_path / "out/log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows if "eval_solved" in row] == [0, 2 * len(experts)]


def test_one_expert_alone(tmp_path: Path) -> None:
    done = call(*words("wan2.2-t2v-a14b", tmp_path / "out", "--expert", "low_noise", "--judge-steps", "0"))
    assert done.code == 0, done.err
    assert read_adapter(tmp_path / "out").experts == ("low_noise",)
    assert read_manifest(str(tmp_path / "out"), ("adapter",)).metrics["steps"] == 2


def test_a_model_of_one_denoiser_has_no_expert_to_choose(tmp_path: Path) -> None:
    done = call(*words("wan2.2-ti2v-5b", tmp_path / "out", "--expert", "high_noise"))
    assert done.code == 2
    assert "has one denoiser" in done.err
    other = ("--input", dataset("image"), "--model", str(tiny("wan2.2-ti2v-5b")), "--output", str(tmp_path / "out"))
    done = call("vtb-train-video", "sft", *other)
    assert done.code == 3
    assert "vtb-prepare video" in done.err
