"""Frames show what rays meet, in every process the same."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.scenes.ray_casting import NOTHING, seen_things
from shared.scenes.test_sampling import scene_of
from vtb.scenes.render import EACH, Renderer, palette_of, things_shown
from vtb.scenes.room_parts import COLORS, FLOOR, JOINT

SIZE = WIDTH, HEIGHT = (160, 120)


def owners(picture: np.ndarray) -> np.ndarray:
    return np.where(picture < len(COLORS), NOTHING, (picture.astype(int) - len(COLORS)) // EACH)


@settings(max_examples=12, deadline=None)
@given(index=st.integers(0, 10**9), frame=st.integers(0, 47))
def test_pixels_show_the_first_thing_that_their_ray_meets(index: int, frame: int) -> None:
    """But for the rims: OpenCV paints a pixel that a face touches."""
    scene = scene_of(index)
    drawn = owners(Renderer(scene, SIZE).frame(frame))
    cast = seen_things(scene, scene.path[frame], SIZE)
    differ = drawn != cast
    padded = np.pad(cast, 2, mode="edge")
    near = np.stack([padded[y : y + HEIGHT, x : x + WIDTH] for y in range(5) for x in range(5)])
    explained = (near == drawn).any(axis=0)  # some pixel within two has it
    assert (differ & ~explained).mean() < 0.001
    assert differ.mean() < 0.1


def test_floor_lines_are_half_a_metre_apart() -> None:
    scene = scene_of(3)
    shown = np.unique(Renderer(scene, SIZE).frame(0))
    assert {FLOOR, JOINT} <= set(shown.tolist())


def test_alone_is_what_is_left_without_the_others() -> None:
    scene = scene_of(5)
    renderer, found = Renderer(scene, SIZE), 0
    for number in range(0, 48, 4):
        counts = things_shown(renderer.frame(number), len(scene.things))
        for thing in range(len(scene.things)):
            alone = renderer.alone(scene.path[number], thing)
            if alone is None:
                continue
            cast = int((seen_things(scene, scene.path[number], SIZE, thing) == thing).sum())
            assert cast <= alone <= cast + 12 * alone**0.5 + 20
            assert counts[thing] <= alone
            found += 1
    assert found > 20


def test_a_thing_that_leaves_the_picture_is_not_whole() -> None:
    scene = scene_of(5)
    renderer = Renderer(scene, SIZE)
    for number in range(0, 48, 8):
        for thing in range(len(scene.things)):
            cast = seen_things(scene, scene.path[number], SIZE, thing) == thing
            rim = cast[0].any() or cast[-1].any() or cast[:, 0].any() or cast[:, -1].any()
            if not cast.any():
                assert renderer.alone(scene.path[number], thing) is None
            if rim and cast[2:-2, 2:-2].any() and cast.sum() > 100:
                alone = renderer.alone(scene.path[number], thing)
                assert alone is None or abs(int(cast.sum()) - alone) < 0.2 * alone


def test_colors_fit_a_palette() -> None:
    for index in range(20):
        assert len(palette_of(scene_of(index, 2))) <= 256


def digest() -> str:
    scene = scene_of(11)
    renderer = Renderer(scene, (200, 150))
    return hashlib.sha256(b"".join(renderer.frame(number).tobytes() for number in range(48))).hexdigest()


def test_every_process_draws_the_same() -> None:
    script = "from shared.scenes.test_render import digest; print(digest())"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == digest()


def test_the_frames_are_those_that_they_were() -> None:
    """On any machine; a change on purpose raises the stage's version."""
    assert digest()[:16] == "16c874a02f419e8c"
