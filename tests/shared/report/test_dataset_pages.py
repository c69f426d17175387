"""The pages of a data set whose samples are at hand, as a curated set has them."""

from __future__ import annotations

import base64
import re

from stages.eval.answer_folders import sample
from vtb.media.image import decode_image
from vtb.report.dataset import PAGES, dataset_pages

KINDS = ("maze_square", "midpoint", "visual_color_grid")
GROUPS = {"maze_square": "maze", "midpoint": "eyeballing", "visual_color_grid": "visual"}
FIGURES = {"maze_square": {"turns": {1.0: 3, 2.0: 1}}, "midpoint": {"margin": {0.1: 2, 0.2: 1}}}


def pages(each: int) -> dict[str, str]:
    made = dataset_pages("things", [sample(name, index)[1] for index in range(3) for name in KINDS], FIGURES, GROUPS,
                         each)  # fmt: skip
    assert set(made) == {*PAGES.values(), "gallery.png"}
    assert decode_image(made.pop("gallery.png")).shape[0] > 3 * 200
    return {name: data.decode() for name, data in made.items()}


def test_the_first_of_each_family_with_frames_of_its_clip() -> None:
    found = pages(2)
    gallery, preview = found["gallery.html"], found["preview.html"]
    assert re.findall(r"<h2>(.*)</h2>", gallery) == ["Mazes", "Eyeballing puzzles", "Visual puzzles"]
    assert re.findall(r"aria-label=\"([^\"]*)\"", gallery) == [f"{name}-0000000" for name in KINDS]
    assert re.findall(r"<h4>(.*)</h4>", preview) == [f"{name}-000000{index}" for name in KINDS for index in range(2)]
    assert [f"frame {number} of 13" in gallery for number in (4, 7, 10, 13)] == [True] * 4
    shown = [base64.b64decode(data) for data in re.findall(r"data:image/png;base64,([^\"]+)", gallery)]
    assert len(shown) == 3 * 6
    assert shown[:2] == [sample("maze_square", 0)[1].parts[part] for part in ("puzzle.png", "solution.png")]


def test_difficulty_is_grouped() -> None:
    page = pages(1)["difficulty.html"]
    assert re.findall(r"<h2>(.*)</h2>", page) == ["Mazes", "Eyeballing puzzles"]
    assert page.count("<svg") == 2
