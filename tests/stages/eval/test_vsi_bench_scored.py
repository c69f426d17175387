"""VSI-Bench from published files to its table, with a real tiny model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from browser import pictures as shown_on
from contract.command_line import call
from stages.eval.predict_runs import answers, complete, predict
from stages.prepare.room_films import film, question, room
from vtb.artifact import read_manifest
from vtb.benchmarks.vsi_bench.benchmark import COLUMN_OF
from vtb.benchmarks.vsi_bench.metric import official_score
from vtb.formats.webdataset import read_tar

pytestmark = pytest.mark.engine
OPTIONS = ["A. lamp", "B. sofa", "C. table", "D. bed"]
NUMBERS = ("object_counting", "object_abs_distance", "object_size_estimation", "room_size_estimation")


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two questions of each type about two films."""
    base = tmp_path_factory.mktemp("vsi")
    rows = []
    for number, kind in enumerate([*COLUMN_OF, *COLUMN_OF]):
        choice = {} if kind in NUMBERS else {"options": OPTIONS, "ground_truth": "BD"[number % 2]}
        rows.append(question(number, "ab"[number % 2], question_type=kind, **choice))
    for seed, scene in enumerate("ab"):
        film(base / "videos" / f"{scene}.mp4", room(seed))
    (base / "test.json").write_text(json.dumps(rows))
    files = ("--questions", base / "test.json", "--videos", base / "videos", "--frames", "3", "--workers", "1")
    made = call("vtb-prepare", "questions", "--benchmark", "vsi-bench", *files, "--output", base / "out")
    assert made.code == 0, made.err
    return made.out.strip()


@pytest.fixture(scope="module")
def predicted(asked: str, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("predicted") / "answers"
    complete(predict(Path(asked), model, out, "--samples-per-shard", "7"))
    return out


def score(predicted: Path, out: Path) -> dict[str, Any]:
    done = call("vtb-eval", "score", "--input", predicted, "--output", out, "--workers", "1")
    assert done.code == 0, done.err
    found: dict[str, Any] = json.loads((out / "scores.json").read_text())
    return found


def test_a_question_has_the_benchmarks_own_last_line(predicted: Path) -> None:
    said = answers(predicted)
    assert len(said) == 20
    assert said["vsi-0"]["prompt"].endswith("\nPlease answer the question using a single word or phrase.")
    choice = next(one for one in said.values() if "Options:" in one["prompt"])
    assert choice["prompt"].endswith("D. bed\nAnswer with the option's letter from the given choices directly.")


def test_the_frames_of_a_video_are_in_a_shard_once(predicted: Path) -> None:
    first = read_manifest(str(predicted)).shards[0]
    keys = [sample.key for sample in read_tar((predicted / first.path).read_bytes())]
    assert sum(key.endswith("-frames") for key in keys) == 1
    assert len(keys) == 8


def test_the_table(predicted: Path, tmp_path: Path) -> None:
    figures = score(predicted, tmp_path / "scores")
    table = figures["benchmarks"]["vsi-bench"]
    own, said = table["own"]["this run"], answers(predicted)
    by_type: dict[str, list[float]] = {}
    for answer in said.values():
        example = answer["example"]
        by_type.setdefault(example["task"], []).append(
            official_score(example["task"], answer["text"], example["answer"])
        )
    means = {kind: sum(scores) / len(scores) for kind, scores in by_type.items()}
    assert own["obj_count"] == round(100 * means["object_counting"], 1)
    assert table["own"]["the most frequent answer"]["room_size"] == 100  # every number is 3 here
    scores = by_type["object_counting"]
    deviation = abs(scores[0] - scores[1]) / 2**0.5
    assert table["interval"]["obj_count"] == round(100 * 1.959964 * deviation / 2**0.5, 1)
    assert table["published"]["GPT-4o"]["avg"] == 34.0
    assert any("20 questions, not the benchmark's 5,130" in why for why in table["not comparable"])
    page = (tmp_path / "scores" / "report.html").read_text()
    assert "LLaVA-OneVision-72B" in page
    assert "the most frequent answer" in page
    blind = {kind: share["blind"] for kind, share in figures["per_task"].items()}
    assert blind == {kind: None if kind in NUMBERS else 1 / len(OPTIONS) for kind in blind}  # two of each tell nothing
    assert "one of the options" in page
    others = ("20,000 generated puzzles", "touches a wall", "pixel difference", "cell_accuracy", "Published figures")
    assert [words for words in others if words in page] == []
    assert "<p>20 questions, 20 of them with an answer" in page
    assert shown_on(tmp_path / "scores" / "report.html")


def test_answers_that_are_right_by_hand(asked: str, tmp_path: Path) -> None:
    """A folder of texts: one type right, one near, one said in a sentence."""
    folder = tmp_path / "texts"
    folder.mkdir()
    kinds = list(COLUMN_OF)
    for number in range(20):
        words = {"object_counting": "3", "object_abs_distance": "2.0", "route_planning": f"It is {'BD'[number % 2]}"}
        (folder / f"vsi-{number}.txt").write_text(words.get(kinds[number % 10], "nothing"))
    out = tmp_path / "s"
    done = call("vtb-eval", "score", "--input", asked, "--answers", folder, "--output", out, "--workers", "1")
    assert done.code == 0, done.err
    figures = json.loads((out / "scores.json").read_text())
    own = figures["benchmarks"]["vsi-bench"]["own"]
    assert own["this run"]["obj_count"] == 100
    assert own["this run"]["abs_dist"] == 40  # |2 - 3| / 3 is within 1 - c for c = 0.5, 0.55, 0.6, 0.65
    assert own["this run"]["route_plan"] == 0
    assert own["this run, read leniently"]["route_plan"] == 100
    assert own["this run"]["avg"] == round((100 + 40) / 8, 1)
    assert figures["benchmarks"]["vsi-bench"]["interval"] == dict.fromkeys(own["this run"], 0.0)
    assert figures["per_task"]["object_abs_distance"]["strict"]["rate"] == pytest.approx(0.4)
    assert figures["reasons"]["not in the form that is asked for"] == 2
    shown = call("vtb", "show", out)
    assert "object_abs_distance" in shown.out
    assert "0.8/2" in shown.out


def test_blind_shows_nothing(asked: str, model: Path, predicted: Path, tmp_path: Path) -> None:
    """The words are the same; the answers are not those of a model that sees, and the report still has the pictures."""
    complete(predict(Path(asked), model, tmp_path / "blind", "--blind"))
    seen, blind = answers(predicted), answers(tmp_path / "blind")
    assert {key: one["prompt"] for key, one in seen.items()} == {key: one["prompt"] for key, one in blind.items()}
    assert any(seen[key]["text"] != blind[key]["text"] for key in seen)
    assert read_manifest(str(tmp_path / "blind")).plan.config["blind"] is True
