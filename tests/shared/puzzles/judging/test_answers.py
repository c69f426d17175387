"""Answers in words as models give them, and the right reading of each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from cpu_time import costs_at_most
from shared.puzzles.judging.grid_answers import GRIDS
from shared.puzzles.judging.letter_answers import LETTERS
from shared.puzzles.judging.list_answers import LISTS
from shared.puzzles.judging.value_answers import LETTERED, OPEN, OPTIONS, VOCABULARY
from vtb.formats.arc import Grid
from vtb.puzzles.judging.answers import last_answer, last_grid, last_list, spoken_option


def open_value(text: str) -> str | None:
    return last_answer(text, VOCABULARY)


def lettered_value(text: str) -> str | None:
    return last_answer(text, VOCABULARY, OPTIONS)


READERS: list[Callable[[str], object]] = [spoken_option, open_value, lettered_value, last_list, last_grid]


@pytest.mark.parametrize(("text", "option"), LETTERS)
def test_the_option_a_text_names(text: str, option: str | None) -> None:
    assert spoken_option(text) == option


@pytest.mark.parametrize(("text", "value"), OPEN)
def test_the_value_a_text_names(text: str, value: str | None) -> None:
    assert open_value(text) == value


@pytest.mark.parametrize(("text", "value"), LETTERED)
def test_the_value_a_text_names_by_its_letter(text: str, value: str | None) -> None:
    assert lettered_value(text) == value


@pytest.mark.parametrize(("text", "cells"), LISTS)
def test_the_list_a_text_names(text: str, cells: list[int] | None) -> None:
    assert last_list(text) == cells


@pytest.mark.parametrize(("text", "cells"), GRIDS)
def test_the_grid_a_text_names(text: str, cells: Grid | None) -> None:
    assert last_grid(text) == cells


@pytest.mark.parametrize("letter", "ABCDE")
def test_no_letter_is_read_differently(letter: str) -> None:
    """What is true of one letter is true of all, but for "A" before a word."""
    for text in ("{}", "({})", "'{}'", "**{}**", "The answer is {}.", "答案是{}。", '{{"answer": "{}"}}', "Option {}"):
        assert spoken_option(text.format(letter)) == letter
        assert spoken_option(text.format(letter.lower())) in (letter, None if "答" in text else letter)


HOSTILE = [
    "[", "]", "[[", "[1, ", "[1, 2], ", "[[1, 2], ", "1, ", "1 -> ", "1 ", "9", "0\n", "1\n2\n", "1: 2\n", "|-", "--\n",
    " ", "\n", "\t|", "A ", "A or ", "not A ", "a) ", "A: b\n", "(A", "'", '"', "**", "answer is ", "answer ", "no, ",
    "<answer>", "<answer>A", "</think>", "<think>", "light ", "very light ", "light blue, ", "alpha ", "\\boxed{", "答",
    "Ａ", "\u0301\u0327", "\u200b", "\x00", "𝔐", "\ufdfa", "\ud800", "the ", "step ", "# \n", "row 1", "- ", "{'",
    "A. B", "- 1\n", "1-", "1 > ", "(1,", "(1, 2)", "\\begin{matrix}", "\\begin{matrix}1 & ", "Ответ В", "В ", "✗",
    "p is ", "p (1 ",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
def test_five_megabytes_of_anything_are_read_at_once(unit: str) -> None:
    noise = (unit * (5_000_000 // len(unit)))[:5_000_000]
    end = noise[-49_900:]  # of a text only its end is looked at
    for text in (noise, f"The answer is {end}x", f"[1, {end}\n[1, 2] B"):
        for read in READERS:
            assert costs_at_most(1, partial(read, text)), read


def test_an_answer_after_megabytes_of_thinking_is_found() -> None:
    thinking = f"<think>{'Is it A? No. [9, 8] ' * 200_000}</think>"
    assert spoken_option(f"{thinking}\nB") == "B"
    assert last_list(f"{thinking}\n[1, 2]") == [1, 2]
    assert last_grid(f"{thinking}\n[[1, 2]]") == ((1, 2),)
