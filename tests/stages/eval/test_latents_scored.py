"""What scores say of latents: how often answers used them, and how much worse answers are without."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from contract.command_line import call
from stages.eval.test_score import QUESTIONS, RIGHT, write
from vtb.formats.webdataset import Sample
from vtb_eval.latents import latent_figures
from vtb_eval.predicting import make_sample
from vtb_eval.prediction import Prediction, decode_prediction, encode_prediction
from vtb_eval.result import Result, result_line, results_in

NAMES = ("dropped", "noise", "shuffled", "forbidden")


def result(score: float, segments: int | None, without: dict[str, float] | None = None) -> Result:
    return Result(
        "p", "maze_square", "", 0, score == 1, score == 1, "", None, 1, False, "vtb", (), {}, "[1]", score, score,
        segments=segments, without=without,
    )  # fmt: skip


def test_necessity_is_what_is_lost_without() -> None:
    every = [
        result(1, 2, {"dropped": 0.0, "noise": 1.0}), result(1, 1, {"dropped": 0.0, "noise": 1.0}),
        result(0, 0, {"dropped": 0.0, "noise": 0.0}), result(0, 1, {"dropped": 1.0, "noise": 0.0}),
    ]  # fmt: skip
    figures = latent_figures(every)["latents"]
    assert (figures["answers"], figures["with_latents"], figures["segments"]) == (4, 3, 1.0)
    assert list(figures["necessity"]) == ["dropped", "noise"]
    dropped, noise = figures["necessity"]["dropped"], figures["necessity"]["noise"]
    assert (dropped["difference"], dropped["won"], dropped["lost"]) == (0.25, 2, 1)
    assert dropped["without"]["rate"] == 0.25
    assert (noise["difference"], noise["p"]) == (0, 1)
    assert noise["low"] < 0 < noise["high"]


def test_models_that_know_no_latents_have_no_such_figures() -> None:
    assert latent_figures([result(1, None)]) == {}
    assert "segments" not in json.loads(result_line(result(1, None)))
    assert "without" not in json.loads(result_line(result(1, None)))


def test_verdicts_and_predictions_survive_their_files() -> None:
    known = result(1, 2, {"dropped": 0.0})
    (again,) = results_in(result_line(known).encode())
    assert (again.segments, again.without) == (2, {"dropped": 0.0})
    said = Prediction(QUESTIONS[0].example, "asked", "<latent>[1]", "stop", 1, {"dropped": "half \ud83d"})
    assert decode_prediction(encode_prediction(said)).without == {"dropped": "half ?"}
    plain = encode_prediction(Prediction(QUESTIONS[0].example, "asked", "[1]", "stop"))
    assert b"segments" not in plain
    assert b"without" not in plain


def test_thoughts_are_no_part_of_the_answer(tmp_path: Path) -> None:
    """A right answer with thoughts in it is right; of its other forms each has its own verdict."""
    without = {name: RIGHT[0] if name == "noise" else "[1]" for name in NAMES}
    write(tmp_path / "said", [make_sample(QUESTIONS[0], f"I look.\n<latent>{RIGHT[0]}", "stop", 1, without)])
    done = call("vtb-eval", "score", "--input", tmp_path / "said", "--output", tmp_path / "scores")
    assert done.code == 0, done.err
    figures = json.loads((tmp_path / "scores/scores.json").read_text())
    assert figures["overall"]["strict"]["right"] == 1
    found = figures["latents"]["necessity"]
    assert {name: found[name]["difference"] for name in NAMES} == {
        "dropped": 1, "noise": 0, "shuffled": 1, "forbidden": 1
    }  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"segments": "many"},
        {"segments": -3},
        {"without": ["x"]},
        {"without": {"dropped": 3}},
        {"without": {"gone": "x"}},
    ],
)
def test_edited_predictions_are_named(wrong: dict[str, object], tmp_path: Path) -> None:
    sample = make_sample(QUESTIONS[0], RIGHT[0])
    edited = json.dumps({**json.loads(sample.parts["json"]), **wrong}).encode()
    sample = Sample(sample.key, {**sample.parts, "json": edited})
    write(tmp_path / "said", [sample])
    done = call("vtb-eval", "score", "--input", tmp_path / "said", "--output", tmp_path / "scores")
    assert done.code == 3
    assert "is no prediction" in done.err
