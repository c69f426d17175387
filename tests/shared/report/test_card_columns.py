"""The table of parts on a dataset card."""

from __future__ import annotations

from pathlib import Path

import yaml

from contract.command_line import TINY, TINY_CLIP, call
from vtb.report.card import DatasetCard, license_of, write_card

LISTED = ("m", "a", "one", "both", "p")


def card(**more: object) -> list[str]:
    made = DatasetCard("T", (), 3, 10, {"train": "x"}, "vtb-x", {"a": 1, "b": 2}, **more)  # type: ignore[arg-type]
    return [line for line in write_card(made).splitlines() if line.startswith("|")]


def test_columns_come_with_their_figures() -> None:
    assert card() == ["| part | samples |", "|---|---:|", "| a | 1 |", "| b | 2 |"]
    assert card(possible={"a": 7, "b": None}, rejected={"a": 0.123, "b": 0.0}) == [
        "| part | samples | different puzzles possible | draws rejected |",
        "|---|---:|---:|---:|",
        "| a | 1 | 7 | 12.3 % |",
        "| b | 2 | too many to count | 0.0 % |",
    ]


def test_pages_are_linked() -> None:
    made = DatasetCard("T", (), 3, 10, {"train": "x"}, "vtb-x", {"a": 1}, pages={"gallery": "gallery.html"})
    assert "Beside this file: [gallery](gallery.html)." in write_card(made)


def text(**more: object) -> str:
    return write_card(DatasetCard("T", (), 3, 10, {"train": "x"}, "vtb-x", {"a": 3}, **more))  # type: ignore[arg-type]


def test_repeats_are_told_in_plain_words() -> None:
    assert "No puzzle comes twice." in text(distinct=3)
    assert "2 different puzzles are among them, the others are repeats." in text(distinct=2)
    assert "twice" not in text()
    assert "repeats" not in text()


def test_a_license_is_taken_over_where_all_inputs_agree(tmp_path: Path) -> None:
    for name, card in {"a": text(), "b": text(), "c": text(license="other"), "d": "# no head\n", "e": None}.items():
        (tmp_path / name).mkdir()
        if card is not None:
            (tmp_path / name / "README.md").write_text(card)
    found = {names: license_of(str(tmp_path / name) for name in names) for names in ("a", "ab", "ac", "c", "ad", "e")}
    assert found == {"a": "cc0-1.0", "ab": "cc0-1.0", "ac": "other", "c": "other", "ad": "other", "e": "other"}


def test_cards_say_what_the_rows_are(tmp_path: Path) -> None:
    """Of mazes with clips, the same curated and prepared, and of drawn ARC tasks, whose license is their makers'."""
    assert call("vtb-gen-maze", *TINY, *TINY_CLIP, "--count", "3", "--output", tmp_path / "m").code == 0
    assert call("vtb-gen-arc", "--count", "3", "--workers", "1", "--output", tmp_path / "a").code == 0
    one, both = ("--input", tmp_path / "m"), ("--input", tmp_path / "m", "--input", tmp_path / "a")
    for name, inputs in (("one", one), ("both", both)):
        assert call("vtb-curate", *inputs, "--workers", "1", "--output", tmp_path / name).code == 0
    prepared = ("vlm", "--input", tmp_path / "one", "--workers", "1", "--output", tmp_path / "p")
    assert call("vtb-prepare", *prepared).code == 0
    heads = {name: yaml.safe_load((tmp_path / name / "README.md").read_text().split("---")[1]) for name in LISTED}
    assert {
        name: (head["task_categories"][-1], head["tags"][1:-1] or head["tags"]) for name, head in heads.items()
    } == {
        "m": ("image-to-video", ["maze_square"]),
        "a": ("image-to-image", ["arc_agi_2"]),
        "one": ("image-to-video", ["maze_square"]),
        "both": ("image-to-video", ["arc_agi_2", "maze_square"]),
        "p": ("visual-question-answering", ["visual-reasoning", "maze_square"]),
    }
    assert {head["license"] for head in heads.values()} == {"cc0-1.0"}
