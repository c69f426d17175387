"""``vtb-eval predict`` with a tiny random model: what it writes, what it repeats, what it refuses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import Result, call
from vtb.artifact import Manifest, Plan, read_manifest
from vtb.artifact.output import Output
from vtb.formats.webdataset import read_tar

pytestmark = pytest.mark.engine
ASK = ("--device", "cpu", "--workers", "1", "--max-new-tokens", "12")


@pytest.fixture(scope="module")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mazes of one size, so that every prompt is equally long: 10 to train on, 3 for validation, 7 for the test."""
    return curate(tmp_path_factory.mktemp("curated"), ("--size", "7", "--count", "24"))


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mazes of two sizes, so that prompts are padded."""
    return curate(tmp_path_factory.mktemp("mixed"), ("--size", "7", "--size", "13", "--count", "8"))


def curate(folder: Path, sizes: Sequence[str]) -> Path:
    mazes, out = folder / "mazes", folder / "curated"
    make = ("--cell-px", "16", "--endpoints", "random", "--samples-per-shard", "9", "--workers", "1")
    split = ("--val", "0.15", "--test", "0.3", "--samples-per-shard", "4", "--workers", "1")
    for words in (
        ("vtb-gen-maze", *sizes, *make, "--output", mazes),
        ("vtb-curate", "--input", mazes, *split, "--output", out),
    ):
        done = call(*words)
        assert done.code == 0, done.err
    return out


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("models"), "qwen3_vl")


def tiny(folder: Path, family: Any) -> Path:
    from vtb_train_vlm.tiny_model import build_tiny_model

    build_tiny_model(family, folder / family, seed=3)  # one that says something else about each maze
    return folder / family


@pytest.fixture(scope="module")
def adapter(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter with random weights: a PEFT folder."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    torch.manual_seed(1)
    targets = r".*language_model.*\.(q_proj|up_proj)"
    config = LoraConfig(r=4, target_modules=targets, init_lora_weights=False)
    folder = tmp_path_factory.mktemp("adapter")
    get_peft_model(AutoModelForImageTextToText.from_pretrained(model), config).save_pretrained(folder)
    return folder


def predict(curated: Path, model: Path, out: Path, *more: object) -> Result:
    return call("vtb-eval", "predict", "--input", curated, "--model", model, "--output", out, *ASK, *more)


def complete(result: Result) -> Manifest:
    assert result.code == 0, result.err
    return read_manifest(result.out.strip(), ("predictions",))


def answers(out: Path) -> dict[str, dict[str, Any]]:
    """Every answer by the id of its sample."""
    found: dict[str, dict[str, Any]] = {}
    for shard in read_manifest(str(out)).shards:
        for sample in read_tar((out / shard.path).read_bytes()):
            found[sample.key] = json.loads(sample.parts["json"])
    return found


def texts(out: Path) -> dict[str, str]:
    return {key: answer["text"] for key, answer in answers(out).items()}


@pytest.fixture(scope="module")
def asked(curated: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The answers of the bare model to the test split, in two shards."""
    out = tmp_path_factory.mktemp("asked") / "answers"
    complete(predict(curated, model, out, "--samples-per-shard", 4))
    return out


def split_keys(curated: Path, split: str) -> list[str]:
    shards = [shard for shard in read_manifest(str(curated)).shards if shard.split == split]
    return [sample.key for shard in shards for sample in read_tar((curated / shard.path).read_bytes())]


# --- what is asked and written


def test_asks_every_sample_of_the_split_once(curated: Path, asked: Path) -> None:
    manifest = read_manifest(str(asked))
    wanted = split_keys(curated, "test")
    assert list(answers(asked)) == wanted
    assert manifest.rows == manifest.metrics["answers"] == len(wanted)
    assert len(manifest.shards) == 2
    assert [entry.kind for entry in manifest.plan.inputs] == ["puzzles", "model-folder"]


def test_answers_carry_what_a_judge_needs(curated: Path, asked: Path) -> None:
    originals = {
        sample.key: sample
        for shard in read_manifest(str(curated)).shards
        for sample in read_tar((curated / shard.path).read_bytes())
    }
    for shard in read_manifest(str(asked)).shards:
        for sample in read_tar((asked / shard.path).read_bytes()):
            answer, original = json.loads(sample.parts["json"]), originals[sample.key]
            assert answer["example"] == json.loads(original.parts["json"])
            assert sample.parts["puzzle.png"] == original.parts["puzzle.png"]
            assert answer["example"]["prompts"]["vlm"] in answer["prompt"]
            assert answer["id"] == sample.key


def test_the_model_is_shown_the_picture_with_cell_ids(curated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the same one as in training."""
    from vtb.datasets.readers import choose_split, chunks, describe_input
    from vtb.media.image import decode_image, encode_rgb
    from vtb.tasks.registry import task_of
    from vtb_eval.questions import ShardWork, read_questions

    found = choose_split(chunks(describe_input(str(curated))), "test", str(curated))
    (question, *_) = read_questions(ShardWork(tuple(found), 0, 1, "think"))
    task, record = task_of(question.example), question.example.payload
    shown = encode_rgb(task.show(record, decode_image(question.puzzle)))
    assert question.picture == shown != question.puzzle
    assert question.text.startswith(task.ask(record, "vlm"))


def test_think_asks_otherwise(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    complete(predict(curated, model, tmp_path / "think", "--style", "think", "--limit", 1))
    (key, thinking), *_ = answers(tmp_path / "think").items()
    assert thinking["prompt"] != answers(asked)[key]["prompt"]


def test_the_benchmark_is_asked_in_its_own_words(model: Path, tmp_path: Path) -> None:
    """A folder with data.json, judged afterwards like any predictions."""
    from shared.benchmarks.videothinkbench.benchmark_like import pictures, published, task_of
    from vtb.media.image import encode_rgb

    asked = {}
    for name in ("midpoint", "maze_hexagon", "visual_size_grid"):
        folder, record = tmp_path / "official" / task_of(name), published(name)
        folder.mkdir(parents=True)
        for part, picture in zip(("image", "solution_image_path"), pictures(name), strict=True):
            (folder / f"{part}.png").write_bytes(encode_rgb(picture))
            record[part] = f"{part}.png"
        record["prompt"] += " \ud800"  # half a surrogate pair, which JSON can name and no UTF-8 can write
        (folder / "data.json").write_text(json.dumps([record]))
        asked[record["id"]] = {**record, "prompt": record["prompt"].replace("\ud800", "?")}
    complete(predict(tmp_path / "official", model, tmp_path / "answers"))
    prompts = {key: answer["prompt"] for key, answer in answers(tmp_path / "answers").items()}
    plain = {key: record["prompt"] for key, record in asked.items() if "question" not in record}
    assert {key: prompts[key] for key in plain} == plain
    (visual,) = prompts.keys() - plain.keys()
    assert prompts[visual].startswith(asked[visual]["question"])
    assert all(option in prompts[visual] for option in asked[visual]["options"])
    judged = call("vtb-eval", "score", "--input", tmp_path / "answers", "--output", tmp_path / "scores")
    assert judged.code == 0, judged.err


# --- the same answers again


def test_answers_are_the_same_again(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    again = complete(predict(curated, model, tmp_path / "again", "--samples-per-shard", 4))
    assert again.digest == read_manifest(str(asked)).digest
    assert len(set(texts(asked).values())) > 1  # they depend on the puzzle


def test_batch_size_changes_no_greedy_answer(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    """Where prompts are equally long. Padding changes the last bits of the sums, which a random model may show."""
    lengths = {len(answer["prompt"]) for answer in answers(asked).values()}
    assert len(lengths) == 1
    for size in (1, 3):
        one = complete(predict(curated, model, tmp_path / str(size), "--samples-per-shard", 4, "--batch-size", size))
        assert one.digest == read_manifest(str(asked)).digest


def test_padded_prompts_are_answered_to_their_own_question(mixed: Path, model: Path, tmp_path: Path) -> None:
    """Answers of a batch with prompts of two lengths begin as those of single questions do."""
    for size in (1, 16):
        words = ("--split", "all", "--batch-size", size, "--max-new-tokens", 3)
        complete(predict(mixed, model, tmp_path / str(size), *words))
    alone, together = texts(tmp_path / "1"), texts(tmp_path / "16")
    assert list(alone) == list(together)
    assert len(set(alone.values())) > 1
    same = sum(alone[key] == together[key] for key in alone)
    assert same >= 0.9 * len(alone)


def test_an_adapter_changes_the_answers(curated: Path, model: Path, adapter: Path, asked: Path, tmp_path: Path) -> None:
    tuned = complete(predict(curated, model, tmp_path / "tuned", "--adapter", adapter))
    assert texts(tmp_path / "tuned") != texts(asked)
    assert tuned.plan.inputs[2].uri == str(adapter)
    assert tuned.plan.fingerprint != read_manifest(str(asked)).plan.fingerprint


def test_sampling_repeats_too(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    """Also where a run was cut off between shards."""
    words = ("--samples-per-shard", 4, "--temperature", "1.5")
    whole = complete(predict(curated, model, tmp_path / "whole", *words))
    assert texts(tmp_path / "whole") != texts(asked)
    cut = tmp_path / "cut"
    first = complete(predict(curated, model, cut, *words))
    cut_off(cut, first.shards[0].path)
    assert complete(predict(curated, model, cut, *words)).digest == whole.digest
    other = complete(predict(curated, model, tmp_path / "seed", *words, "--seed", 7))
    assert texts(tmp_path / "seed") != texts(tmp_path / "whole")
    assert other.rows == whole.rows
    batch = predict(curated, model, tmp_path / "whole", *words, "--batch-size", 3)
    assert (batch.code, "batch-size: there 8, here 3" in batch.err) == (3, True)


# --- going on


def cut_off(out: Path, shard: str) -> None:
    """What a kill leaves: a shard and the manifest are missing."""
    for name in (shard, f"{shard}.done.json", "manifest.json"):
        (out / name).unlink()


def test_goes_on_where_it_was_cut_off(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    out, words = tmp_path / "out", ("--samples-per-shard", 4)
    first = complete(predict(curated, model, out, *words))
    times = {shard.path: (out / shard.path).stat().st_mtime_ns for shard in first.shards}
    gone, kept = (shard.path for shard in first.shards)
    cut_off(out, gone)
    again = predict(curated, model, out, *words)
    assert "1 of 2 shards are there already" in again.err
    assert complete(again).digest == first.digest
    assert (out / kept).stat().st_mtime_ns == times[kept]
    assert (out / gone).stat().st_mtime_ns > times[gone]


def test_complete_loads_no_model(curated: Path, model: Path, asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtb_eval.model.VisionLanguageModel.__init__", _never)
    done = predict(curated, model, asked, "--samples-per-shard", 4, "--batch-size", 2)
    assert done.code == 0, done.err
    assert "already complete" in done.err


def _never(*_arguments: object, **_more: object) -> None:
    raise AssertionError("a model was loaded")


def test_two_parts_write_one_artifact(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    out, words = tmp_path / "out", ("--samples-per-shard", 4, "--num-shards", 2)
    first = predict(curated, model, out, *words, "--shard-index", 1)
    assert first.code == 0, first.err
    assert "1 of 2 shards are done" in first.err
    assert not (out / "manifest.json").exists()
    assert complete(predict(curated, model, out, *words, "--shard-index", 0)).digest == read_manifest(str(asked)).digest


# --- options


def test_limit_and_split(curated: Path, model: Path, tmp_path: Path) -> None:
    complete(predict(curated, model, tmp_path / "limit", "--limit", 5, "--samples-per-shard", 4))
    assert list(answers(tmp_path / "limit")) == split_keys(curated, "test")[:5]
    complete(predict(curated, model, tmp_path / "val", "--split", "val"))
    assert list(answers(tmp_path / "val")) == split_keys(curated, "val")
    dry = predict(curated, model, tmp_path / "all", "--split", "all", "--dry-run")
    total = read_manifest(str(curated)).rows
    assert f"{total} answers in 1 shards" in dry.out
    assert not (tmp_path / "all").exists()


def test_longest_answer(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    complete(predict(curated, model, tmp_path / "short", "--max-new-tokens", 2))
    short, long = texts(tmp_path / "short"), texts(asked)
    assert all(long[key].startswith(text.rstrip("�")) for key, text in short.items())
    assert sum(map(len, short.values())) < sum(map(len, long.values()))


def test_max_pixels_scales_large_pictures_down(curated: Path, model: Path, tmp_path: Path) -> None:
    for pixels in (4096, 16384):
        complete(predict(curated, model, tmp_path / str(pixels), "--max-pixels", pixels, "--limit", 4))
    assert texts(tmp_path / "4096") != texts(tmp_path / "16384")


# --- what is refused


def test_an_adapter_of_another_model(curated: Path, adapter: Path, tmp_path: Path) -> None:
    other = tiny(tmp_path, "qwen2_5_vl")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for path in adapter.iterdir():
        data = path.read_bytes()
        (damaged / path.name).write_bytes(data[: len(data) // 2] if path.suffix == ".safetensors" else data)
    config = json.loads((adapter / "adapter_config.json").read_text())
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "adapter_config.json").write_text(json.dumps({**config, "target_modules": ["no_such"]}))
    for folder in ("damaged", "other"):
        done = predict(curated, other, tmp_path / f"out-{folder}", "--adapter", tmp_path / folder)
        assert (done.code, len(done.error_lines)) == (3, 1), done.err
        assert "cannot be loaded" in done.error_lines[0]


def test_a_damaged_model(curated: Path, model: Path, tmp_path: Path) -> None:
    for name, hurt in (("weights", "model.safetensors"), ("processor", "processor_config.json")):
        folder = tmp_path / name
        folder.mkdir()
        for path in model.iterdir():
            data = path.read_bytes()
            (folder / path.name).write_bytes(data[: len(data) // 2] if path.name == hurt else data)
        out = tmp_path / f"out-{name}"
        done = predict(curated, folder, out)
        assert (done.code, len(done.error_lines)) == (3, 1), done.err
        assert f"{folder}: " in done.error_lines[0]
        assert not (out / "manifest.json").exists()


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no such split": (("--split", "tets"), 3, "has no split 'tets', only train ("),
    "no such adapter": (("--adapter", "{tmp}/nowhere"), 4, "no adapter there"),
    "a model as adapter": (("--adapter", "{model}"), 3, "no adapter_config.json"),
    "puzzles as adapter": (("--adapter", "{curated}"), 3, "holds puzzles"),
    "a checkpoint as adapter": (("--adapter", "{tmp}/checkpoint"), 3, "holds checkpoint"),
    "no such model": (("--model", "{tmp}/nowhere"), 4, "no model there"),
    "a name of a hub": (("--model", "Qwen/Qwen3-VL-2B-Instruct"), 4, "nothing is downloaded by name"),
    "puzzles as model": (("--model", "{curated}"), 3, "holds puzzles"),
    "a model as input": (("--input", "{model}"), 3, "holds no puzzles artifact and no VLMPuzzle data.json"),
    "no gpu": (("--device", "cuda"), 4, "no usable NVIDIA GPU"),
    "no tokens": (("--max-new-tokens", "0"), 2, "max-new-tokens"),
    "less than none": (("--limit", "0"), 2, "limit"),
    "below zero": (("--temperature", "-1"), 2, "temperature"),
    "an unknown style": (("--style", "shout"), 2, "shout"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(case: str, curated: Path, model: Path, tmp_path: Path) -> None:
    words, code, part = REFUSED[case]
    output = Output(str(tmp_path / "checkpoint"), Plan("checkpoint", "vtb-train-vlm sft", 1, {}))
    output.begin()
    output.commit([])
    where = {"tmp": tmp_path, "model": model, "curated": curated}
    done = predict(curated, model, tmp_path / "out", *(word.format(**where) for word in words))
    assert (done.code, len(done.error_lines)) == (code, 1), done.err
    assert part in done.error_lines[0]
    assert "Traceback" not in done.err
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_other_options_are_another_artifact(curated: Path, model: Path, asked: Path) -> None:
    done = predict(curated, model, asked, "--samples-per-shard", 4, "--style", "think")
    assert done.code == 3
    assert "style: there None, here 'think'" in done.error_lines[0]


def test_no_import_of_engines_for_help() -> None:
    import subprocess
    import sys

    script = "import sys, vtb_eval.cli; print([n for n in ('torch', 'transformers', 'peft') if n in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"
