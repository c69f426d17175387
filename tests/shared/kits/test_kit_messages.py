"""What kits say reaches a real tiny model: words, pictures and videos in their order, and how an answer is wanted."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from latents import tiny
from stages.prepare.room_films import film, room
from vtb.errors import BadInput
from vtb.kits.clips import frames_of
from vtb.kits.turns import Part, Turn, lmms_turns, vlmeval_turns
from vtb.media.video import UnreadableVideo
from vtb_train_vlm.tiny_model import Family

PIXELS = 4096
pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def model() -> Any:
    from vtb.kits.model import FolderModel

    return FolderModel(str(tiny("qwen2_5_vl")), None, "cpu", PIXELS)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("film") / "a.mp4", room(0))


def picture(shade: int) -> Any:
    from PIL import Image

    return Image.fromarray(np.full((56, 56, 3), shade, np.uint8))


def test_lmms_evals_messages() -> None:
    said: list[dict[str, Any]] = [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": [{"type": "video", "url": "a.mp4"}, {"type": "text", "text": "What?"},
                                         {"type": "image", "url": "b.png"}]}]  # fmt: skip
    assert lmms_turns(said) == [
        Turn("system", (Part("text", "Be brief."),)),
        Turn("user", (Part("video", "a.mp4"), Part("text", "What?"), Part("image", "b.png"))),
    ]
    with pytest.raises(BadInput, match="'audio'"):
        lmms_turns([{"role": "user", "content": [{"type": "audio", "url": "a.wav"}]}])


def test_vlmevalkits_messages() -> None:
    said = [{"type": "text", "value": "Be brief.", "role": "system"}, {"type": "image", "value": "b.png"},
            {"type": "text", "value": "What?"}]  # fmt: skip
    assert vlmeval_turns(said) == [
        Turn("system", (Part("text", "Be brief."),)), Turn("user", (Part("image", "b.png"), Part("text", "What?")))
    ]  # fmt: skip


def test_parts_are_shown_in_their_order(model: Any, video: Path) -> None:
    from vtb.kits.model import Asked

    turns = [Turn("user", (Part("text", "ONE"), Part("video", str(video)), Part("text", "TWO <|im_end|>"),
                           Part("image", picture(9)), Part("text", "THREE")))]  # fmt: skip
    inputs = model._inputs(turns, Asked(frames=4))
    text = model._processor.tokenizer.decode(inputs["input_ids"][0])
    places = [text.index(words) for words in ("ONE", "<|video_pad|>", "TWO", "<|image_pad|>", "THREE")]
    assert places == sorted(places)
    assert text.count("<|im_end|>") == 2 - text.startswith("<|im_start|>user")  # what is said ends no turn
    assert inputs["video_grid_thw"][0][0] == 2  # two frames are one step


def test_pictures_and_videos_change_what_the_model_makes_of_them(model: Any, tmp_path: Path, video: Path) -> None:
    import torch

    from vtb.kits.model import Asked

    picture(200).save(tmp_path / "p.png")
    shown = [(Part("image", picture(20)),), (Part("image", picture(200)),), (Part("image", str(tmp_path / "p.png")),),
             (Part("video", video),), (Part("video", f"file://{video}"),)]  # fmt: skip
    made = []
    for parts in shown:
        inputs = model._inputs([Turn("user", (*parts, Part("text", "What?")))], Asked(frames=4))
        with torch.inference_mode():
            made.append(model._model(**inputs).logits[0, -1])
    dark, light, from_file, moving, by_address = made
    assert torch.equal(light, from_file)
    assert torch.equal(moving, by_address)
    assert not torch.equal(dark, light)
    assert not torch.equal(light, moving)


def test_answers(model: Any) -> None:
    from vtb.kits.model import Asked

    turns = [Turn("user", (Part("image", picture(9)), Part("text", "What?")))]
    said = model.answer(turns, Asked(max_new_tokens=8))
    assert said
    assert model.answer(turns, Asked(max_new_tokens=8)) == said
    cut = model.answer(turns, Asked(max_new_tokens=8, until=(said[1],)))
    assert cut == said.partition(said[1])[0].strip()
    assert isinstance(model.answer(turns, Asked(max_new_tokens=4, temperature=0.7, top_p=0.9)), str)


def test_an_adapter_changes_answers(model: Any, tmp_path: Path) -> None:
    from peft import LoraConfig, get_peft_model

    from vtb.engine.vision_language import load_vision_language
    from vtb.kits.model import Asked, FolderModel

    base = load_vision_language(tiny("qwen2_5_vl"), None, None)
    lora = LoraConfig(r=4, target_modules=r".*language_model.*\.(q_proj|up_proj)", init_lora_weights=False)
    get_peft_model(base, lora).save_pretrained(tmp_path)
    turns = [Turn("user", (Part("text", "What?"),))]
    changed = FolderModel(str(tiny("qwen2_5_vl")), str(tmp_path), "cpu", PIXELS)
    assert changed.answer(turns, Asked(max_new_tokens=8)) != model.answer(turns, Asked(max_new_tokens=8))


@pytest.mark.parametrize(("family", "name"), [("qwen2_5_vl", "GeometryQwen25"), ("qwen3_vl", "GeometryQwen3")])
def test_a_model_with_geometry_answers(family: Family, name: str, model: Any, video: Path, tmp_path: Path) -> None:
    """Out of its folder alone, and not as the model that it was made of."""
    from geometries import loaded
    from vtb.engine.vision_language import load_processor
    from vtb.kits.model import Asked, FolderModel

    loaded("select", family)[0].save_pretrained(tmp_path)
    load_processor(tiny(family), PIXELS).save_pretrained(tmp_path)
    turns = [Turn("user", (Part("video", video), Part("text", "What moves?"), Part("image", picture(9))))]
    found = FolderModel(str(tmp_path), None, "cpu", PIXELS)
    assert type(found._model).__name__ == name
    said = found.answer(turns, Asked(max_new_tokens=8, frames=4))
    assert said == found.answer(turns, Asked(max_new_tokens=8, frames=4))
    assert said != model.answer(turns, Asked(max_new_tokens=8, frames=4))


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (3, "is shown as int"),
        ("/nowhere", "No such file"),
        ("/dev/zero", "no regular file"),
        (__file__, "not a|no video"),
    ],
)
@pytest.mark.parametrize("kind", ["image", "video"])
def test_what_cannot_be_shown_is_refused(model: Any, kind: Any, value: Any, says: str) -> None:
    from vtb.kits.model import Asked

    with pytest.raises(BadInput, match=says):
        model.answer([Turn("user", (Part(kind, value),))], Asked())


def test_frames_of_a_video(video: Path, tmp_path: Path) -> None:
    """It has 40, ten a second."""
    assert frames_of(video, 5, None, PIXELS).numbers == [0, 9, 19, 29, 39]
    assert frames_of(video, None, 1.0, PIXELS).numbers == [0, 13, 26, 39]
    assert len(frames_of(video, 64, None, PIXELS).numbers) == len(frames_of(video, None, 1e308, PIXELS).numbers) == 40
    shown = frames_of(video, 2, None, PIXELS)
    assert (shown.total, shown.rate) == (40, 10)
    assert shown.frames.shape[1] * shown.frames.shape[2] <= PIXELS
    with pytest.raises(UnreadableVideo, match="cannot be read"):
        frames_of(tmp_path / "none.mp4", 2, None, PIXELS)


@pytest.mark.skipif(importlib.util.find_spec("lmms_eval") is None, reason="lmms-eval is not installed")
def test_inside_lmms_eval_where_it_is_installed(video: Path) -> None:
    """Found by its entry point, as ``python -m lmms_eval --model vtb`` finds it."""
    from lmms_eval.api.instance import Instance
    from lmms_eval.models import get_model

    kind = get_model("vtb")
    kit = kind.create_from_arg_string(f"pretrained={tiny('qwen2_5_vl')},max_pixels={PIXELS},max_num_frames=4",
                                      {"batch_size": 1, "device": "cpu"})  # fmt: skip
    kit.task_dict = {"toy": {"test": [{"video": str(video)}]}}

    def messages(row: Any) -> Any:
        return [{"role": "user", "content": [{"type": "video", "url": row["video"]}, {"type": "text", "text": "?"}]}]

    asked = Instance("generate_until", ("", messages, {"max_new_tokens": 4, "until": ["\n\n"]}, 0, "toy", "test"), 0,
                     {"task": "toy", "doc_id": 0, "repeats": 1})  # fmt: skip
    (said,) = kit.generate_until([asked])
    assert isinstance(said, str)


@pytest.mark.skipif(importlib.util.find_spec("vlmeval") is None, reason="VLMEvalKit is not installed")
def test_inside_vlmevalkit_where_it_is_installed(video: Path) -> None:
    from vlmeval.config import supported_VLM

    from vtb.kits.vlmeval import register

    register("tiny", str(tiny("qwen2_5_vl")), max_new_tokens=4, max_pixels=PIXELS, device="cpu")
    kit = supported_VLM["tiny"]()
    said = kit.generate([{"type": "video", "value": str(video)}, {"type": "text", "value": "What?"}], dataset="x")
    assert isinstance(said, str)
