"""No code from a model's folder, however it is asked for; and configurations that are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from vtb.artifact.local import find_model
from vtb.artifact.model_folder import check_model_folder
from vtb.errors import BadInput

AUTO_MAP = '{"auto_map": {"AutoConfig": "evil.C"}}'


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """What a usual model folder has; a vocabulary may have a word that is a name elsewhere."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name, content in (
        ("config.json", {"model_type": "qwen3_vl", "text_config": {"model_type": "qwen3_vl_text"}}),
        ("tokenizer.json", {"model": {"vocab": {"auto_map": 17}}, "added_tokens": []}),
        ("vocab.json", {"auto_map": 17}),
        ("chat_template.json", {"chat_template": "{{ messages }}"}),
        ("special_tokens_map.json", {}),
        ("list.json", []),
    ):
        (folder / name).write_text(json.dumps(content))
    (folder / "zero_to_fp32.py").write_text("")
    (folder / "vtb_rewards.py").write_text("")
    (folder / "model.safetensors").touch()
    return folder


def test_a_usual_folder_is_taken(model: Path) -> None:
    assert find_model(str(model)).folder() == model


CODE = {
    "config.json": AUTO_MAP,
    "tokenizer_config.json": AUTO_MAP.replace("auto_map", "auto\\u005fmap"),
    "processor_config.json": AUTO_MAP.replace("auto_map", "\\u0061uto_map"),
    "preprocessor_config.json": '{"image_processor": ' + AUTO_MAP + "}",
    "config.4.0.0.json": AUTO_MAP,
    "generation_config.json": AUTO_MAP[:-1] + ', "auto_map": null}',
    "audio_tokenizer/config.json": AUTO_MAP,
    "custom_generate/generate.py": "",
    "processing_evil.py": "",
    "evil.so": "",
}


@pytest.mark.parametrize("name", CODE)
def test_code_is_refused(model: Path, name: str) -> None:
    (model / name).parent.mkdir(exist_ok=True)
    (model / name).write_text(CODE[name])
    with pytest.raises(BadInput, match=r"code (from|in) .*model's folder") as caught:
        find_model(str(model)).folder()
    assert name.rpartition("/")[2] in str(caught.value)


@pytest.mark.parametrize(
    "asks",
    [
        {"attn_implementation": "somebody/attention"}, {"_attn_implementation": "somebody/attention@main:f"},
        {"text_config": {"_experts_implementation": "somebody/experts"}},
        {"attn_implementation": {"": "eager", "vision_config": "somebody/attention"}},
        {"megatron_config": {"tensor_model_parallel_size": 1}, "megatron_core": "antigravity"},
    ],
)  # fmt: skip
def test_code_by_name_is_refused(model: Path, asks: dict[str, Any]) -> None:
    """A kernel from a hub, or a module to import."""
    (model / "config.json").write_text(json.dumps({"attn_implementation": "sdpa", "megatron_config": None}))
    check_model_folder(model)
    (model / "config.json").write_text(json.dumps(asks))
    with pytest.raises(BadInput, match=r"config\.json asks for code by name"):
        check_model_folder(model)


def test_size_hides_nothing(model: Path) -> None:
    (model / "config.json").write_text(" " * (5 << 20) + AUTO_MAP)
    with pytest.raises(BadInput, match="auto_map"):
        find_model(str(model)).folder()
    with (model / "config.json").open("r+b") as file:
        file.truncate(1 << 30)
    with pytest.raises(BadInput, match="larger than any configuration"):
        find_model(str(model)).folder()


def test_a_link_hides_nothing(model: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "generate.py").write_text("")
    (model / "custom_generate").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BadInput, match=r"generate\.py is code"):
        find_model(str(model)).folder()


def test_an_adapter_is_checked_too(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text(AUTO_MAP)
    (tmp_path / "adapter_model.safetensors").touch()
    with pytest.raises(BadInput, match="auto_map"):
        find_model(str(tmp_path), ("adapter",)).folder()


@pytest.mark.parametrize(
    "text", ["[]", "3", "null", "", "{", "[" * 100_000, '{"model_type": ["qwen3_vl"]}', '{"model_type": {}}', "\xff"]
)
def test_what_is_no_configuration(model: Path, text: str) -> None:
    (model / "config.json").write_text(text, encoding="latin-1")
    with pytest.raises(BadInput, match=r"config\.json ") as caught:
        check_model_folder(model)
    assert "\n" not in str(caught.value)
