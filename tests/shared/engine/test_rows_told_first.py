"""Rows that cannot be learned from or asked about end a training before its first step, not in the middle of it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import geometries
import latents
from latents import one_thread as one_thread  # a fixture
from vtb.engine.stop_signal import StopSignal
from vtb.engine.training_job import Judging
from vtb.errors import BadInput
from vtb.geometry.engine import train as train_geometry
from vtb.latent.engine import train as train_latents

pytestmark = pytest.mark.engine
JUDGED = Judging(every=10, count=3, max_new_tokens=4)


def changed(dataset: Path, name: str, words: str, place: Path) -> Path:
    """The dataset with words behind the question of the third row of a file."""
    shutil.copytree(dataset, place)
    lines = [json.loads(line) for line in (place / name).read_text().splitlines()]
    if "messages" in lines[2]:
        lines[2]["messages"][0]["content"] += words
    else:
        lines[2]["text_input"] += words
    (place / name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return place


def never(*args: object) -> None:
    raise AssertionError("training has begun")


@pytest.mark.parametrize("split", ["train", "val"])
@pytest.mark.parametrize(
    ("words", "said"), [("<|im_start|>", r"has <\|im_start\|> among its words"), (" more" * 300, "tokens long")]
)
def test_before_the_first_step(
    split: str, words: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vtb.latent.engine.Trainer", never)
    monkeypatch.setattr("vtb.geometry.engine.Trainer", never)
    of_latents = changed(latents.dataset(), f"{split}.jsonl", words, tmp_path / "latents")
    with pytest.raises(BadInput, match=f"row row-2: .*{said}"):
        train_latents(
            latents.job("qwen2_5_vl", tmp_path / "l", dataset=of_latents, judging=JUDGED, max_length=300),
            StopSignal(None),
        )
    of_geometry = changed(geometries.dataset(), f"{split}_sft.jsonl", words, tmp_path / "geometry")
    with pytest.raises(BadInput, match=f"row row-2: .*{said}"):
        train_geometry(geometries.job(tmp_path / "g", dataset=of_geometry, judging=JUDGED), StopSignal(None))
