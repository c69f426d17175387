"""The report on scores: who answered what, plots with intervals, and answers beside what would have been right."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path

import pytest

from browser import measure, pictures, screenshot
from shared.benchmarks.videothinkbench import benchmark_like
from stages.eval.answer_folders import EVERY, part_of, put, sample, score, scored, write_puzzles
from vtb.media.image import Image, decode_image, encode_rgb
from vtb.puzzles.sample import PUZZLE, SOLUTION
from vtb.report.thumbnail import thumbnail
from vtb_eval.examples import PICTURE_SIDE


def at_most(data: bytes) -> Image:
    """A picture as large as the page has it."""
    image = decode_image(data)
    return thumbnail(image, PICTURE_SIDE) if max(image.shape[:2]) > PICTURE_SIDE else image


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders with answers: the first gets all right in pictures, the second some wrong in words."""
    root = tmp_path_factory.mktemp("report")
    write_puzzles(root / "puzzles")
    for number, (name, index) in enumerate(EVERY):
        example = sample(name, index)[0]
        put(root / "first", f"{example.key}.png", part_of(name, index, SOLUTION))
        wrong = "D" if example.answer == "C" else "C"
        put(root / "second", f"{example.key}.txt", example.answer if number % 2 else f"Option {wrong}.")
    assert score(root / "puzzles", root / "scores", root / "first", root / "second").code == 0
    return root / "scores"


def cards(page: str) -> dict[str, str]:
    return {card.split("</h3>")[0].split(">")[-1]: card for card in page.split('<section class="card">')[1:]}


def images(card: str) -> dict[str, Image]:
    found = re.findall(r"base64,([^\"]+)\" alt=\"[^\"]*: ([^\":]*)\"", card)
    return {caption: decode_image(base64.b64decode(data)) for data, caption in found}


def test_the_title_says_who_answered_what_and_no_date(scores: Path) -> None:
    page = (scores / "report.html").read_text()
    assert "<h1>first + second on puzzles</h1>" in page
    assert "Split test." in page
    started = json.loads((scores / "manifest.json").read_text())["run"]["started"]
    assert started[:10] not in page  # the same answers give the same page


def test_the_given_and_the_right_solution_stand_side_by_side(scores: Path) -> None:
    page = (scores / "report.html").read_text()
    for wrong, card in cards(page.split("<h2>Wrong answers</h2>")[1]).items():
        shown = images(card)
        key = wrong.split(" ")[0]
        place = next(place for place in EVERY if sample(*place)[0].key == key)
        assert (shown["the puzzle"] == at_most(part_of(*place, PUZZLE))).all()
        assert (shown["the right solution"] == at_most(part_of(*place, SOLUTION))).all()
        assert "attempt 2" in card
    choices = [card for card in cards(page).values() if "chose" in card]
    assert choices
    for card in choices:
        chosen, right = re.findall(r"chose <b>(.*)</b>", card)[0], re.findall(r"Expected: <code>(.*)</code>", card)[0]
        assert (chosen == right) == ('<h3 class="right">' in card)


def test_intervals_are_drawn_where_the_figures_say(scores: Path) -> None:
    figures = json.loads((scores / "scores.json").read_text())
    page = (scores / "report.html").read_text()
    for task, share in figures["per_task"].items():
        row = re.findall(rf"<tr><td>{task}</td>.*?</tr>", page, re.S)[0]
        (left, width), (middle,) = (
            re.findall(r'<rect x="([\d.]+)" y="4" width="([\d.]+)"', row)[0],
            re.findall(r'<circle cx="([\d.]+)"', row),
        )
        low, high, rate = (400 * share["strict"][end] for end in ("low", "high", "rate"))
        assert float(left) == pytest.approx(low, abs=0.1)
        assert float(left) + float(width) == pytest.approx(high, abs=0.15)
        assert float(middle) == pytest.approx(rate, abs=0.1)
    groups = re.findall(r'<tr class="group"><td[^>]*>(.*)</td>', page)
    assert groups == ["Eyeballing puzzles", "Visual puzzles", "ARC tasks", "Mazes", "All tasks"]


def test_blind_guesses_stand_beside_accuracy(scores: Path) -> None:
    """As a number and as a line in the plot; what nobody measured (ARC tasks) has neither."""
    figures, page = json.loads((scores / "scores.json").read_text()), (scores / "report.html").read_text()
    blind = {task: share["blind"] for task, share in figures["per_task"].items()}
    assert blind == {
        "midpoint": 0.2, "arc_connect": 0.2, "visual_color_grid": 0.5, "arc_agi_2": None,
        "maze_square": 0.067, "maze_circle": 0.002,
    }  # fmt: skip
    assert figures["overall"]["blind"] is None
    for task, rate in blind.items():
        row = re.findall(rf"<tr><td>{task}</td>.*?</tr>", page, re.S)[0]
        (cell,) = re.findall(r'<td class="number blind">(.*?)</td>', row)
        lines = re.findall(r'<path class="blind" d="M([\d.]+) 0v14"/>', row)
        if rate is None:
            assert ("-" in cell, lines) == (True, [])
        else:
            assert cell == f"{100 * rate:.1f} %"
            assert float(lines[0]) == pytest.approx(400 * rate, abs=0.1)
    assert "vtb.puzzles.blind" in page
    assert "one of the options" not in page
    assert "touches a wall" in page
    assert "Published figures" in page


def test_two_tasks_with_puzzles_of_one_id(tmp_path: Path) -> None:
    """The picture of one must not stand beside the verdict on the other."""
    benchmark_like.write_folder(tmp_path / "set", ["incenter", "midpoint"], 1)
    for task in ("incenter", "midpoint"):
        file = tmp_path / "set" / task / "data.json"
        (record,) = json.loads(file.read_text())
        file.write_text(json.dumps([{**record, "id": "same"}]))
    put(tmp_path / "answers", "same.png", encode_rgb(benchmark_like.pictures("midpoint")[1]))
    scored(tmp_path / "set", tmp_path / "o", tmp_path / "answers")
    found = cards((tmp_path / "o" / "report.html").read_text())
    assert len(found) == 2
    for title, card in found.items():
        task = title.split("(")[1].split(")")[0]
        assert (images(card)["the puzzle"] == benchmark_like.pictures(task)[0]).all(), task
        assert (images(card)["the right solution"] == benchmark_like.pictures(task)[1]).all(), task


@pytest.mark.parametrize("form", ["folder", "parquet"])
def test_the_benchmark_s_own_solutions_are_shown(tmp_path: Path, form: str) -> None:
    from shared.datasets.test_published_layouts import table

    if form == "folder":
        benchmark_like.write_folder(tmp_path / "set", ["visual_color_grid"], 1)
    else:
        table(tmp_path / "set" / "test-0.parquet", "visual_color_grid", benchmark_like.ours("visual_color_grid").key)
    puzzle, solution = benchmark_like.pictures("visual_color_grid")
    put(tmp_path / "a", f"{benchmark_like.ours('visual_color_grid').key}.png", encode_rgb(puzzle))
    scored(tmp_path / "set", tmp_path / "o", tmp_path / "a")
    (card,) = cards((tmp_path / "o" / "report.html").read_text()).values()
    shown = images(card)
    assert list(shown) == ["the puzzle", "the picture given", "the right solution"]
    assert (shown["the right solution"] == at_most(encode_rgb(solution))).all()
    assert (shown["the puzzle"] == at_most(encode_rgb(puzzle))).all()


@pytest.mark.browser
@pytest.mark.parametrize("width", [1200, 480])
def test_nothing_sticks_out(scores: Path, width: int) -> None:
    found = measure(scores / "report.html", width)
    assert (found.width, found.scroll_width) == (width, width)
    boxes = [image["box"] for image in found.images] + found.bars + found.texts
    assert all(left >= 0 and right <= width + 0.5 and bottom > top for left, top, right, bottom in boxes)
    assert len(found.images) == len(pictures(scores / "report.html")) >= 36


@pytest.mark.browser
def test_it_is_dark_where_the_reader_s_system_is(scores: Path) -> None:
    light, dark = (screenshot(scores / "report.html", 900, 600, dark=dark) for dark in (False, True))
    assert light[2, 2].min() == 255
    assert dark[2, 2].max() < 40
    assert light.mean() > 200
    assert dark.mean() < 80
