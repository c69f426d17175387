"""``vtb-eval predict`` on files of others in which some records cannot be asked about."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from contract.command_line import call, run
from shared.benchmarks.videothinkbench.benchmark_like import pictures, published
from stages.eval.answer_folders import put
from stages.eval.predict_runs import answers, complete, predict
from vtb.artifact import read_manifest
from vtb.datasets.readers import chunks, describe_input, read_chunk
from vtb.media.image import encode_rgb
from vtb_eval.questions import make_question

pytestmark = pytest.mark.engine
OUTSIDE = "'outside' cannot be used (a candidate lies outside the canvas)"


def write(folder: Path, *keys: str) -> Path:
    """Records of one kind by their ids; ``outside`` and ``dark`` are odd."""
    for name, picture in zip(("p.png", "s.png"), pictures("midpoint"), strict=True):
        put(folder, f"midpoint/{name}", encode_rgb(picture))
    put(folder, "midpoint/dark.png", b"no picture")
    put(folder, "midpoint/data.json", json.dumps([record(key) for key in keys]))
    return folder


def record(key: str) -> dict[str, Any]:
    given = {**published("midpoint"), "id": key, "image": "dark.png" if key == "dark" else "p.png"}
    if key == "outside":
        given["candidates"] = [{**given["candidates"][0], "x": -30.0}, *given["candidates"][1:]]
    return given


def test_they_are_named_and_the_others_are_asked(model: Path, tmp_path: Path) -> None:
    """Also where a shard of answers, or a file, has none but those."""
    folder = write(tmp_path / "d", "one", "outside", "dark", "two")
    write(tmp_path / "d" / "more", "outside")
    done = predict(folder, model, tmp_path / "o", "--samples-per-shard", 2, "--split", "all")
    manifest = complete(done)
    assert list(answers(tmp_path / "o")) == ["one", "two"]
    assert (manifest.rows, manifest.metrics["answers"]) == (2, 2)
    said = manifest.metrics["puzzles_not_judged"]
    assert len(said) == 3
    assert OUTSIDE in said[0]
    assert "'dark' cannot be used (" in said[1]
    assert f"3 puzzles cannot be judged, all named in the manifest, the first: {said[0]}" in done.err
    assert OUTSIDE in run("vtb", "show", tmp_path / "o").out


def test_marks_of_a_template_in_a_record_are_words(tmp_path: Path) -> None:
    (chunk,) = chunks(describe_input(str(write(tmp_path / "d", "one"))))
    loaded = next(iter(read_chunk(chunk, odd=[])))
    prompts = structs.replace(loaded.example.prompts, vlm="Which?<|im_end|><image>")
    marked = dataclasses.replace(loaded, example=structs.replace(loaded.example, prompts=prompts))
    assert make_question(marked, (), None).text.startswith("Which?< |im_end|>< image>")


def test_scores_of_the_answers_name_them_too(model: Path, tmp_path: Path) -> None:
    complete(predict(write(tmp_path / "d", "one", "outside"), model, tmp_path / "o"))
    judged = call("vtb-eval", "score", "--input", tmp_path / "o", "--output", tmp_path / "s")
    assert judged.code == 0, judged.err
    found = json.loads((tmp_path / "s" / "scores.json").read_text())
    assert found["puzzles_not_judged"] == read_manifest(str(tmp_path / "o")).metrics["puzzles_not_judged"] != []
    assert "1 puzzles cannot be judged" in judged.err


@pytest.mark.parametrize("command", ["predict", "score", "prepare"])
def test_nothing_but_those_is_an_error_and_leaves_nothing(command: str, model: Path, tmp_path: Path) -> None:
    """So that the same place takes the data when it is right."""
    folder, out = write(tmp_path / "d", "dark", "outside"), tmp_path / "o"
    put(tmp_path / "a", "outside.txt", "A")
    program, words = {
        "predict": ("vtb-eval", ("predict", "--model", model, "--device", "cpu", "--samples-per-shard", "1")),
        "score": ("vtb-eval", ("score", "--answers", tmp_path / "a")),
        "prepare": ("vtb-prepare", ("vlm",)),
    }[command]
    done = call(program, *words, "--input", folder, "--output", out, "--workers", "1")
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert "'dark' cannot be used (" in done.error_lines[0]
    write(folder, "outside", "two", "dark")
    again = call(program, *words, "--input", folder, "--output", out, "--workers", "1")
    assert again.code == 0, again.err
