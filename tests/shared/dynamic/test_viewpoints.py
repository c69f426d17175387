"""The geometry of viewpoints, against cases by hand, against matrices of NumPy and SciPy, and over random cameras."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from vtb.dynamic.geometry import agent_axes, angles_of, camera_view, to_camera, to_world
from vtb.dynamic.viewpoint import CAMERA, Viewer, distances, fronts, positions, scale_of
from vtb.perception.perceived import Floats, Perceived, Track

ANGLE = st.floats(-179, 179)
SEEDS = st.integers(0, 2**32 - 1)
FRAMES = 5


def poses(rng: np.random.Generator, count: int = FRAMES) -> Floats:
    found = np.tile(np.eye(4), (count, 1, 1))
    found[:, :3, :3] = Rotation.random(count, rng=rng).as_matrix()
    found[:, :3, 3] = rng.uniform(-5, 5, (count, 3))
    return found


def video_of(rng: np.random.Generator) -> tuple[Perceived, Floats, Floats]:
    """Two agents under a moving camera: what is known of them, and where they are and how they stand in the world."""
    cameras, places = poses(rng), rng.uniform(-5, 5, (2, FRAMES, 3))
    stands = np.stack([Rotation.random(FRAMES, rng=rng).as_matrix() for _ in range(2)])  # columns: front, left, up
    tracks = []
    for place, stand in zip(places, stands, strict=True):
        seen = np.einsum("nji,njk->nik", cameras[:, :3, :3], stand)
        angles = angles_of(seen[..., 0], seen[..., 1], seen[..., 2])
        centres = np.einsum("nji,nj->ni", cameras[:, :3, :3], place - cameras[:, :3, 3])
        tracks.append(Track("dog", True, np.ones((FRAMES, 4)), centres, angles, np.ones(FRAMES)))
    return Perceived(np.arange(FRAMES) / 2, cameras, (640, 480), tuple(tracks)), places, stands


@pytest.mark.parametrize(
    ("angles", "front", "left", "up"),
    [
        ((0, 0, 0), (0, 0, -1), (1, 0, 0), (0, -1, 0)),  # faces the camera: its left is the picture's right
        ((90, 0, 0), (-1, 0, 0), (0, 0, -1), (0, -1, 0)),  # faces the left of the picture
        ((180, 0, 0), (0, 0, 1), (-1, 0, 0), (0, -1, 0)),  # faces away
        ((0, 0, 90), (0, 0, -1), (0, 1, 0), (1, 0, 0)),  # lies on its side
    ],
)
def test_an_agent_by_hand(angles: tuple[float, ...], front: Floats, left: Floats, up: Floats) -> None:
    assert np.allclose(agent_axes(np.array(angles, float)), [front, left, up])


@settings(max_examples=60, deadline=None)
@given(ANGLE, st.floats(-89, 89), ANGLE)
def test_angles_and_axes_are_each_other_s_inverse(azimuth: float, polar: float, rotation: float) -> None:
    angles = np.array([azimuth, polar, rotation])
    axes = agent_axes(angles)
    assert np.allclose(axes @ axes.T, np.eye(3))
    assert np.allclose(np.cross(axes[0], axes[1]), axes[2])
    assert np.allclose(angles_of(*axes), angles, atol=1e-5)


def test_a_camera_looks_ahead() -> None:
    assert camera_view(np.array([1.0, 2.0, 3.0])).tolist() == [3, -1, -2]  # right is no left, below no up


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_what_is_seen_is_where_it_is(seed: int) -> None:
    """From every viewpoint, against the world's own coordinates."""
    video, places, stands = video_of(np.random.default_rng(seed))
    assert np.allclose(distances(video, 0, 1), np.linalg.norm(places[0] - places[1], axis=1))
    assert np.allclose(distances(video, CAMERA, 1), np.linalg.norm(places[1] - video.poses[:, :3, 3], axis=1))
    for frame in (None, 3):
        at = range(FRAMES) if frame is None else [frame] * FRAMES
        agent = [stands[0, a].T @ (places[1, n] - places[0, a]) for n, a in enumerate(at)]
        assert np.allclose(positions(video, 1, Viewer(0, frame)), agent)
        facing = [stands[0, a].T @ stands[1, n, :, 0] for n, a in enumerate(at)]
        assert np.allclose(fronts(video, 1, Viewer(0, frame)), facing)
        matrices = [video.poses[a, :3, [2, 0, 1]] * np.array([[1], [-1], [-1]]) for a in at]  # ahead, left, up
        seen = [m @ (places[1, n] - video.poses[a, :3, 3]) for n, (m, a) in enumerate(zip(matrices, at, strict=True))]
        assert np.allclose(positions(video, 1, Viewer(CAMERA, frame)), seen)
        ahead = [m @ video.poses[n, :3, 2] for n, m in enumerate(matrices)]
        assert np.allclose(fronts(video, CAMERA, Viewer(CAMERA, frame)), ahead)


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_the_world_and_back(seed: int) -> None:
    rng = np.random.default_rng(seed)
    cameras, points = poses(rng), rng.uniform(-5, 5, (FRAMES, 3))
    assert np.allclose(to_camera(cameras, to_world(cameras, points)), points)


def test_what_is_unsure_is_not_known() -> None:
    video, _, _ = video_of(np.random.default_rng(1))
    track = video.tracks[0]
    track.confidence[2] = 0.59
    track.centres[4] = np.nan
    known = np.isfinite(positions(video, 1, Viewer(0))).all(axis=1)
    assert known.tolist() == [True, True, False, True, False]
    assert np.isnan(positions(video, 1, Viewer(0, 2))).all()
    assert np.isfinite(distances(video, CAMERA, 0)).tolist() == [True, True, True, True, False]


def test_the_scale_is_the_video_s_own() -> None:
    video, _, _ = video_of(np.random.default_rng(1))
    larger = Perceived(
        video.times, video.poses, video.size,
        tuple(Track(t.label, t.agent, t.boxes, 7 * t.centres, t.angles, t.confidence) for t in video.tracks),
    )  # fmt: skip
    assert scale_of(larger) == pytest.approx(7 * scale_of(video))
