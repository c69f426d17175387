"""The learning curve of ``vtb-eval score --against``: steps from the manifests, and where the dots stand."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from browser import measure
from stages.eval.test_score import ASKED, QUESTIONS, RIGHT, score, write
from vtb.artifact import InputEntry, Plan
from vtb.artifact.output import Output
from vtb.report.learning_curve import HEIGHT, WIDTH, curve_of
from vtb.stage.run import input_entry
from vtb_eval.predicting import make_sample
from vtb_eval.trained_steps import Trained, trained

BASE = InputEntry("/models/base", "model-folder", "3" * 64)
DATA = InputEntry("/data/rows", "swift-dataset", "4" * 64)


def model(folder: Path, kind: str, inputs: Sequence[InputEntry], metrics: dict[str, Any]) -> InputEntry:
    """An adapter or a checkpoint as a training or a merge leaves it."""
    output = Output(str(folder), Plan(kind, "vtb-train-vlm test", 1, {}, tuple(inputs)))
    output.begin()
    output.commit([], [], metrics)
    return input_entry(str(folder), (kind,))


def predicted(folder: Path, right: int, *models: InputEntry) -> Path:
    texts = [*RIGHT[:right], *["[1]"] * (len(RIGHT) - right)]
    write(folder, [make_sample(*pair) for pair in zip(QUESTIONS, texts, strict=True)], (ASKED, *models))
    return folder


def steps(folder: Path, *models: InputEntry) -> Trained | None:
    return trained(input_entry(str(predicted(folder, 1, *models)), ("predictions",)))


@pytest.fixture
def adapter(tmp_path: Path) -> InputEntry:
    return model(tmp_path / "sft", "adapter", (DATA, BASE), {"steps": 30})


def test_the_steps_of_all_trainings_are_summed_up(adapter: InputEntry, tmp_path: Path) -> None:
    merged = model(tmp_path / "merged", "checkpoint", (BASE, adapter), {"largest": 1.0})
    again = model(tmp_path / "grpo", "adapter", (DATA, merged), {"steps": 12})
    assert steps(tmp_path / "a", BASE) == Trained(BASE.digest, 0)
    assert steps(tmp_path / "b", BASE, adapter) == Trained(BASE.digest, 30)
    assert steps(tmp_path / "c", merged) == Trained(BASE.digest, 30)
    assert steps(tmp_path / "d", merged, again) == Trained(BASE.digest, 42)
    tiny = model(tmp_path / "tiny", "checkpoint", (), {"family": "qwen3_vl"})
    assert steps(tmp_path / "e", tiny) == Trained(tiny.digest, 0)


def test_nobody_knows_the_steps_of_plain_adapters_and_of_what_is_gone(adapter: InputEntry, tmp_path: Path) -> None:
    assert steps(tmp_path / "a", BASE, InputEntry("/somewhere/peft", "model-folder", "5" * 64)) is None
    assert steps(tmp_path / "b") is None  # an endpoint's answers name no model
    assert trained(ASKED) is None
    shutil.rmtree(tmp_path / "sft")
    assert steps(tmp_path / "c", BASE, adapter) is None
    model(tmp_path / "sft", "adapter", (DATA, BASE), {"steps": 31})
    assert steps(tmp_path / "d", BASE, adapter) is None  # another one stands there now


@pytest.fixture
def after(adapter: InputEntry, tmp_path: Path) -> Path:
    """15 of 18 right after 90 steps, 3 before training, 9 after 30; and a run of another model."""
    longer = model(tmp_path / "longer", "adapter", (DATA, BASE), {"steps": 90})
    other = InputEntry("/models/other", "model-folder", "6" * 64)
    words: list[object] = []
    for name, right, models in (("middle", 9, (BASE, adapter)), ("before", 3, (BASE,)), ("other", 6, (other,))):
        assert score(predicted(tmp_path / f"{name}-p", right, *models), tmp_path / name).code == 0
        words += ["--against", tmp_path / name]
    done = score(predicted(tmp_path / "after-p", 15, BASE, longer), tmp_path / "after", *words)
    assert done.code == 0, done.err
    return tmp_path / "after"


def test_runs_stand_on_the_curve_in_the_order_of_their_steps(after: Path) -> None:
    curve = json.loads((after / "scores.json").read_text())["learning_curve"]
    names = [str(after.parent / "before"), str(after.parent / "middle"), "this run"]
    assert [(run["run"], run["steps"], run["shares"]["all"]["right"]) for run in curve] == list(
        zip(names, (0, 30, 90), (3, 9, 15), strict=True)
    )
    page = (after / "report.html").read_text()
    (drawn,) = re.findall(r'<svg class="curve".*?</svg>', page, re.S)
    assert "this run, 90 steps: 83.3 %" in drawn
    assert drawn.count("<circle") == 3


def test_a_single_step_is_no_curve(adapter: InputEntry, tmp_path: Path) -> None:
    predicted(tmp_path / "p", 3, BASE, adapter)
    assert score(tmp_path / "p", tmp_path / "first").code == 0
    assert score(tmp_path / "p", tmp_path / "second", "--against", tmp_path / "first").code == 0
    assert "learning_curve" not in json.loads((tmp_path / "second" / "scores.json").read_text())
    assert "Learning curve" not in (tmp_path / "second" / "report.html").read_text()


def test_dots_stand_where_the_figures_say() -> None:
    shares = [{"rate": rate, "low": rate - 0.02, "high": rate + 0.03} for rate in (0.02, 0.1, 0.16)]
    curve = curve_of("all", [("run", steps, share) for steps, share in zip((0, 50, 200), shares, strict=True)], 0.1)
    (start, ahead, _), (_, middle, end) = curve.points, curve.points
    assert curve.levels[-1] == pytest.approx((0, 20))  # the axis ends at the first round share above all
    assert (start.y, ahead.y, end.y) == pytest.approx((0.9 * HEIGHT, 0.5 * HEIGHT, 0.2 * HEIGHT))
    assert (start.top, start.bottom) == pytest.approx((0.75 * HEIGHT, HEIGHT))
    assert curve.blind == pytest.approx(ahead.y)
    assert (middle.x - start.x) * 4 == pytest.approx(end.x - start.x, abs=1)
    assert 0 <= start.x < end.x <= WIDTH


@pytest.mark.browser
@pytest.mark.parametrize("width", [480, 1280])
def test_the_curve_fits_the_window(after: Path, width: int) -> None:
    found = measure(after / "report.html", width)
    assert found.scroll_width == width
    assert all(left >= 0 and right <= width for left, _, right, _ in found.texts + found.bars)
