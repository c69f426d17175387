"""``vtb-eval predict`` with models that draw: tiny ones of the real architectures, and what ``score`` makes of it."""

from __future__ import annotations

import dataclasses
import io
import json
import shutil
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from msgspec import structs

from contract.command_line import call
from drawing import dataset, job, scratch, tiny
from vtb.artifact import read_manifest
from vtb.artifact.shard_data import read_samples
from vtb.datasets.asked import one_picture
from vtb.datasets.readers import chunks, describe_input, read_chunk
from vtb.diffusion.adapter import describe
from vtb.diffusion.drawn_form import DrawnForm, form_of, newest
from vtb.diffusion.trained_weights import make_trainable
from vtb.diffusion.variants import VARIANTS
from vtb.engine.trained_weights import trained
from vtb.media.image import decode_image, encode_rgb
from vtb.media.video import decode_ends, encode_rgb_clip
from vtb.tasks.example import Prompts
from vtb.tasks.task import MODALITIES
from vtb_eval.drawer import Drawer
from vtb_eval.drawing_options import DrawingOptions
from vtb_eval.judging import judge_drawn
from vtb_eval.prediction import decode_prediction, drawn_answers
from vtb_eval.questions import ShardWork, read_loaded
from vtb_prepare.image_options import Options as ImageOptions
from vtb_prepare.pairs import make_pair

IMAGE, VIDEO = "qwen-image-edit-2511", "wan2.2-ti2v-5b"
QUICK = ("--device", "cpu", "--inference-steps", "2", "--guidance", "1", "--edit-pixels", "4096")


@pytest.fixture(scope="module")
def mazes() -> str:
    dataset("image")
    return str(scratch() / "mazes")


def predict(out: Path, mazes: str, variant: str, *more: str, code: int = 0) -> str:
    place = ("--input", mazes, "--model", str(tiny(variant)), "--output", str(out))
    done = call("vtb-eval", "predict", *place, "--variant", variant, *QUICK, *more)
    assert done.code == code, done.err
    return done.err


def samples(place: Path) -> dict[str, dict[str, bytes]]:
    entry = describe_input(str(place), ("predictions",))
    return {
        sample.key: dict(sample.parts)
        for chunk in chunks(entry)
        if chunk.shard is not None
        for sample in read_samples(chunk.uri, chunk.shard, "")
    }


@pytest.mark.engine
@pytest.mark.parametrize("variant", [IMAGE, VIDEO])
def test_drawn_answers_are_judged(variant: str, mazes: str, tmp_path: Path) -> None:
    predict(tmp_path / "a", mazes, variant, "--limit", "3", "--samples", "2", "--fps", "8")
    found = samples(tmp_path / "a")
    assert len(found) == 3
    for parts in found.values():
        answers = drawn_answers(parts)
        assert [kind for kind, _ in answers] == ["video" if variant == VIDEO else "image"] * 2
        assert answers[0][1] != answers[1][1]
        said = decode_prediction(parts["json"])
        assert said.prompt == said.example.prompts.of("video" if variant == VIDEO else "image")
        if variant == VIDEO:
            with av.open(io.BytesIO(answers[0][1])) as clip:
                assert clip.streams.video[0].average_rate == 8
            ends = decode_ends(answers[0][1])
            assert (ends.count, ends.first.shape) == (5, (64, 64, 3))
        else:
            assert decode_image(answers[0][1]).shape == (64, 64, 3)  # the puzzle's 56 pixels, in multiples of 16
    assert len({drawn_answers(parts)[0][1] for parts in found.values()}) == 3
    done = call("vtb-eval", "score", "--input", str(tmp_path / "a"), "--output", str(tmp_path / "s"))
    assert done.code == 0, done.err
    figures = json.loads((tmp_path / "s/scores.json").read_text())
    assert (figures["puzzles"], figures["attempts_judged"]) == (3, 6)
    assert figures["several_attempts"]["combined"]["overall"]["k"] == 2
    assert set(figures["per_signal"]) <= ({"image"} if variant == IMAGE else {"last", "best", "major"})
    page = (tmp_path / "s/report.html").read_text()
    assert ("the picture given" if variant == IMAGE else "the last frame given") in page


@pytest.mark.engine
def test_shards_and_interruptions_change_nothing(mazes: str, tmp_path: Path) -> None:
    few = ("--limit", "4", "--samples-per-shard", "2")
    predict(tmp_path / "whole", mazes, IMAGE, *few)
    for part in ("1", "0"):
        predict(tmp_path / "parts", mazes, IMAGE, *few, "--num-shards", "2", "--shard-index", part)
    digests = [read_manifest(str(tmp_path / name), ("predictions",)).digest for name in ("whole", "parts")]
    assert digests[0] == digests[1]
    assert "already complete" in predict(tmp_path / "whole", mazes, IMAGE, *few)
    assert "--overwrite" in predict(tmp_path / "whole", mazes, IMAGE, *few, "--seed", "7", code=3)
    predict(tmp_path / "other", mazes, IMAGE, *few, "--seed", "7")
    assert samples(tmp_path / "other") != samples(tmp_path / "whole")


def adapter(folder: Path, variant: str, size: float) -> Path:
    """A LoRA with B matrices of a size; of none, it changes nothing."""
    import torch
    from safetensors.torch import save_file

    from drawing import pipeline

    pipe, known, work = pipeline(variant), VARIANTS[variant], job(variant, folder)
    make_trainable(pipe, known, {"lora": "dit"}, "lora", work.rank, 0)
    weights = trained(pipe.dit)
    generator = torch.Generator().manual_seed(0)
    for name, weight in weights.items():
        if ".lora_B." in name:
            weight.normal_(0, 1, generator=generator).mul_(size)
    save_file(weights, folder / "lora.safetensors")
    (folder / "adapter.json").write_text(describe(work))
    return folder


@pytest.mark.engine
def test_an_adapter_changes_what_is_drawn(mazes: str, tmp_path: Path) -> None:
    nothing, much = adapter(tmp_path / "nothing", IMAGE, 0), adapter(tmp_path / "much", IMAGE, 1)
    one = ("--limit", "1")
    predict(tmp_path / "base", mazes, IMAGE, *one)
    predict(tmp_path / "same", mazes, IMAGE, *one, "--adapter", str(nothing))
    predict(tmp_path / "other", mazes, IMAGE, *one, "--adapter", str(much))
    base, same, other = (samples(tmp_path / name) for name in ("base", "same", "other"))
    assert base == same
    assert base != other
    said = predict(tmp_path / "x", mazes, "qwen-image", *one, "--adapter", str(much), code=3)
    assert "is an adapter of qwen-image-edit-2511, not of qwen-image" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--temperature", "1"), "leave it out"),
        (("--blind",), "leave it out"),
        (("--endpoint", "http://localhost:1/v1"), "leave it out"),
        (("--frames", "80"), "4k+1"),
        (("--frames", "0"), "4k+1"),
        (("--clip-size", "60x60"), "multiples of 32"),
    ],
)
def test_options_that_make_no_sense_together(words: tuple[str, ...], said: str, mazes: str, tmp_path: Path) -> None:
    assert said in predict(tmp_path / "x", mazes, IMAGE, *words, code=2)
    done = call("vtb-eval", "predict", "--input", mazes, "--model", "m", "--output", str(tmp_path), "--samples", "2")
    assert done.code == 2
    assert "give --variant, too" in done.err


def test_a_model_of_another_kind_is_refused(mazes: str, tmp_path: Path) -> None:
    place = ("--input", mazes, "--model", str(tiny(VIDEO)), "--output", str(tmp_path / "x"))
    done = call("vtb-eval", "predict", *place, "--variant", IMAGE)
    assert done.code == 3
    assert "is no qwen-image-edit-2511" in done.err


def test_the_right_drawing_is_right(mazes: str) -> None:
    """What the judges are given here is what is written for them: the solution, as a picture and as a clip."""
    (chunk,) = chunks(describe_input(mazes, ("puzzles",)))
    loaded: Any = next(iter(read_chunk(chunk, odd=[])))
    solution, clip = loaded.solution(), loaded.clip()
    last = decode_ends(clip).last
    again = encode_rgb_clip([decode_ends(clip).first] * 4 + [last], last.shape[1::-1], 16)
    for kind, data in (("image", solution), ("video", again)):
        found = next(iter(judge_drawn(loaded.example, loaded.puzzle, kind, data).values()))
        assert found.strict, (kind, found)
    blank = encode_rgb(decode_image(solution) * 0 + 255)
    assert not judge_drawn(loaded.example, loaded.puzzle, "image", blank)["image"].tolerant
    assert "unreadable" in judge_drawn(loaded.example, loaded.puzzle, "image", b"x")["image"].reason


@pytest.mark.parametrize("variant", [IMAGE, VIDEO])
def test_marks_in_prompts_are_words(variant: str, mazes: str) -> None:
    (chunk,) = chunks(describe_input(mazes, ("puzzles",)))
    loaded = next(iter(read_chunk(chunk, odd=[])))
    prompts = Prompts(*["Draw.<|im_end|></s>"] * len(MODALITIES))
    marked = dataclasses.replace(loaded, example=structs.replace(loaded.example, prompts=prompts))
    drawer = Drawer([tiny(variant)], 1, "cpu", DrawingOptions(variant=variant))
    assert drawer._to_draw(marked).prompt == "Draw.< |im_end|>< /s>"


def test_a_puzzle_is_shown_as_in_training(mazes: str) -> None:
    """Without the numbers that models get which answer in words."""
    every = tuple(chunks(describe_input(mazes, ("puzzles",))))
    drawer = Drawer([tiny(IMAGE)], 1, "cpu", DrawingOptions(variant=IMAGE))
    for loaded in read_loaded(ShardWork(every, 0, 3, None), []):
        row, files = make_pair(ImageOptions(), loaded, "x")
        to_draw = drawer._to_draw(loaded)
        assert np.array_equal(to_draw.shown[0], decode_image(files[row["edit_image"][0]]))
        assert to_draw.prompt == row["prompt"]


@pytest.mark.parametrize("variant", [IMAGE, VIDEO])
def test_what_is_drawn_has_the_form_of_the_training(variant: str, mazes: str, tmp_path: Path) -> None:
    """Of the model's, then of the adapter's, where no option says it; a clip of the puzzle's own has its own form."""
    (chunk,) = chunks(describe_input(mazes, ("puzzles",)))
    loaded = next(iter(read_chunk(chunk, odd=[])))
    large = encode_rgb(loaded.puzzle.repeat(2, 0).repeat(2, 1))
    loaded = dataclasses.replace(loaded, clip=None, asked=one_picture(large))
    model = tmp_path / "model"
    shutil.copytree(tiny(variant), model)

    def drawn(**options: Any) -> tuple[tuple[int, int], int]:
        found = Drawer([model], 1, "cpu", DrawingOptions(variant=variant, **options))._to_draw(loaded)
        return found.size, found.length

    assert drawn() == (((112, 112), 1) if variant == IMAGE else ((480, 480), 81))
    form: dict[str, Any] = {"pixels": 4096, "frames": 9, "size": [96, 64]}
    (model / "vtb_shown.json").write_text(json.dumps({"edit_pixels": 4096, "form": form}))
    assert drawn() == (((64, 64), 1) if variant == IMAGE else ((96, 64), 9))
    told = drawn(draw_pixels=96**2, frames=5, clip_size=(64, 64))
    assert told == (((96, 96), 1) if variant == IMAGE else ((64, 64), 5))


def test_the_last_that_says_it_has_the_last_word() -> None:
    model, adapter = DrawnForm(4096, 9, (96, 64)), DrawnForm(frames=5)
    assert newest([model, adapter]) == DrawnForm(4096, 5, (96, 64))
    assert form_of({"max_pixels": 4096, "seed": 1}) == DrawnForm(4096)
    assert form_of({"frames": "many", "size": [64, 64]}) == DrawnForm()  # of others


@pytest.mark.engine
def test_a_damaged_adapter_or_model_is_refused_in_a_line(mazes: str, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    good = adapter(tmp_path / "good", IMAGE, 1)
    weights, said = load_file(good / "lora.safetensors"), json.loads((good / "adapter.json").read_text())
    first = next(iter(weights))

    def refused(name: str, tensors: dict[str, Any] | bytes, **description: Any) -> str:
        folder = tmp_path / name
        folder.mkdir()
        (folder / "adapter.json").write_text(json.dumps({**said, **description}))
        if isinstance(tensors, bytes):
            (folder / "lora.safetensors").write_bytes(tensors)
        else:
            save_file(tensors, folder / "lora.safetensors")
        told = predict(tmp_path / "x", mazes, IMAGE, "--limit", "1", "--adapter", str(folder), code=3)
        assert len([line for line in told.splitlines() if "error" in line]) == 1
        return told

    data = (good / "lora.safetensors").read_bytes()
    assert "no whole safetensors file" in refused("cut", data[:-10])
    assert "no whole safetensors file" in refused("empty", b"")
    assert "is no LoRA of rank 4" in refused("half", {name: t for name, t in weights.items() if ".lora_A." in name})
    assert "is no LoRA of rank 5" in refused("rank", weights, rank=5)
    assert "does not fit" in refused("names", {f"zz.{name}": tensor for name, tensor in weights.items()})
    odd = {name: t[:, :-1].contiguous() if ".lora_A." in name else t for name, t in weights.items()}
    assert "does not fit" in refused("shape", odd)
    assert "numbers that are none" in refused("nan", {**weights, first: weights[first] * float("nan")})
    assert "and there are ['lora']" in refused("experts", weights, experts=["../lora"])
    assert "and there are ['lora']" in refused("none", weights, experts=[])
    assert "is no adapter" in refused("pixels", weights, edit_pixels=-5)
    model = tmp_path / "model"
    shutil.copytree(tiny(IMAGE), model)
    file = model / "text_encoder/model.safetensors"
    file.write_bytes(file.read_bytes()[:-100])
    place = ("--input", mazes, "--model", str(model), "--output", str(tmp_path / "x"), "--variant", IMAGE)
    done = call("vtb-eval", "predict", *place)
    assert (done.code, "no whole safetensors file" in done.err) == (3, True)


@pytest.mark.engine
def test_pictures_are_shown_as_a_whole_model_saw_them_in_training(mazes: str, tmp_path: Path) -> None:
    model, drawn = tmp_path / "model", {}
    shutil.copytree(tiny(IMAGE), model)
    for pixels in (1024, 4096):
        (model / "vtb_shown.json").write_text(json.dumps({"edit_pixels": pixels}))
        place = ("--input", mazes, "--model", str(model), "--output", str(tmp_path / str(pixels)), "--variant", IMAGE)
        done = call("vtb-eval", "predict", *place, *QUICK[:-2], "--limit", "1")
        assert done.code == 0, done.err
        drawn[pixels] = samples(tmp_path / str(pixels))
    predict(tmp_path / "told", mazes, IMAGE, "--limit", "1")  # with --edit-pixels 4096
    assert samples(tmp_path / "told") == drawn[4096] != drawn[1024]
    (model / "vtb_shown.json").write_text('{"edit_pixels": "many"}')
    done = call("vtb-eval", "predict", *place, *QUICK[:-2], "--overwrite")
    assert (done.code, "does not say how pictures were shown" in done.err) == (3, True), done.err
