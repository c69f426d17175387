"""Several pictures, a clip, or the frames of one reach a real model with their question, in their order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from browser import pictures as shown_on
from contract.command_line import call
from shared.datasets.toy_task import everything, frames, installed, pictures, sample, video, write
from stages.eval.predict_runs import answers, complete, predict
from vtb.artifact import read_manifest
from vtb.datasets.moving import frame_numbers, moving
from vtb.datasets.readers import chunks, describe_input
from vtb.errors import BadInput
from vtb.formats.webdataset import Sample, read_tar
from vtb.geometry.as_trained import NAME, ShownAs, shown_in_training
from vtb_eval.questions import Question, ShardWork, read_questions

if TYPE_CHECKING:
    from vtb_eval.model import VisionLanguageModel

pytestmark = pytest.mark.engine
PIXELS = 262_144


@pytest.fixture(autouse=True, scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with installed(tmp_path_factory.mktemp("site")):
        yield


@pytest.fixture(scope="module")
def loaded(model: Path) -> VisionLanguageModel:
    from vtb_eval.model import Generation, VisionLanguageModel

    return VisionLanguageModel(model, None, "cpu", Generation(4, 0.0, 0, PIXELS))


def questions(place: Path, *samples: Sample) -> list[Question]:
    """The questions of an artifact with these samples."""
    found = tuple(chunks(describe_input(str(write(place, samples)))))
    return list(read_questions(ShardWork(found, 0, len(samples), None), []))


def logits(loaded: VisionLanguageModel, asked: list[Question]) -> Any:
    """What the model makes of each question's last word, and what it was given."""
    import torch

    inputs = loaded._inputs(asked)
    with torch.inference_mode():
        return loaded._model(**inputs).logits[:, -1], inputs


def test_the_model_gets_three_pictures_and_sees_the_third(loaded: VisionLanguageModel, tmp_path: Path) -> None:
    shades = {"base": (40, 40, 200), "third": (40, 40, 120), "order": (200, 40, 40), "same": (40, 40, 200)}
    made, pixels = {}, {}
    for name, three in shades.items():
        found, inputs = logits(loaded, questions(tmp_path / name, sample("k", pictures(*three), three)))
        assert len(inputs["image_grid_thw"]) == 3
        image = loaded._processor.tokenizer.convert_tokens_to_ids("<|image_pad|>")
        assert int((inputs["input_ids"] == image).sum()) == 3 * 4  # 64 x 64 pixels are 2 x 2 merged patches
        made[name], pixels[name] = found, inputs["pixel_values"].chunk(3)
    assert (made["base"] == made["same"]).all()
    for other in ("third", "order"):
        assert (made["base"] - made[other]).abs().max() > 1e-3, other
    assert [bool((a == b).all()) for a, b in zip(pixels["base"], pixels["third"], strict=True)] == [True, True, False]
    assert (pixels["base"][2] == pixels["order"][0]).all()


def test_questions_of_every_kind_in_one_batch(loaded: VisionLanguageModel, tmp_path: Path) -> None:
    """Each gets what it gets alone."""
    asked = questions(tmp_path / "in", *everything().values())
    together, inputs = logits(loaded, asked)
    assert len(inputs["image_grid_thw"]) == 3
    assert inputs["video_grid_thw"].tolist() == [[2, 4, 4]] * 2  # four frames each, two at a time, as in training
    for number, question in enumerate(asked):
        alone, _ = logits(loaded, [question])
        assert (alone[0] - together[number]).abs().max() < 1e-3


@pytest.mark.parametrize("kind", [frames, video])
def test_the_last_frame_counts(kind: Any, loaded: VisionLanguageModel, tmp_path: Path) -> None:
    ends = [
        logits(loaded, questions(tmp_path / str(last), sample("k", kind(40, 40, 40, last), (last,))))[0]
        for last in (60, 220)
    ]
    assert (ends[0] - ends[1]).abs().max() > 1e-3


def test_the_qwen2_5_model_gets_them_too(tmp_path: Path) -> None:
    from stages.eval.predict_runs import tiny
    from vtb_eval.model import Generation, VisionLanguageModel

    model = VisionLanguageModel(tiny(tmp_path, "qwen2_5_vl"), None, "cpu", Generation(4, 0.0, 0, PIXELS))
    _, inputs = logits(model, questions(tmp_path / "in", *everything().values()))
    assert (len(inputs["image_grid_thw"]), len(inputs["video_grid_thw"])) == (3, 2)


def test_frames_come_as_fast_as_the_model_had_them_in_training(tmp_path: Path) -> None:
    """Of a model of our trainer with geometry, with the seconds that are known; others have two a second."""
    from stages.eval.predict_runs import tiny
    from vtb_eval.model import Generation, VisionLanguageModel
    from vtb_eval.vllm_model import VllmModel

    folder = tiny(tmp_path, "qwen2_5_vl")
    made = (("known", 1.5), ("unknown", None))
    asked = questions(tmp_path / "in", *(sample(key, frames(40, 80, every=every), (1,)) for key, every in made))
    for note, wanted in (({}, [1.0, 1.0]), ({NAME: {"max_pixels": 4096, "seconds": True}}, [3.0, 1.0])):
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**config, **note}))
        model = VisionLanguageModel(folder, None, "cpu", Generation(4, 0.0, 0, PIXELS))
        assert model._inputs(asked)["second_per_grid_ts"] == pytest.approx(wanted)  # a token stands for two frames
        for number, seconds in enumerate(wanted):  # what vLLM, which cannot run here, is given
            vllm = VllmModel.__new__(VllmModel)
            vllm._seconds, vllm._generation = model._seconds, model.generation
            ((_, told),) = vllm._clips(asked[number].shown)["video"]
            assert 2 / told["fps"] == pytest.approx(seconds)
    assert shown_in_training(folder) == ShownAs(4096, seconds=True)
    (folder / "config.json").write_text(json.dumps({NAME: {"max_pixels": -1, "seconds": True}}))
    with pytest.raises(BadInput, match="vtb_shown says what cannot be"):
        shown_in_training(folder)


def test_two_frames_a_second_of_a_clip(loaded: VisionLanguageModel, tmp_path: Path) -> None:
    assert frame_numbers(9, 4) == [0, 3, 5, 8]
    assert (frame_numbers(1, 4), frame_numbers(3, 30)) == ([0], [0, 2])
    assert (len(frame_numbers(300, 30)), frame_numbers(300, 30)[-1]) == (20, 299)
    assert len(frame_numbers(1_000_000, 30)) == 768
    (asked,) = questions(tmp_path / "in", sample("k", video(*range(20, 200, 20)), (1,)))
    found = moving(asked.shown[0], PIXELS)
    assert (found.total, found.rate, found.numbers) == (9, 4.0, [0, 3, 5, 8])
    assert [round(float(frame.mean()) / 20) for frame in found.frames] == [1, 4, 6, 9]
    assert moving(asked.shown[0], 1024).frames.shape == (4, 32, 32, 3)
    (single,) = questions(tmp_path / "one", sample("k", video(90), (1,)))
    assert moving(single.shown[0], PIXELS).frames.shape == (2, 64, 64, 3)


def test_predict_and_score_carry_them(model: Path, tmp_path: Path) -> None:
    out = tmp_path / "answers"
    done = predict(write(tmp_path / "in", list(everything().values())), model, out)
    assert complete(done).rows == 3
    (shard,) = read_manifest(str(out)).shards
    for kept in read_tar((out / shard.path).read_bytes()):
        assert {**kept.parts, "json": b""} == {**everything()[kept.key].parts, "json": b""}
    assert set(answers(out)) == set(everything())
    judged = call("vtb-eval", "score", "--input", out, "--output", tmp_path / "scores", "--workers", "1")
    assert judged.code == 0, judged.err
    assert len(shown_on(tmp_path / "scores" / "report.html")) == 3 + 1 + 1
