"""Scenes of moving bodies: what is drawn is what is known, found by rays; and motions that no place prefers."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest
from numpy.typing import NDArray

from chi_square import p_value
from shared.scenes.ray_casting import rays_of, way_to
from vtb.media.frames import sampled_places
from vtb.rng import sample_rng
from vtb.scenes.moving.draw import MovingRenderer, mask_of
from vtb.scenes.moving.motion import AROUND, MIDDLE, draw_motions
from vtb.scenes.moving.scene import GAP, Body, MovingScene, draw_scene
from vtb.scenes.moving.shapes import SHAPES
from vtb.scenes.moving.truth import perceive_exactly, poses_of
from vtb.scenes.scene import Thing

SIZE, CLIP = (240, 180), 48
SCENES = 6


def scene_of(index: int) -> MovingScene:
    return draw_scene(sample_rng(5, "moving", index), CLIP)


@pytest.mark.parametrize("name", SHAPES)
def test_the_boxes_of_a_shape_do_not_overlap(name: str) -> None:
    for one, other in itertools.combinations(SHAPES[name], 2):
        assert any(one[axis] >= other[axis + 3] or other[axis] >= one[axis + 3] for axis in range(3)), (one, other)


def owners(scene: MovingScene, frame: int) -> NDArray[np.int64]:
    """The body that each pixel shows, by rays turned into the axes of each body; -1 for the hall."""
    pose, rays = scene.path[frame], rays_of(scene.path[frame], SIZE)
    found = [np.full(rays.shape[:2], 1e9)]
    for motion, thing in zip(scene.motions, things(scene), strict=True):
        angle = -math.radians(int(motion.headings[frame]) / 100 + 90)
        turn = np.array([[math.cos(angle), -math.sin(angle), 0], [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
        eye = turn @ (np.array(pose.place, float) - motion.places[frame])
        found.append(way_to(thing.boxes, eye, rays @ turn.T))
    first: NDArray[np.int64] = np.argmin(found, axis=0) - 1
    return first


def things(scene: MovingScene) -> list[Thing]:
    from vtb.scenes.furniture import build

    def thing(body: Body) -> Thing:
        corner = -(body.size[0] // 2), -(body.size[1] // 2)
        return build(body.name, body.color, corner, body.size, 0, SHAPES)

    return [thing(body) for body in scene.bodies]


@pytest.mark.parametrize("index", range(SCENES))
def test_every_pixel_shows_the_body_that_rays_meet_first(index: int) -> None:
    scene = scene_of(index)
    renderer = MovingRenderer(scene, SIZE)
    for frame in (0, CLIP // 2, CLIP - 1):
        picture, expected = renderer.draw(frame), owners(scene, frame)
        drawn = np.full(picture.shape, -1)
        for body in range(len(scene.bodies)):
            drawn[mask_of(picture, body)] = body
        wrong = (drawn != expected) & _inside(expected)
        assert wrong.mean() < 0.002


def _inside(owner: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Pixels whose neighbours show the same: lines of polygons may be a pixel off."""
    same = np.ones(owner.shape, bool)
    for axis, step in itertools.product((0, 1), (-1, 1)):
        same &= np.roll(owner, step, axis) == owner
    return same


def test_a_box_is_about_that_of_the_pixels() -> None:
    """It is as wide as the body is on average over its turns."""
    places, shares = sampled_places(CLIP, 8), []
    for index in range(SCENES):
        scene = scene_of(index)
        video, renderer = perceive_exactly(scene, places, 16, SIZE), MovingRenderer(scene, SIZE)
        for number, frame in enumerate(places):
            picture = renderer.draw(frame)
            for body, track in enumerate(video.tracks):
                if track.seen[number]:
                    shares.append(overlap(mask_of(picture, body), track.boxes[number]))
    assert len(shares) > 100
    assert np.mean(shares) > 0.65
    assert np.quantile(shares, 0.05) > 0.4


def overlap(mask: NDArray[np.bool_], box: NDArray[np.float64]) -> float:
    """Of the box of a mask and another, the common share of both."""
    rows, columns = np.nonzero(mask)
    mine = np.array([columns.min(), rows.min(), columns.max(), rows.max()])
    sides = np.minimum(mine[2:], box[2:]) - np.maximum(mine[:2], box[:2]) + 1
    common = float(np.maximum(sides, 0).prod())
    return common / (float((mine[2:] - mine[:2] + 1).prod() + (box[2:] - box[:2] + 1).prod()) - common)


def test_bodies_keep_apart_and_stay_on_the_disc() -> None:
    for index in range(SCENES):
        scene = scene_of(index)
        for motion in scene.motions:
            assert (np.hypot(*(motion.places[:, :2] - MIDDLE).T) <= AROUND + 1).all()
        for (one, a), (other, b) in itertools.combinations(zip(scene.bodies, scene.motions, strict=True), 2):
            apart = np.hypot(*(a.places[:, :2] - b.places[:, :2]).T)
            assert apart.min() >= one.radius + other.radius + GAP


def test_a_pose_is_a_rotation_that_looks_where_the_camera_looks() -> None:
    path = scene_of(0).path
    for pose, matrix in zip(path, poses_of(path), strict=True):
        turn = matrix[:3, :3]
        assert np.allclose(turn.T @ turn, np.eye(3), atol=1e-6)
        assert np.linalg.det(turn) == pytest.approx(1)
        heading, pitch = math.radians(pose.heading / 100), math.radians(pose.pitch / 100)
        ahead = [math.cos(heading) * math.cos(pitch), math.sin(heading) * math.cos(pitch), math.sin(pitch)]
        assert np.allclose(turn[:, 2], ahead, atol=1e-6)


def test_a_pinned_way_passes_its_place() -> None:
    for frame in (0, 17, CLIP - 1):
        pin = frame, (8100, 7000, 1200)
        ways = draw_motions(sample_rng(1, "pin", frame), CLIP, flies=True, follows=False, pin=pin)
        assert [next(ways).places[frame].tolist() for _ in range(20)] == [[8100, 7000, 1200]] * 20


def test_fast_bodies_are_as_frequent_as_slow_ones() -> None:
    ways = draw_motions(sample_rng(1, "pace", 0), CLIP, flies=False, follows=False)
    longest = [np.abs(np.diff(next(ways).places[:, :2], axis=0)).max() for _ in range(600)]
    still = sum(one == 0 for one in longest)
    assert 0.08 < still / 600 < 0.3
    assert sum(one > 150 for one in longest) > 200


def test_headings_prefer_no_direction() -> None:
    for follows in (False, True):
        ways = draw_motions(sample_rng(2, "turn", int(follows)), CLIP, flies=False, follows=follows)
        quarters = Counter(int(next(ways).headings[0]) // 9000 for _ in range(400))
        assert p_value([quarters[quarter] for quarter in range(4)]) > 1e-3
