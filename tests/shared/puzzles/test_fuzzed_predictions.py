"""Whatever a model may return, a judge of any family says a score and a reason, within bounds of memory."""

from __future__ import annotations

import functools
import io
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PillowImage

from clip_frames import frames_of
from vtb.media.image import Image, decode_image, encode_rgb, to_rgb
from vtb.puzzles.family import Clip
from vtb.puzzles.registry import families, find_family
from vtb.puzzles.sample import make_example
from vtb.tasks.score import Score

every_family = pytest.mark.parametrize("name", sorted(families()))
RNG = np.random.default_rng(0)
CLIPS = {"with a clip": Clip(13, 16, (640, 384)), "without": None}


def full(height: int, width: int, *color: int) -> Image:
    return np.full((height, width, 3), color, np.uint8)


def noise(height: int, width: int) -> Image:
    return RNG.integers(0, 256, (height, width, 3), np.uint8)


IMAGES: dict[str, Image] = {
    "noise": noise(480, 480),
    "noise of another shape": noise(97, 611),
    "speckles of red": np.where(RNG.random((300, 300, 1)) < 0.5, np.array((220, 0, 0), np.uint8), np.uint8(255)),
    "black": full(480, 480, 0, 0, 0),
    "white": full(704, 1280, 255, 255, 255),
    "red": full(480, 480, 220, 0, 0),
    "one pixel": full(1, 1, 220, 0, 0),
    "two pixels": noise(2, 1),
    "a line": noise(1, 3000),
    "a column": noise(3000, 1),
    "a strip": noise(3, 2000),
    "not contiguous": noise(400, 900)[::2, ::3],
    "read-only": decode_image(encode_rgb(noise(64, 64))),
}


def assert_wrong(score: Score) -> None:
    """A red picture may mark an option by the benchmark's rule; nothing else here is an answer."""
    assert isinstance(score, Score)
    assert score.reason
    assert not score.strict or (score.choice is not None and score.choice in "ABCDE")


@functools.cache
def record_of(name: str, clip: str) -> Any:
    family = find_family(name)
    return make_example(family, family.config_class(clip=CLIPS[clip]), name, 11, 0).payload


@every_family
@pytest.mark.parametrize("clip", CLIPS)
def test_odd_pictures_get_a_score_and_a_reason(name: str, clip: str) -> None:
    family, record = find_family(name), record_of(name, clip)
    puzzle = to_rgb(family.draw_puzzle(record), family.palette)
    for image in IMAGES.values():
        before = image.copy()
        for score in (
            family.score_image(record, image),
            family.score_image(record, image, puzzle),
            family.score_frame(record, image),
            *family.score_video(record, frames_of([image])).values(),
        ):
            assert_wrong(score)
        assert (image == before).all()  # judges do not draw on what they judge
    mixed = family.score_video(record, frames_of([*IMAGES.values(), puzzle]))
    assert all(isinstance(score, Score) and score.reason for score in mixed.values())


@every_family
def test_no_frames_are_wrong(name: str) -> None:
    scores = find_family(name).score_video(record_of(name, "with a clip"), [])
    assert {(score.strict, score.tolerant, score.reason) for score in scores.values()} == {(False, False, "no frames")}


@every_family
@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "F"])
def test_every_kind_of_picture_file_is_judged_as_it_looks(name: str, mode: str) -> None:
    family, record = find_family(name), record_of(name, "without")
    solution = PillowImage.fromarray(to_rgb(family.draw_solution(record), family.palette))
    kept = mode in ("RGBA", "CMYK") or (mode == "P" and family.group != "visual")
    form = {"CMYK": "TIFF", "F": "TIFF"}.get(mode, "PNG")
    picture = solution.quantize(256) if mode == "P" else solution.convert("L" if mode == "I;16" else mode)
    buffer = io.BytesIO()
    (picture.convert("I;16") if mode == "I;16" else picture).save(buffer, form)
    score = family.score_image(record, decode_image(buffer.getvalue()))
    assert score.reason
    if kept:
        assert score.strict, score
    if mode in ("1", "L", "LA", "F") and family.group == "maze":
        assert score.reason == "no red path"


@settings(max_examples=30, deadline=None, derandomize=True, database=None)
@given(text=st.one_of(st.text(max_size=200), st.text("[]0123456789, ABCDE()", max_size=200)))
@every_family
def test_odd_texts_get_a_score_and_a_reason(name: str, text: str) -> None:
    family, record = find_family(name), record_of(name, "without")
    score = family.score_text(record, text)
    assert score.reason
    drawn = family.draw_answer(record, text, to_rgb(family.draw_puzzle(record), family.palette))
    assert drawn is None or drawn.dtype == np.uint8


@every_family
@pytest.mark.parametrize("text", ["[" * 10**6, "A" * 10**6, "9" * 10**6, "[[" + "1," * 10**6, "\0" * 9, "[1]" * 10**5])
def test_endless_texts_get_a_score_and_a_reason(name: str, text: str) -> None:
    score = find_family(name).score_text(record_of(name, "without"), text)
    assert not score.strict
    assert score.reason


MEMORY = """
import resource, sys
import numpy as np
from vtb.puzzles.family import Clip
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import make_example
family = find_family(sys.argv[1])
record = make_example(family, family.config_class(clip=Clip(13, 16, (640, 384))), "memory", 1, 0).payload
for image in (np.zeros((64, 64, 3), np.uint8), np.full((4096, 8192, 3), (220, 0, 0), np.uint8)):
    if len(image) > 64:
        image[::2, ::2] = np.random.default_rng(0).integers(0, 256, (2048, 4096, 3), np.uint8)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for score in (family.score_image(record, image), family.score_frame(record, image)):
        assert score.reason
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / image.nbytes)
"""


@pytest.mark.parametrize(
    "name", ["maze_square", "maze_circle", "midpoint", "arc_connect", "visual_size_grid", "arc_agi_2"]
)
def test_a_picture_of_8192_by_4096_needs_a_few_times_its_memory(name: str) -> None:
    line = [sys.executable, "-c", MEMORY, name]
    assert float(subprocess.run(line, check=True, capture_output=True, text=True).stdout) < 4
