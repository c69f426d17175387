"""What counts as seen, beside what rays find."""

from __future__ import annotations

import numpy as np
import pytest

from shared.scenes.ray_casting import seen_things
from shared.scenes.test_sampling import scene_of
from vtb.media.frames import sampled_places
from vtb.scenes.render import Renderer
from vtb.scenes.visibility import CLEAR, UNHIDDEN, Sight, look

SIZE, FRAMES = (120, 90), 48
SAMPLED = sampled_places(FRAMES, 8)


@pytest.mark.parametrize("index", range(2))
def test_pixels_and_what_is_whole(index: int) -> None:
    scene = scene_of(index)
    sight = look(Renderer(scene, SIZE), range(FRAMES), SAMPLED)
    things, area = range(len(scene.things)), SIZE[0] * SIZE[1]
    assert sight.sampled == tuple(SAMPLED)
    whole = set()
    for number in SAMPLED:
        cast = seen_things(scene, scene.path[number], SIZE)
        counts = np.array([(cast == thing).sum() for thing in things])
        assert np.abs(counts - sight.pixels[number]).max() <= 0.03 * area
        for thing in things:
            alone = seen_things(scene, scene.path[number], SIZE, thing) == thing
            inside = not (alone[0].any() or alone[-1].any() or alone[:, 0].any() or alone[:, -1].any())
            if inside and counts[thing] > 1.1 * CLEAR * area and counts[thing] > (UNHIDDEN + 0.1) * alone.sum():
                whole.add(thing)
    assert whole <= sight.whole
    assert len(sight.whole - whole) <= 4  # those near a limit


def sight_of(pixels: list[list[int]], sampled: tuple[int, ...]) -> Sight:
    return Sight(np.array(pixels), sampled, frozenset(), True, 10_000)


def test_before_is_clearly_before_the_first_pixel_of_the_other() -> None:
    clear = int(CLEAR * 10_000)
    assert sight_of([[clear, 0], [clear, 1]], (0, 1)).before(0, 1)
    assert not sight_of([[clear, 1], [clear, clear]], (0, 1)).before(0, 1)
    assert not sight_of([[clear - 1, 0], [clear, 1]], (0, 1)).before(0, 1)


def test_before_holds_in_all_frames_and_in_the_sampled_ones() -> None:
    clear = int(CLEAR * 10_000)
    between = [[0, 0], [0, 1], [clear, 0], [clear, clear]]
    assert sight_of(between, (0, 2, 3)).before(0, 1) is False  # a glimpse between the sampled frames
    late = [[0, 0], [clear, 0], [0, 0], [0, clear], [clear, clear]]
    assert sight_of(late, (0, 1, 3)).before(0, 1)
    assert not sight_of(late, (0, 2, 3, 4)).before(0, 1)


def test_walls() -> None:
    scene = scene_of(2)
    renderer = Renderer(scene, SIZE)
    assert look(renderer, range(FRAMES), SAMPLED).walls
    assert not look(renderer, [0, 1], [0, 1]).walls
