"""``vtb-eval predict`` with a tiny random model: what it asks and writes, and what its options do."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import call, run
from stages.eval.predict_runs import answers, complete, predict, split_keys, texts
from vtb.artifact import read_manifest
from vtb.formats.webdataset import read_tar

pytestmark = pytest.mark.engine


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
            assert unpacked(answer["example"]) == unpacked(json.loads(original.parts["json"]))
            assert sample.parts["puzzle.png"] == original.parts["puzzle.png"]
            assert answer["example"]["prompts"]["vlm"] in answer["prompt"]
            assert answer["id"] == sample.key


def unpacked(example: dict[str, Any]) -> dict[str, Any]:
    """With the payload's values in place of its text."""
    return {**example, "payload": json.loads(example["payload"])}


def test_the_model_is_shown_the_picture_with_cell_ids(curated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the same one as in training."""
    from vtb.datasets.readers import choose_split, chunks, describe_input
    from vtb.media.image import decode_image, encode_rgb
    from vtb.tasks.registry import task_of
    from vtb_eval.questions import ShardWork, read_questions

    found = choose_split(chunks(describe_input(str(curated))), "test", str(curated))
    (question, *_) = read_questions(ShardWork(tuple(found), 0, 1, "think"), [])
    task, record = task_of(question.example), question.example.payload
    (picture,), (puzzle,) = ([*one.files] for one in (*question.shown, *question.asked))
    shown = encode_rgb(task.show(record, decode_image(puzzle)))
    assert picture == shown != puzzle
    assert question.text.startswith(task.ask(record, "vlm"))


def test_think_asks_otherwise(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    complete(predict(curated, model, tmp_path / "think", "--style", "think", "--limit", 1))
    (key, thinking), *_ = answers(tmp_path / "think").items()
    assert thinking["prompt"] != answers(asked)[key]["prompt"]


def test_the_benchmark_is_asked_in_its_own_words(model: Path, tmp_path: Path) -> None:
    """A folder with data.json, judged afterwards like any predictions."""
    from shared.benchmarks.videothinkbench.benchmark_like import numbered, pictures, published, task_of
    from vtb.media.image import encode_rgb

    asked = {}
    for name in ("midpoint", "maze_hexagon", "visual_size_grid"):
        folder, record = tmp_path / "official" / task_of(name), published(name)
        folder.mkdir(parents=True)
        for part, picture in zip(("image", "solution_image_path"), pictures(name), strict=True):
            (folder / f"{part}.png").write_bytes(encode_rgb(picture))
            record[part] = f"{part}.png"
        if name == "maze_hexagon":
            (folder / "numbered.png").write_bytes(encode_rgb(numbered(name)))
            record["reasoning_image"] = "numbered.png"
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


def test_answers_say_whether_they_were_cut_off(curated: Path, model: Path, tmp_path: Path) -> None:
    done = predict(curated, model, tmp_path / "cut", "--max-new-tokens", 2, "--limit", 3, "--batch-size", 2)
    metrics = complete(done).metrics
    assert (metrics["answers"], metrics["cut_off"]) == (3, 3)
    assert {answer["finish"] for answer in answers(tmp_path / "cut").values()} == {"length"}
    assert "3 of 3 answers were cut off at 2 tokens (--max-new-tokens)" in done.err
    judged = call("vtb-eval", "score", "--input", tmp_path / "cut", "--output", tmp_path / "scores")
    assert "3 of 3 answers were cut off at 2 tokens" in judged.err
    assert "3 answers were cut off at 2 tokens" in (tmp_path / "scores/report.html").read_text()
    assert "    3 answers were cut off at 2 tokens\n" in run("vtb", "show", tmp_path / "scores").out


def test_an_answer_that_the_model_ended_was_not_cut_off(curated: Path, model: Path, tmp_path: Path) -> None:
    """Whatever this one says first is an end."""
    shutil.copytree(model, tmp_path / "short")
    settings = json.loads((model / "generation_config.json").read_text())
    vocabulary = json.loads((model / "config.json").read_text())["text_config"]["vocab_size"]
    settings["eos_token_id"] = list(range(vocabulary))
    (tmp_path / "short/generation_config.json").write_text(json.dumps(settings))
    done = predict(curated, tmp_path / "short", tmp_path / "out", "--limit", 3)
    assert complete(done).metrics["cut_off"] == 0
    assert {answer["finish"] for answer in answers(tmp_path / "out").values()} == {"stop"}
    assert "cut off" not in done.err


def test_max_pixels_scales_large_pictures_down(curated: Path, model: Path, tmp_path: Path) -> None:
    for pixels in (4096, 16384):
        complete(predict(curated, model, tmp_path / str(pixels), "--max-pixels", pixels, "--limit", 4))
    assert texts(tmp_path / "4096") != texts(tmp_path / "16384")


def test_no_import_of_engines_for_help() -> None:
    import subprocess
    import sys

    heavy = ("torch", "transformers", "peft", "httpx2")
    script = f"import sys, vtb_eval.cli; print([n for n in {heavy} if n in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", script], text=True).strip() == "[]"
