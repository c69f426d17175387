"""What a model's or an adapter's folder may not do to ``vtb-eval predict``: change its rules, break it, or hang it."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import Result, call
from vtb.artifact import read_manifest
from vtb.formats.webdataset import read_tar

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def mazes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("asked") / "mazes"
    done = call("vtb-gen-maze", "--size", 7, "--count", 4, "--cell-px", 16, "--workers", 1, "--output", out)
    assert done.code == 0, done.err
    return out


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from vtb_train_vlm.tiny_model import build_tiny_model

    folder = tmp_path_factory.mktemp("models") / "qwen3_vl"
    build_tiny_model("qwen3_vl", folder, seed=3)
    return folder


def predict(mazes: Path, model: Path, out: Path, *more: object) -> Result:
    words = ("--device", "cpu", "--workers", 1, "--max-new-tokens", 12, "--split", "all", "--limit", 3, *more)
    return call("vtb-eval", "predict", "--input", mazes, "--model", model, "--output", out, *words)


def texts(out: Path) -> list[str]:
    shards = read_manifest(str(out), ("predictions",)).shards
    samples = [sample for shard in shards for sample in read_tar((out / shard.path).read_bytes())]
    return [json.loads(sample.parts["json"])["text"] for sample in samples]


def with_file(model: Path, folder: Path, name: str, text: str) -> Path:
    shutil.copytree(model, folder)
    (folder / name).write_text(text)
    return folder


CHANGING: dict[str, dict[str, Any]] = {
    "sampling": {"do_sample": True, "temperature": 5.0, "top_k": 50, "top_p": 1.0},
    "penalties": {"repetition_penalty": 5.0, "no_repeat_ngram_size": 1},
    "lengths": {"min_new_tokens": 12, "max_length": 3, "forced_eos_token_id": 5},
    "tokens": {"suppress_tokens": list(range(5, 200)), "begin_suppress_tokens": [1, 2, 3]},
    "words": {"bad_words_ids": [[token] for token in range(5, 200)]},
    "beams": {"num_beams": 3, "num_return_sequences": 1, "length_penalty": 9.0, "early_stopping": True},
}


def test_temperature_zero_takes_the_likeliest_token(mazes: Path, model: Path, tmp_path: Path) -> None:
    own = json.loads((model / "generation_config.json").read_text())
    kept = {name: own[name] for name in ("eos_token_id", "pad_token_id")}
    plain = with_file(model, tmp_path / "plain", "generation_config.json", json.dumps(kept))
    done = predict(mazes, plain, tmp_path / "wanted")
    assert done.code == 0, done.err
    assert "not followed" not in done.err
    assert "generation_settings_ignored" not in read_manifest(str(tmp_path / "wanted")).metrics
    wanted = texts(tmp_path / "wanted")
    for name, settings in CHANGING.items():
        other = with_file(model, tmp_path / name, "generation_config.json", json.dumps({**kept, **settings}))
        done = predict(mazes, other, tmp_path / f"out-{name}")
        assert done.code == 0, done.err
        assert texts(tmp_path / f"out-{name}") == wanted, name
        assert done.err.count("not followed") == 1
        assert read_manifest(str(tmp_path / f"out-{name}")).metrics["generation_settings_ignored"] == settings


BROKEN = {
    "a tokenizer of another form": ("tokenizer.json", "{}"),
    "a tokenizer that is a list": ("tokenizer.json", "[]"),
    "a tokenizer that is cut": ("tokenizer.json", '{"model": {'),
    "a tokenizer configuration of wrong types": ("tokenizer_config.json", '{"tokenizer_class": 3}'),
    "a chat template without an end": ("chat_template.jinja", "{% if messages %}"),
    "a chat template that fails": ("chat_template.jinja", "{{ messages[99].role.no }}"),
    "a processor of wrong types": ("processor_config.json", '{"image_processor": [1]}'),
    "a configuration that is a list": ("config.json", "[]"),
    "a configuration without end": ("config.json", '{"text_config":' * 50_000),
    "a deep configuration": ("config.json", '{"text_config":' * 400 + "{}" + "}" * 400),
    "a model type that is a list": ("config.json", '{"model_type": ["qwen3_vl"]}'),
    "parts of wrong types": ("config.json", '{"model_type": "qwen3_vl", "text_config": 3, "vision_config": []}'),
    "no model that looks": ("config.json", '{"model_type": "gpt2"}'),
    "generation settings that are a list": ("generation_config.json", "[]"),
    "generation settings of wrong types": ("generation_config.json", '{"eos_token_id": {"a": 1}}'),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_folder_is_one_line(mazes: Path, model: Path, tmp_path: Path, case: str) -> None:
    name, text = BROKEN[case]
    folder = with_file(model, tmp_path / "model", name, text)
    done = predict(mazes, folder, tmp_path / "out")
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert str(folder) in done.error_lines[0]


def test_a_chat_template_without_end(mazes: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtb.engine.vision_language.TEMPLATE_S", 1.0)
    endless = "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}"
    folder = with_file(model, tmp_path / "model", "chat_template.jinja", endless)
    began = time.monotonic()
    done = predict(mazes, folder, tmp_path / "out")
    assert time.monotonic() - began < 60
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert "more than 1 seconds" in done.error_lines[0]


@pytest.mark.parametrize("field", ["target_modules", "exclude_modules", "modules_to_save", "rank_pattern"])
def test_a_pattern_without_end(
    mazes: Path, model: Path, tmp_path: Path, field: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    torch.manual_seed(1)
    get_peft_model(
        AutoModelForImageTextToText.from_pretrained(model), LoraConfig(r=4, target_modules=["q_proj"])
    ).save_pretrained(tmp_path / "adapter")
    path = tmp_path / "adapter" / "adapter_config.json"
    endless = r"(([a-z_0-9]+\.?)+)+!"
    value = {"modules_to_save": [endless], "rank_pattern": {endless: 4}}.get(field, endless)
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    monkeypatch.setattr("vtb.engine.adapter_patterns.LIMIT_S", 1.0)
    began = time.monotonic()
    done = predict(mazes, model, tmp_path / "out", "--adapter", tmp_path / "adapter")
    assert time.monotonic() - began < 30
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert "pattern" in done.error_lines[0]
