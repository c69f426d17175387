"""``vtb-eval predict``: models, adapters and options that cannot be used, told in one line."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from contract.command_line import call
from stages.eval.predict_runs import predict, tiny
from vtb.artifact import InputEntry, Manifest, Plan
from vtb.artifact.local import Model
from vtb.artifact.output import Output
from vtb_eval.predict_options import Options
from vtb_eval.predicting import warn_of_another_base

pytestmark = pytest.mark.engine


def test_an_adapter_of_another_model(curated: Path, adapter: Path, tmp_path: Path) -> None:
    other = tiny(tmp_path, "qwen2_5_vl")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in adapter.iterdir():
        data = path.read_bytes()
        (damaged / path.name).write_bytes(data[: len(data) // 2] if path.suffix == ".safetensors" else data)
    config = json.loads((adapter / "adapter_config.json").read_text())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "adapter_config.json").write_text(json.dumps({**config, "target_modules": ["no_such"]}))
    (tmp_path / "other" / "adapter_model.safetensors").touch()
    for folder in ("damaged", "other"):
        done = predict(curated, other, tmp_path / f"out-{folder}", "--adapter", tmp_path / folder)
        assert (done.code, len(done.error_lines)) == (3, 1), done.err
        assert "cannot be loaded" in done.error_lines[0]


def test_a_damaged_model(curated: Path, model: Path, tmp_path: Path) -> None:
    for name, hurt in (("weights", "model.safetensors"), ("processor", "processor_config.json")):
        folder = tmp_path / name
        folder.mkdir()
        for path in model.iterdir():
            data = path.read_bytes()
            (folder / path.name).write_bytes(data[: len(data) // 2] if path.name == hurt else data)
        out = tmp_path / f"out-{name}"
        done = predict(curated, folder, out)
        assert (done.code, len(done.error_lines)) == (3, 1), done.err
        assert f"{folder}: " in done.error_lines[0]
        assert not (out / "manifest.json").exists()


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no such split": (("--split", "tets"), 3, "has no split 'tets', only train ("),
    "no such adapter": (("--adapter", "{tmp}/nowhere"), 4, "no adapter there"),
    "a model as adapter": (("--adapter", "{model}"), 3, "no adapter_config.json"),
    "puzzles as adapter": (("--adapter", "{curated}"), 3, "holds puzzles"),
    "a checkpoint as adapter": (("--adapter", "{tmp}/checkpoint"), 3, "holds checkpoint"),
    "no such model": (("--model", "{tmp}/nowhere"), 4, "no model there"),
    "a name of a hub": (("--model", "Qwen/Qwen3-VL-2B-Instruct"), 4, "nothing is downloaded by name"),
    "puzzles as model": (("--model", "{curated}"), 3, "holds puzzles"),
    "a model as input": (("--input", "{model}"), 3, "holds no puzzles artifact and no VLMPuzzle data.json"),
    "no gpu": (("--device", "cuda"), 4, "no usable NVIDIA GPU"),
    "no tokens": (("--max-new-tokens", "0"), 2, "max-new-tokens"),
    "less than none": (("--limit", "0"), 2, "limit"),
    "below zero": (("--temperature", "-1"), 2, "temperature"),
    "an unknown style": (("--style", "shout"), 2, "shout"),
    "vllm and a device": (("--backend", "vllm"), 2, "--device is for --backend transformers"),
    "vllm and a server": (("--backend", "vllm", "--endpoint", "http://localhost:1/v1"), 2, "not for --endpoint"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(case: str, curated: Path, model: Path, tmp_path: Path) -> None:
    words, code, part = REFUSED[case]
    output = Output(str(tmp_path / "checkpoint"), Plan("checkpoint", "vtb-train-vlm sft", 1, {}))
    output.begin()
    output.commit([])
    where = {"tmp": tmp_path, "model": model, "curated": curated}
    if words[0] == "--input":  # in place of the good one
        curated, words = Path(words[1].format(**where)), words[2:]
    done = predict(curated, model, tmp_path / "out", *(word.format(**where) for word in words))
    assert (done.code, len(done.error_lines)) == (code, 1), done.err
    assert part in done.error_lines[0]
    assert "Traceback" not in done.err
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_what_vllm_cannot_do_is_refused_before_anything_loads(
    curated: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("vtb-eval", "predict", "--input", curated, "--output", tmp_path / "out", "--backend", "vllm", "--model")
    real = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "vllm" else real(name))
    done = call(*words, model)
    assert (done.code, "pip install 'vtb-train[vllm]'" in done.err) == (4, True), done.err
    monkeypatch.setattr("importlib.util.find_spec", lambda name: name if name == "vllm" else real(name))
    latents = {"latent_size": 8, "latent_token_id": 7, "latent_start_id": 8, "latent_end_id": 9}
    geometry = {"model_type": "vtb_qwen2_5_vl_geometry"}
    for what, changed in (("looks at geometry", geometry), ("thinks in latents", latents)):
        folder = tmp_path / what
        folder.mkdir()
        for path in model.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        config = json.loads((model / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **changed}))
        done = call(*words, folder)
        assert (done.code, what in done.err) == (2, True), done.err
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_the_backend_is_recorded_where_it_is_not_the_usual_one() -> None:
    """So answers of runs before there was a choice go on."""
    given = frozenset({"backend"})
    assert "backend" not in Options(model="m", given=given).recorded()
    vllm = Options(model="m", given=given, backend="vllm", temperature=1.0).recorded()
    assert vllm["backend"] == "vllm"
    assert "batch_size" not in vllm  # each question has a seed of its own


def test_other_options_are_another_artifact(curated: Path, model: Path, asked: Path) -> None:
    done = predict(curated, model, asked, "--samples-per-shard", 4, "--style", "think")
    assert done.code == 3
    assert "style: there None, here 'think'" in done.error_lines[0]


@pytest.mark.parametrize(
    ("kind", "digest", "told"), [("checkpoint", "a", 0), ("checkpoint", "b", 1), ("model-folder", "b", 0)]
)
def test_an_adapter_of_another_model_is_told(
    kind: str, digest: str, told: int, caplog: pytest.LogCaptureFixture
) -> None:
    """A folder and an artifact of one model have hashes of two sorts, which say nothing of each other."""
    base = InputEntry("s3://b/base", "checkpoint", "a")
    plan = Plan("adapter", "vtb-train-vlm sft", 1, {}, (InputEntry("s3://b/rows", "swift-dataset", "c"), base))
    adapter = Model(InputEntry("s3://b/adapter", "adapter", "d"), cast(Manifest, SimpleNamespace(plan=plan)))
    with caplog.at_level("WARNING"):
        warn_of_another_base(Model(InputEntry("s3://b/model", kind, digest), None), adapter)
    assert len(caplog.records) == told
    if told:
        assert "s3://b/adapter was trained on s3://b/base, which is not s3://b/model" in caplog.text
