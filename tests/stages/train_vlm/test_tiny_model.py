from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from vtb_train_vlm.tiny_model import Family, build_tiny_model

pytestmark = pytest.mark.engine


def _files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_same_seed_same_bytes_in_another_process(tiny: Path, tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from vtb_train_vlm.tiny_model import build_tiny_model as build\n"
        "build('qwen3_vl', Path(sys.argv[1]), seed=3); build('qwen3_vl', Path(sys.argv[2]), seed=4)"
    )
    subprocess.run([sys.executable, "-c", script, tmp_path / "same", tmp_path / "other"], check=True)
    assert _files(tmp_path / "same") == _files(tiny)
    different = {name for name, content in _files(tmp_path / "other").items() if content != _files(tiny)[name]}
    assert different == {"model.safetensors"}


@pytest.mark.parametrize("family", ["qwen3_vl", "qwen2_5_vl"])
def test_loads_by_the_auto_classes_and_answers(family: Family, tmp_path: Path) -> None:
    build_tiny_model(family, tmp_path)
    from PIL import Image
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model = AutoModelForImageTextToText.from_pretrained(tmp_path)
    processor = AutoProcessor.from_pretrained(tmp_path)
    assert model.config.model_type == family
    assert sum(weight.numel() for weight in model.parameters()) < 600_000
    parts = [{"type": "image", "image": Image.new("RGB", (96, 96), "red")}, {"type": "text", "text": "Find the path."}]
    inputs = processor.apply_chat_template(
        [{"role": "user", "content": parts}],
        tokenize=True,
        add_generation_prompt=True,
        return_dict=True,
        return_tensors="pt",
    )
    prompt = inputs["input_ids"].shape[1]
    written = model.generate(**inputs, max_new_tokens=64, do_sample=True, temperature=5.0, top_k=0, top_p=1.0)[0]
    forbidden = set(json.loads((tmp_path / "generation_config.json").read_text())["suppress_tokens"])
    assert processor.tokenizer.convert_tokens_to_ids("<|image_pad|>") in forbidden
    assert not forbidden & set(written[prompt:].tolist())


def test_prompts_are_short(tiny: Path) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(tiny)
    # The spaces before digits stand alone, as in the real tokenizer.
    assert tokenizer.tokenize("[12, 3]") == ["[", "1", "2", ",", "Ġ", "3", "]"]
    words = "Find the shortest path from the start to the goal without crossing a black wall."
    assert len(tokenizer.tokenize(words)) == len(words.split()) + 1
    assert tokenizer.decode(tokenizer("Länge: 3 µm → 日本")["input_ids"]) == "Länge: 3 µm → 日本"
