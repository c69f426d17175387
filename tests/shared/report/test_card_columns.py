"""The table of parts on a dataset card."""

from __future__ import annotations

from vtb.report.card import DatasetCard, write_card


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
