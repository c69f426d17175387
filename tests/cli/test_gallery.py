"""``vtb gallery``: families as a page or a picture."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from browser import pictures
from contract.command_line import run
from vtb.media.image import decode_image
from vtb.puzzles.registry import families


def test_without_names_every_family_is_there(tmp_path: Path) -> None:
    done = run("vtb", "gallery", "--output", tmp_path / "all.html")
    assert (done.code, done.out, done.err) == (0, f"{tmp_path / 'all.html'}\n", "")
    page = (tmp_path / "all.html").read_text()
    labels = re.findall("<h3>(.*)</h3>", page)
    assert re.findall("<h2>(.*)</h2>", page) == ["ARC tasks", "Eyeballing puzzles", "Mazes", "Visual puzzles"]
    assert sorted(labels) == sorted(families())
    assert len(labels) >= 36
    assert len(pictures(tmp_path / "all.html")) == 6 * len(labels)
    assert page.count("frame 81 of 81</figcaption>") == len(labels)


def test_a_named_family_has_four_rows(tmp_path: Path) -> None:
    assert run("vtb", "gallery", "maze_circle", "midpoint", "-o", tmp_path / "new" / "two.html").code == 0
    page = (tmp_path / "new" / "two.html").read_text()
    expected = [f"{name}{number}" for name in ("maze_circle", "midpoint") for number in ("", " 1", " 2", " 3")]
    assert re.findall("<h4>(.*)</h4>", page) == expected
    assert page.count("Then mark the point that is") == 1


def test_a_picture_has_a_puzzle_and_a_solution_for_each(tmp_path: Path) -> None:
    for names in (["maze_square"], ["maze_square", "incenter"]):
        assert run("vtb", "gallery", *names, "-o", tmp_path / f"{len(names)}.png").code == 0
    one, two = (decode_image((tmp_path / f"{count}.png").read_bytes()) for count in (1, 2))
    assert one.shape[1] == two.shape[1]
    assert two.shape[0] - one.shape[0] == one.shape[0] - 12


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("maze_round", "-o", "{t}/a.html"), "there is no puzzle family 'maze_round': did you mean maze_"),
        (("-o", "{t}/a.jpg"), "a.jpg: the name must end with .html or .png"),
        ((), "Missing option '--output'"),
    ],
)
def test_wrong_words_are_one_line(words: tuple[str, ...], says: str, tmp_path: Path) -> None:
    done = run("vtb", "gallery", *(word.format(t=tmp_path) for word in words))
    assert (done.code, len(done.err.splitlines()), says in done.err) == (2, 1, True)
    assert list(tmp_path.iterdir()) == []
