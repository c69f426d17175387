"""The note of how media were shown in training: other trainers, which show them otherwise, leave none behind."""

from __future__ import annotations

import json
from pathlib import Path

from vtb.geometry.as_trained import NAME, ShownAs, forget_shown, shown_in_training
from vtb_train_vlm.collect import copy_weights

CONFIG = {"model_type": "qwen2_5_vl", "vocab_size": 9}


def noted(folder: Path) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({**CONFIG, NAME: {"max_pixels": 4096, "seconds": True}}))
    return folder


def test_a_note_holds_for_the_model_and_not_for_what_an_adapter_makes_of_it(tmp_path: Path) -> None:
    folder = noted(tmp_path / "model")
    assert shown_in_training(folder) == ShownAs(4096, seconds=True)
    assert shown_in_training(folder, tmp_path / "adapter") is None


def test_a_note_can_be_forgotten(tmp_path: Path) -> None:
    folder = noted(tmp_path / "model")
    for _ in range(2):
        forget_shown(folder)
        assert json.loads((folder / "config.json").read_text()) == CONFIG
    forget_shown(tmp_path / "nowhere")


def test_what_ms_swift_has_trained_has_no_note(tmp_path: Path) -> None:
    copy_weights(noted(tmp_path / "checkpoint"), tmp_path / "weights")
    assert json.loads((tmp_path / "weights/config.json").read_text()) == CONFIG
