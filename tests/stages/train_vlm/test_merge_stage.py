"""``vtb-train-vlm merge`` as a user runs it, on an adapter that the engine has trained."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from contract.command_line import Result, call
from stages.train_vlm.engine_runs import Run
from stages.train_vlm.stage_runs import metrics
from vtb.artifact import read_manifest
from vtb.geometry.as_trained import NAME
from vtb_train_vlm.merge_adapter import add_missing, merge_adapter
from vtb_train_vlm.tiny_model import build_tiny_model

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def adapter(trained: Run) -> Path:
    """As PEFT writes it."""
    return sorted(trained.output_dir.glob("checkpoint-*"), key=lambda path: int(path.name[11:]))[-1]


def merge(model: object, adapter: object, output: object, cache: Path) -> Result:
    words = ("--model", model, "--adapter", adapter, "--output", output, "--workers", "1")
    return call("vtb-train-vlm", "merge", *words, env={"VTB_CACHE": str(cache), "OMP_NUM_THREADS": "1"})


def test_the_merged_model_says_what_both_say_together(tiny: Path, adapter: Path, tmp_path: Path) -> None:
    out, base = tmp_path / "merged", tmp_path / "base"
    shutil.copytree(tiny, base)
    config = json.loads((base / "config.json").read_text())
    (base / "config.json").write_text(json.dumps({**config, NAME: {"max_pixels": 4096, "seconds": True}}))
    done = merge(base, adapter, out, tmp_path)
    assert done.code == 0, done.err
    assert NAME not in json.loads((out / "config.json").read_text())  # the adapter was trained by another trainer
    manifest = read_manifest(str(out), ("checkpoint",))
    assert [entry.kind for entry in manifest.plan.inputs] == ["model-folder", "model-folder"]
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= {file.path for file in manifest.files}
    found = metrics(str(out))
    assert found["merged_minus_adapter"] < 1e-4 * found["largest"]
    assert found["merged_minus_base"] > 0.1
    again = merge(base, adapter, out, tmp_path)
    assert "already complete" in again.err


def test_what_the_engine_leaves_out_is_copied_and_what_machines_left_is_not(tmp_path: Path) -> None:
    model, merged = tmp_path / "model", tmp_path / "merged"
    base = ("config.json", "LICENSE", "a.safetensors", "manifest.json", "._LICENSE", ".DS_Store")
    for folder, names in ((model, base), (merged, ("config.json", "model.safetensors"))):
        folder.mkdir()
        for name in names:
            (folder / name).write_text(folder.name)
    add_missing(model, merged)
    assert {path.name for path in merged.iterdir()} == {"config.json", "LICENSE", "model.safetensors"}
    assert (merged / "config.json").read_text() == "merged"


def test_a_model_that_says_something_else_fails_the_gate(
    tiny: Path, adapter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The merged model is another one's, as after a fault of the engine."""
    other = tmp_path / "other"
    build_tiny_model("qwen3_vl", other, seed=4)

    def wrong(_model: Path, adapter: Path, out: Path, env: Mapping[str, str]) -> None:
        merge_adapter(other, adapter, out, env)

    monkeypatch.setattr("vtb_train_vlm.merge.merge_adapter", wrong)
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "cache"))
    done = call("vtb-train-vlm", "merge", "--model", tiny, "--adapter", adapter, "--output", tmp_path / "o")
    assert (done.code, len(done.error_lines)) == (5, 1), done.err
    assert "says something else than base and adapter" in done.err
    assert not (tmp_path / "o" / "manifest.json").exists()


def test_an_adapter_that_learned_nothing(tiny: Path, adapter: Path, tmp_path: Path) -> None:
    import shutil

    from safetensors.torch import load_file, save_file

    still = tmp_path / "still"
    shutil.copytree(adapter, still)
    tensors = load_file(still / "adapter_model.safetensors")
    save_file(
        {name: tensor * 0 if ".lora_B." in name else tensor for name, tensor in tensors.items()},
        still / "adapter_model.safetensors",
        metadata={"format": "pt"},
    )
    done = merge(tiny, still, tmp_path / "o", tmp_path)
    assert (done.code, "the adapter changes nothing" in done.err) == (5, True), done.err


def test_no_adapter_there(tiny: Path, tmp_path: Path) -> None:
    done = merge(tiny, tmp_path / "none", tmp_path / "o", tmp_path)
    assert (done.code, len(done.error_lines)) == (4, 1), done.err
    assert not (tmp_path / "o").exists()
