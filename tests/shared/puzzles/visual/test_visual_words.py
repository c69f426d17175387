"""Answers in words and letters to visual puzzles, and the prompts that ask for them."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from cpu_time import costs_at_most
from shared.puzzles.visual.visual_table import TEN, answer, example, family_of, make, picture, wrong_values
from vtb.puzzles.judging.answers import last_answer, normalise

every_puzzle = pytest.mark.parametrize("name", TEN)
COLORS = ["blue", "red", "green", "light blue", "very light blue"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("blue", "blue"),
        ("  BLUE!\n", "blue"),
        ("The answer is **Light-Blue**.", "light blue"),
        ("very  light\nblue", "very light blue"),
        ("<answer>red</answer>", "red"),
        ("not blue, not green, but red", "red"),
        ("red, though blue is near", "blue"),
        ("bluegreen", None),
        ("infrared", None),
        ("reds", None),
        ("", None),
        ("no idea", None),
        ("B", None),
    ],
)
def test_words(text: str, found: str | None) -> None:
    assert last_answer(text, COLORS) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("B", "red"),
        ("(b)", "red"),
        ("Answer: C.", "green"),
        ("A or B? It must be B", "red"),
        ("I choose blue, a warm color", "blue"),
        ("A blue one.", "blue"),
        ("blue, so (A)", "blue"),
        ("D", None),
        ("ABC", None),
        ("B's", None),
        ("b", "red"),
        ("a b c", None),
        ("green, that is option B", "red"),
    ],
)
def test_letters(text: str, found: str | None) -> None:
    assert last_answer(text, COLORS, ["blue", "red", "green"]) == found


def test_normalised_text_has_single_blanks_and_no_punctuation() -> None:
    assert normalise("  Very_Light -- BLUE!? ") == "very light blue"


@every_puzzle
@pytest.mark.parametrize("choices", ["always", "never"])
def test_right_answers_in_words_pass(name: str, choices: str) -> None:
    for index in range(8):
        family, record = family_of(name), make(name, index, choices=choices)
        right = answer(record)
        for text in (
            right,
            right.upper(),
            f"So it is {right}.",
            f"It is not {wrong_values(record)[0]}. Answer: {right}!",
        ):
            assert family.score_text(record, text).reason == "solved"
        for wrong in wrong_values(record):
            found = family.score_text(record, f"{right}? No: {wrong}.")
            assert (found.strict, found.reason) == (False, "names another answer")
        for nothing in ("", "?", "I cannot tell."):
            assert family.score_text(record, nothing).reason == "names no answer"
        letters = "ABCDE"[: len(record.options)]
        passed = [letter for letter in letters if family.score_text(record, f"({letter})").strict]
        assert passed == ([letters[record.options.index(right)]] if choices == "always" else [])


@every_puzzle
def test_absurd_text_is_judged_at_once(name: str) -> None:
    record = make(name, choices="always")
    for text in ("light " * 10**6, "(" * 10**6, "A" * 10**6, "A " * 10**5, "\0" * 10**6, "light" + " " * 10**6 + "x"):
        assert costs_at_most(0.5, partial(family_of(name).score_text, record, text)), text[:9]
    assert not family_of(name).score_text(record, answer(record) + "x" * 10**6).strict


@every_puzzle
def test_an_answer_in_words_is_drawn(name: str) -> None:
    family, record = family_of(name), make(name, 7)
    puzzle = picture(name, record, None)
    for value in record.vocabulary:
        drawn = family.draw_answer(record, f"I say {value}.", puzzle)
        assert drawn is not None
        assert (drawn == picture(name, record, value)).all()
        assert family.score_image(record, drawn, puzzle).strict == (value == answer(record))
    assert family.draw_answer(record, "?", puzzle) is None
    other = family.draw_answer(record, answer(record), np.zeros((10, 10, 3), np.uint8))
    assert other is not None
    assert family.score_image(record, other).strict


@every_puzzle
def test_prompts_name_every_option_and_not_the_answer_alone(name: str) -> None:
    lettered, open_ = example(name, 3, choices="always"), example(name, 3, choices="never")
    for letter, option in zip("ABCDE", lettered.payload.options, strict=False):
        assert f"({letter}) {option}" in lettered.prompts.vlm
    assert all(value in open_.prompts.vlm for value in open_.payload.vocabulary)
    for modality in ("image", "video"):
        texts = {example(name, index).prompts.of(modality) for index in range(8)}
        assert len(texts) == 1
    assert "static" in texts.pop() or "camera stands still" in lettered.prompts.video
    assert lettered.prompts.vlm.startswith(lettered.payload.question)
