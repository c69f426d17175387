"""Models that know the words of questions about rooms are at chance, and would find it out if the words told more."""

from __future__ import annotations

import functools
from dataclasses import replace

import pytest
from perf.blind_rooms import with_numbers, with_options

from shared.scenes.test_fairness import CHOICES, view_of
from vtb.rng import sample_rng
from vtb.scenes.questions.every import ASKERS
from vtb.scenes.questions.view import Question

SCENES = 500
NUMBERS = [kind for kind in ASKERS if kind not in CHOICES]


@functools.cache
def asked(kind: str) -> list[Question]:
    found = (ASKERS[kind](sample_rng(2, kind, index), view_of(index)) for index in range(SCENES))
    return [question for question in found if question]


@pytest.mark.parametrize("kind", CHOICES)
def test_options_are_at_chance(kind: str) -> None:
    rate, chance, off = with_options(asked(kind))
    assert rate - chance < 2 * off


@pytest.mark.parametrize("kind", NUMBERS)
def test_no_guess_beats_one_number_for_all(kind: str) -> None:
    rate, chance, off = with_numbers(asked(kind))
    assert rate - chance < off


def test_a_letter_that_is_right_more_often_is_found() -> None:
    told = [replace(q, answer="A" if number % 2 else q.answer) for number, q in enumerate(asked(CHOICES[0]))]
    rate, chance, off = with_options(told)
    assert rate - chance > 2 * off


def test_a_name_that_tells_the_size_is_found() -> None:
    told = [replace(q, answer="250") if "bed" in q.words else q for q in asked("object_size_estimation")]
    rate, chance, off = with_numbers(told)
    assert rate > chance
    plain, *_ = with_numbers(asked("object_size_estimation"))
    assert rate > plain + off / 4
