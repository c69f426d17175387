"""What the models differ in: files, templates, layers, and where two experts meet."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from drawing import EVERY, FEW, pipeline, tiny
from drawing import one_thread as one_thread  # a fixture
from real_denoisers import real_denoiser
from vtb.diffusion.features import edited, pipe_inputs
from vtb.diffusion.memory import estimate
from vtb.diffusion.rows import Sample
from vtb.diffusion.tiny.known import KIND, MARKER
from vtb.diffusion.variants import VARIANTS
from vtb.errors import BadInput


@pytest.mark.parametrize("variant", EVERY)
def test_a_folder_that_is_not_whole_says_what_is_missing(variant: str, tmp_path: Path) -> None:
    known = VARIANTS[variant]
    assert known.missing(tiny(variant)) is None
    assert "transformer" in str(VARIANTS["qwen-image"].missing(tmp_path)) or known.moving
    for part in known.files:
        copy = tmp_path / part
        shutil.copytree(tiny(variant), copy)
        for path in known.find(copy)[part]:
            Path(path).unlink()
        assert variant in str(known.missing(copy))
        assert known.files[part][0] in str(known.missing(copy))
    if known.processor:
        copy = tmp_path / "pictures"
        shutil.copytree(tiny(variant), copy)
        (copy / "processor/processor_config.json").unlink()
        assert "processor_config.json" in str(known.missing(copy))
    copy = tmp_path / "words"
    shutil.copytree(tiny(variant), copy)
    shutil.rmtree(copy / known.tokenizer)
    assert known.tokenizer in str(known.missing(copy))


def test_experts_meet_where_the_noise_is_at_the_boundary() -> None:
    """t = 5s / (1 + 4s) of the shifted schedule; s falls from 1 in 1000 steps."""
    for name in ("wan2.2-i2v-a14b", "wan2.2-t2v-a14b"):
        high, low = VARIANTS[name].experts
        assert (high.low, high.high, low.high) == (0.0, low.low, 1.0)
        share = 1 - high.high
        assert abs(5 * share / (1 + 4 * share) - VARIANTS[name].boundary) < 1e-3


def test_the_form_of_what_is_shown_chooses_the_template() -> None:
    picture = np.zeros((64, 128, 3), np.uint8)
    asked = Sample("words", (), (picture,), (64, 64))
    one = edited(VARIANTS["qwen-image-edit"], [picture], 64 * 64)
    several = edited(VARIANTS["qwen-image-edit-2509"], [picture], 64 * 64)
    assert not isinstance(one, list)
    assert [found.size for found in several] == [one.size] == [(96, 32)]
    assert pipe_inputs(VARIANTS["qwen-image-edit-2511"], asked, 4096)["zero_cond_t"] is True
    assert pipe_inputs(VARIANTS["qwen-image-edit-2509"], asked, 4096)["zero_cond_t"] is False
    assert edited(VARIANTS["qwen-image"], [], 4096) is None


@pytest.mark.engine
def test_the_tiny_tokenizer_leaves_the_prompt_whole() -> None:
    """The engine cuts a fixed number of tokens off its template; with longer ones it would cut into the prompt."""
    from vtb.diffusion.tiny import qwen

    pipe = pipeline("qwen-image-edit")
    assert {token: pipe.tokenizer.convert_tokens_to_ids(token) for token in qwen.TOKENS} == qwen.TOKENS
    assert len(pipe.tokenizer) <= qwen.VOCABULARY
    plain = "<|im_start|>system\nDescribe the image by detailing the color, shape, size, texture, quantity, text, "
    assert len(pipe.tokenizer(plain).input_ids) >= 34
    for processor in (pipe.tokenizer, pipe.processor.tokenizer):
        assert processor.decode(processor("Draw the path.").input_ids) == "Draw the path."


@pytest.mark.engine
@pytest.mark.parametrize(
    ("variant", "weights", "tensors", "trained"),
    [
        ("qwen-image-edit-2511", 20_430_401_088, 1440, 235_929_600),
        ("wan2.2-ti2v-5b", 4_999_787_712, 600, 80_609_280),
        ("wan2.2-i2v-a14b", 14_288_901_184, 800, 153_354_240),
    ],
)
def test_a_lora_on_the_real_layers(variant: str, weights: int, tensors: int, trained: int) -> None:
    """On the meta device: nothing is computed. The figures are those of the engine's own examples of rank 32."""
    from diffsynth.core.vram.initialization import skip_model_initialization
    from diffsynth.diffusion import DiffusionTrainingModule

    with skip_model_initialization():
        dit = real_denoiser(variant)
        assert sum(weight.numel() for weight in dit.parameters()) == weights
        dit.requires_grad_(False)
        DiffusionTrainingModule().add_lora_to_model(dit, list(VARIANTS[variant].targets), 32)
    found = [weight.numel() for weight in dit.parameters() if weight.requires_grad]
    assert (len(found), sum(found)) == (tensors, trained)


@pytest.mark.engine
@pytest.mark.parametrize("variant", FEW)
@pytest.mark.parametrize("tuner", ["lora", "full"])
def test_the_estimate_counts_what_is_trained(variant: str, tuner: str) -> None:
    from vtb.diffusion.trained_weights import make_trainable

    known, pipe = VARIANTS[variant], pipeline(variant)
    experts = {expert.name: expert.attribute for expert in known.experts}
    parts = [*experts.values(), "text_encoder", "vae"]
    weights = sum(weight.numel() for part in parts for weight in getattr(pipe, part).parameters())
    make_trainable(pipe, known, experts, "lora" if tuner == "lora" else "full", 4, 0)
    trained = sum(w.numel() for part in experts.values() for w in getattr(pipe, part).parameters() if w.requires_grad)
    found, of_eight = (estimate(known, tiny(variant), list(experts), tuner, 4, 2, processes) for processes in (1, 8))
    assert found.trained == trained
    saved = 8 if tuner == "lora" else 16  # bytes a weight of what is shared out
    assert found.trained_gib - of_eight.trained_gib == pytest.approx(saved * trained * 7 / 8 / 2**30)
    assert abs(found.weights - weights) <= 0.01 * weights  # files hold buffers, too


def test_a_folder_cannot_name_a_class(tmp_path: Path) -> None:
    import torch

    from vtb.diffusion.pipelines import load_pipeline

    shutil.copytree(tiny("qwen-image"), tmp_path, dirs_exist_ok=True)
    (tmp_path / MARKER).write_text(f'{{"{KIND}": "os.system"}}')
    with pytest.raises(BadInput, match=r"os\.system"):
        load_pipeline(VARIANTS["qwen-image"], tmp_path, "cpu", torch.float32)
    (tmp_path / MARKER).write_text("[]")  # then it is a model like any other
    load_pipeline(VARIANTS["qwen-image"], tmp_path, "cpu", torch.float32)
