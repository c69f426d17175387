"""A model without its weights, or with some of them, is told at once, and by the name of the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from vtb.artifact.local import find_model
from vtb.errors import BadInput

PARTS = ("model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors")


def model(folder: Path, *parts: str, index: object = None) -> str:
    (folder / "config.json").write_text("{}")
    for part in parts:
        (folder / part).touch()
    if index is not None:
        (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return str(folder)


INDEX = {"metadata": {}, "weight_map": {f"layer.{number}": part for number, part in enumerate(PARTS * 2)}}


def test_a_whole_one_is_found(tmp_path: Path) -> None:
    assert find_model(model(tmp_path, *PARTS, index=INDEX)).folder() == tmp_path


def test_parts_of_a_model_that_lies_there_in_one_file_are_not_wanted(tmp_path: Path) -> None:
    assert find_model(model(tmp_path, "model.safetensors", index=INDEX)).folder() == tmp_path


@pytest.mark.parametrize(
    ("there", "index", "said"),
    [
        ((), None, "has no weights"),
        (("pytorch_model.bin",), None, "has no weights"),
        (("._model.safetensors",), None, "has no weights"),
        (PARTS[:2], INDEX, f"lacks {PARTS[2]}, which model.safetensors.index.json names"),
        (PARTS[:1], INDEX, f"lacks {PARTS[1]} and 1 more, which model.safetensors.index.json names"),
        (PARTS, {"weight_map": ["a"]}, "names no parts"),
        (PARTS, [], "names no parts"),
    ],
)
def test_others_are_refused(there: tuple[str, ...], index: object, said: str, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=said):
        find_model(model(tmp_path, *there, index=index))


def test_an_adapter_has_weights_too(tmp_path: Path) -> None:
    (tmp_path / "adapter_config.json").write_text("{}")
    with pytest.raises(BadInput, match="has no weights"):
        find_model(str(tmp_path), ("adapter",))
    (tmp_path / "adapter_model.safetensors").touch()
    assert find_model(str(tmp_path), ("adapter",)).folder() == tmp_path
