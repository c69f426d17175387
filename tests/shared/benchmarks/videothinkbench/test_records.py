"""Records of the benchmark are judged as well as ours: with all that is published of them, and with pictures alone."""

from __future__ import annotations

import json
from functools import partial

import numpy as np
import pytest

from shared.benchmarks.videothinkbench.benchmark_like import EVERY, ours, pictures, published
from shared.benchmarks.videothinkbench.benchmark_like import task_of as task_called
from vtb.benchmarks.videothinkbench.decontamination import overlap_key, overlap_keys
from vtb.benchmarks.videothinkbench.names import UnknownTask, family_name
from vtb.benchmarks.videothinkbench.records import as_example
from vtb.media.image import Image, decode_image, encode_rgb, to_rgb
from vtb.puzzles.registry import find_family
from vtb.tasks.example import Example, encode_example
from vtb.tasks.registry import decode_example, task_of
from vtb.tasks.score import UNJUDGED

every_family = pytest.mark.parametrize("name", EVERY)
every_index = pytest.mark.parametrize("index", range(2))
# As a row of the published parquet files: nothing but names, words and pictures.
forms = pytest.mark.parametrize("form", ["data.json", "parquet"])


def taken(name: str, form: str, index: int = 0) -> Example:
    record = published(name, index)
    if form == "parquet":
        record = {"id": record["id"], "prompt": record["prompt"], "task": task_called(name)}
    puzzle, solution = pictures(name, index)
    example = as_example(json.loads(json.dumps(record)), task_called(name), puzzle, lambda: solution)
    assert decode_example(encode_example(example)) == example
    return example


@forms
@every_index
@every_family
def test_right_and_wrong_pictures_are_told_apart(name: str, index: int, form: str) -> None:
    example = taken(name, form, index)
    assert (example.source, example.task) == ("videothinkbench", name)
    family, record = task_of(example), example.payload
    puzzle, solution = pictures(name, index)
    jpeg = decode_image(encode_rgb(solution, quality=92))
    rights = [family.score_image(record, image, puzzle) for image in (solution, jpeg)]
    rights += [family.score_frame(record, solution, puzzle)]
    rights += family.score_video(record, [*[lambda: puzzle] * 5, lambda: solution], puzzle).values()
    assert [(score.strict, score.reason) for score in rights] == [(True, "solved")] * len(rights)
    wrongs = [family.score_image(record, image, puzzle) for image in (puzzle, puzzle * 0, puzzle * 0 + 255)]
    assert [score.strict for score in wrongs] == [False] * 3


@forms
@every_index
@every_family
def test_answers_in_words(name: str, index: int, form: str) -> None:
    example = taken(name, form, index)
    family, record, mine = task_of(example), example.payload, find_family(name)
    truth = mine.answer(ours(name, index).payload)
    known = form == "data.json" or not (name in ("maze_hexagon", "maze_circle") or mine.group == "visual")
    score = family.score_text(record, f"I think it is {truth}", pictures(name, index)[0])
    assert score.strict is known, score.reason
    assert known or score.reason == UNJUDGED
    assert not family.score_text(record, "", pictures(name, index)[0]).strict


def drawn(name: str) -> tuple[Image, Image]:
    """Puzzle and solution with our own letters."""
    family, record = find_family(name), ours(name, 1).payload
    pictures = family.draw_puzzle(record), family.draw_solution(record)
    return to_rgb(pictures[0], family.palette), to_rgb(pictures[1], family.palette)


@pytest.mark.parametrize("name", [name for name in EVERY if find_family(name).group == "eyeballing"])
def test_letters_are_read_from_pictures_of_our_own_too(name: str) -> None:
    example, (puzzle, solution) = ours(name, 1), drawn(name)
    seen = as_example({"id": "a"}, name, puzzle, lambda: solution)
    assert seen.payload.letters_known
    assert task_of(seen).score_text(seen.payload, example.answer).strict
    assert overlap_key(find_family(name), example) in overlap_keys(task_of(seen), seen)


def test_letters_that_cannot_be_read_judge_no_words() -> None:
    example, images = ours("midpoint", 1), drawn("midpoint")
    for entry in example.payload.candidates:  # a dot in each, and no letter
        x, y = round(entry.x), round(entry.y)
        for image in images:
            image[y - 5 : y + 6, x - 5 : x + 6] = 255
            image[y - 1 : y + 2, x - 1 : x + 2] = 0
    seen = as_example({"id": "a"}, "midpoint", images[0], lambda: images[1])
    assert task_of(seen).score_image(seen.payload, images[1], images[0]).strict
    assert task_of(seen).score_text(seen.payload, example.answer).reason == UNJUDGED


@every_family
def test_every_wrong_option_is_wrong(name: str) -> None:
    example = taken(name, "data.json")
    for other in range(1, 30):
        if ours(name, other).answer != ours(name).answer:
            text = ours(name, other).answer
            assert not task_of(example).score_text(example.payload, text, pictures(name)[0]).strict
            break


@every_family
def test_a_training_sample_is_recognised_in_the_benchmark(name: str) -> None:
    for form in ("data.json", "parquet"):
        example = taken(name, form)
        keys = overlap_keys(task_of(example), example)
        known = form == "data.json" or name not in ("maze_hexagon", "maze_circle")
        if find_family(name).group == "visual" or not known:
            assert not keys
        else:
            assert overlap_key(find_family(name), ours(name)) in keys
            assert overlap_key(find_family(name), ours(name, 1)) not in keys


def test_what_cannot_be_taken_is_told() -> None:
    with pytest.raises(UnknownTask, match="task 'gsm8k'"):
        family_name({"id": "a-1"}, "gsm8k")
    puzzle, solution = pictures("midpoint")
    for name, other in (("midpoint", puzzle), ("maze_square", solution), ("arc_agi_2", puzzle)):
        with pytest.raises(Exception, match=r"can be seen|marks no|shows no|not cells of one size|look the same"):
            as_example({"id": "a"}, name, puzzle, partial(np.asarray, other))
