"""At temperature 0 nothing but the model decides, with an adapter of any kind on it or without."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from latents import tiny
from vtb.engine.greedy import make_greedy
from vtb.engine.vision_language import load_vision_language

pytestmark = pytest.mark.engine


def loaded(folder: Path, kind: str | None) -> Any:
    import torch

    model = load_vision_language(tiny("qwen2_5_vl"), None, torch.float32)
    if kind == "none":
        return model
    from peft import LoraConfig, get_peft_model

    targets = r".*language_model.*\.(q_proj|up_proj)"
    torch.manual_seed(1)
    lora = LoraConfig(r=4, target_modules=targets, init_lora_weights=False, task_type=kind)
    get_peft_model(model, lora).save_pretrained(folder)
    return load_vision_language(tiny("qwen2_5_vl"), folder, torch.float32)


@pytest.mark.parametrize("kind", ["none", None, "CAUSAL_LM"])
def test_settings_of_the_folder_are_not_followed(kind: str | None, tmp_path: Path) -> None:
    import torch

    model = loaded(tmp_path, kind)
    ids = torch.arange(20, 60)[None]

    def said() -> Any:
        with torch.inference_mode():
            return model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=4, do_sample=False)

    plain = said()
    below = model.get_base_model() if kind != "none" else model
    below.generation_config.suppress_tokens = [int(plain[0, 40])]
    below.generation_config.repetition_penalty = 5.0
    if kind == "CAUSAL_LM":
        model.generation_config = below.generation_config
    assert not torch.equal(said(), plain)
    make_greedy(model)
    assert torch.equal(said(), plain)
