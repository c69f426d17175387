"""The detector: scores of phrases by hand, repeats left out, and a tiny Grounding DINO of the real class."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path

import numpy as np
import pytest

from tiny_perception import moving_square, one_thread, tiny_detector  # noqa: F401 -- a fixture
from vtb.errors import BadInput, NotAvailable
from vtb.media.video import UnreadableVideo
from vtb.perception.detector import Detector, overlaps, phrase_scores, without_repeats


@pytest.fixture(scope="module")
def detector() -> Detector:
    import torch

    return Detector.load(tiny_detector(), "cpu", torch.float32)


def test_a_phrase_scores_the_mean_of_its_tokens() -> None:
    logits = np.array([[0.0, math.log(3), -math.inf, 2.0], [-math.inf, 0.0, 0.0, -math.inf]])
    scores = phrase_scores(logits, [[0, 1], [1], [3], []])
    assert scores == pytest.approx(np.array([[0.625, 0.75, 0.8807970779778823, 0], [0.25, 0.5, 0, 0]]))


def test_a_box_that_overlaps_a_better_one_is_a_repeat_and_one_at_the_bound_is_not() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 6], [0, 0, 10, 6.1], [20, 20, 30, 30], [20, 20, 30, 29]], np.float64)
    assert overlaps(boxes[0], boxes) == pytest.approx([1, 0.6, 0.61, 0, 0])
    assert without_repeats(boxes) == [0, 1, 3]
    assert overlaps(np.zeros(4), np.zeros((1, 4))) == pytest.approx([0])  # of no size
    assert without_repeats(np.zeros((0, 4))) == []


def test_it_finds_what_a_slow_transcription_finds(detector: Detector) -> None:
    import torch

    picture = moving_square()[2]
    tokens = detector.tokenizer("red dog. fireman. cat.", return_tensors="pt")
    assert detector.tokenizer.convert_ids_to_tokens(tokens["input_ids"][0]) == [
        "[CLS]", "red", "dog", ".", "fire", "##man", ".", "cat", ".", "[SEP]"
    ]  # fmt: skip
    pixels = detector.image_processor(images=picture, return_tensors="pt")
    with torch.no_grad():
        said = detector.model(**pixels, **tokens)
    expected = []
    for logits, (x, y, width, height) in zip(said.logits[0].tolist(), said.pred_boxes[0].tolist(), strict=True):
        chance = [1 / (1 + math.exp(-logit)) for logit in logits[:9]]
        scores = [(chance[1] + chance[2]) / 2, (chance[4] + chance[5]) / 2, chance[7]]
        corners = [(x - width / 2) * 64, (y - height / 2) * 48, (x + width / 2) * 64, (y + height / 2) * 48]
        clipped = [min(max(end, 0), most) for end, most in zip(corners, (64, 48, 64, 48), strict=True)]
        expected.append((max(scores), ["red dog", "fireman", "cat"][scores.index(max(scores))], clipped))
    good = sorted((one for one in expected if one[0] > 0.35), reverse=True)
    assert 2 <= len(good) < len(expected)
    kept = [good[number] for number in without_repeats(np.array([box for _, _, box in good]))]
    found = detector.detect(picture, ["red dog", "fireman", "cat"])
    assert found.labels == tuple(label for _, label, _ in kept)
    assert len(set(found.labels)) > 1
    assert found.scores == pytest.approx(np.array([score for score, _, _ in kept]), abs=1e-5)
    assert found.boxes == pytest.approx(np.array([box for _, _, box in kept]), abs=1e-3)


def test_without_classes_nothing_is_found_and_too_many_are_said(detector: Detector) -> None:
    assert len(detector.detect(moving_square()[0], []).boxes) == 0
    with pytest.raises(UnreadableVideo, match="more classes than the detector reads at once, 32 tokens"):
        detector.detect(moving_square()[0], ["dog", "cat", "car"] * 6)


def test_a_folder_that_is_no_detector_is_told_in_one_line(tmp_path: Path) -> None:
    import torch

    with pytest.raises(NotAvailable, match=r"nowhere: is missing; `vtb weights check"):
        Detector.load(tmp_path / "nowhere", "cpu", torch.float32)
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((tiny_detector() / name).read_bytes())
    with pytest.raises(NotAvailable, match=r"has no tokenizer\.json; `vtb weights check"):
        Detector.load(tmp_path, "cpu", torch.float32)
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(BadInput, match="cannot be loaded as a AutoTokenizer"):
        Detector.load(tmp_path, "cpu", torch.float32)
    whole = (tmp_path / "model.safetensors").read_bytes()
    (tmp_path / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(BadInput, match="cannot be loaded as a GroundingDino"):
        Detector.load(tmp_path, "cpu", torch.float32)


@pytest.mark.parametrize("change", ["a file", "auto_map", "a kernel", "a module"])
def test_code_in_a_folder_is_never_run(change: str, tmp_path: Path) -> None:
    import torch

    shutil.copytree(tiny_detector(), tmp_path / "model")
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    if change == "a file":
        (tmp_path / "model" / "custom_generate").mkdir()
        (tmp_path / "model" / "custom_generate" / "generate.py").write_text("raise SystemExit(9)\n")
    if change == "a module":  # PEFT imports it
        named = {"peft_type": "LORA", "megatron_config": {"a": 1}, "megatron_core": "antigravity"}
        (tmp_path / "model" / "adapter_config.json").write_text(json.dumps(named))
    more: dict[str, object] = {"auto_map": {"AutoConfig": "evil.Config"}} if change == "auto_map" else {}
    more |= {"_attn_implementation": "somebody/kernels"} if change == "a kernel" else {}
    (tmp_path / "model" / "config.json").write_text(json.dumps({**config, **more}))
    with pytest.raises(BadInput, match=r"never (run|fetched)"):
        Detector.load(tmp_path / "model", "cpu", torch.float32)


def test_weights_that_are_missing_are_not_made_up(tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    weights = load_file(tiny_detector() / "model.safetensors")
    del weights["model.text_projection.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    (tmp_path / "config.json").write_bytes((tiny_detector() / "config.json").read_bytes())
    with pytest.raises(BadInput, match=r"lacks 1 weights of a .*text_projection.weight for one"):
        Detector.load(tmp_path, "cpu", torch.float32)
