"""Which things a video holds and where they are, against masks, points and poses that are known exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from tiny_perception import ExactTruthReconstructor
from vtb.dynamic.geometry import to_camera, to_world
from vtb.media.video import UnreadableVideo
from vtb.perception.assemble import assemble
from vtb.perception.detector import Detections
from vtb.perception.masks import Mask, Masks, box_of
from vtb.perception.models import ModelBackend, class_names
from vtb.perception.perceived import Floats
from vtb.perception.things import MOST_THINGS, Thing, add_thing, find_things, spread

N, HEIGHT, WIDTH = 9, 40, 60


class KnownWorld:
    """In the place of detector, tracker and orienter: rectangles that move, each there in some frames.

    A thing that is lost is followed no further, as by a tracker that sees it no longer.
    """

    def __init__(self, things: dict[str, list[tuple[int, int] | None]], side: int = 10) -> None:
        self.masks = {name: np.stack([_square(place, side) for place in places]) for name, places in things.items()}
        self.asked: list[tuple[str, ...]] = []

    def detect(self, picture: Any, labels: Sequence[str]) -> Detections:
        self.asked.append(tuple(labels))
        frame = int(picture[0, 0, 0])
        there = [name for name in self.masks if self.masks[name][frame].any()]
        boxes = np.array([box_of(self.masks[name][frame]) for name in there]).reshape(-1, 4)
        return Detections(boxes, np.linspace(0.9, 0.5, len(there)), tuple(name.split("#")[0] for name in there))

    def watch(self, frames: Any) -> KnownWorld:
        return self

    def segment(self, frame: int, boxes: Floats) -> list[Mask]:
        return [self._by_box(frame, box)[frame] for box in boxes]

    def follow(self, frame: int, boxes: Floats) -> list[Masks]:
        return [Masks.pack(_connected(self._by_box(frame, box), frame)) for box in boxes]

    def angles(self, frames: Any, masks: Masks) -> tuple[Floats, Floats]:
        return np.full((len(frames), 3), 90.0), np.full(len(frames), 0.7)

    def _by_box(self, frame: int, box: Floats) -> Any:
        return next(masks for masks in self.masks.values() if np.array_equal(box_of(masks[frame]), box))


def _square(place: tuple[int, int] | None, side: int) -> Mask:
    mask = np.zeros((HEIGHT, WIDTH), np.bool_)
    if place is not None:
        mask[place[1] : place[1] + side, place[0] : place[0] + side] = True
    return mask


def _connected(masks: Any, frame: int) -> Any:
    """The masks of the frames around one, up to the first that shows nothing."""
    gaps = [number for number in range(N) if not masks[number].any()]
    first = max([gap for gap in gaps if gap < frame], default=-1)
    last = min([gap for gap in gaps if gap > frame], default=N)
    return [mask if first < number < last else np.zeros_like(mask) for number, mask in enumerate(masks)]


def _frames() -> Any:
    """Frames that say in their pixels which they are."""
    return np.broadcast_to(np.arange(N, dtype=np.uint8)[:, None, None, None], (N, HEIGHT, WIDTH, 3))


def _found(world: KnownWorld) -> list[Thing]:
    return find_things(_frames(), world, world, ["dog", "cat"])  # type: ignore[arg-type]


def test_looks_are_spread_over_the_video() -> None:
    assert spread(32) == [0, 8, 16, 23, 31]
    assert spread(3) == [0, 1, 2]
    assert spread(1) == [0]


def test_what_enters_later_is_found_and_followed_back_to_where_it_entered() -> None:
    world = KnownWorld({"dog": [(5, 5 + 2 * n) for n in range(N)], "cat": [None] * 5 + [(40, n) for n in range(5, N)]})
    dog, cat = _found(world)
    assert (dog.label, cat.label) == ("dog", "cat")
    assert all(np.array_equal(dog.masks[frame], world.masks["dog"][frame]) for frame in range(N))
    assert all(np.array_equal(cat.masks[frame], world.masks["cat"][frame]) for frame in range(N))
    assert len(world.asked) == 5


def test_one_thing_under_two_classes_is_one_thing() -> None:
    world = KnownWorld({"dog": [(5, 5)] * N, "cat": [(6, 5)] * N})  # 9 of 11 columns
    assert [thing.label for thing in _found(world)] == ["dog"]


def test_things_that_hardly_overlap_are_two() -> None:
    world = KnownWorld({"dog": [(5, 5)] * N, "cat": [(11, 5)] * N})
    assert [thing.label for thing in _found(world)] == ["dog", "cat"]


def test_a_thing_that_was_lost_and_found_again_is_one_where_both_tracks_meet() -> None:
    first = [_square((5, 5) if frame < 5 else None, 10) for frame in range(N)]
    second = [_square((5, 5) if frame > 2 else None, 10) for frame in range(N)]
    things = [Thing("dog", Masks.pack(first))]
    add_thing(things, Thing("cat", Masks.pack(second)))
    assert [thing.label for thing in things] == ["dog"]
    assert all(things[0].masks[frame].any() for frame in range(N))
    add_thing(things, Thing("dog", Masks.pack([_square((40, 20), 10)] * N)))
    assert len(things) == 2


def test_a_video_has_a_bounded_number_of_things() -> None:
    places = [(x, y) for y in range(0, 40, 8) for x in range(0, 60, 8)]
    world = KnownWorld({f"dog#{number}": [place] * N for number, place in enumerate(places)}, side=5)
    assert len(places) > MOST_THINGS
    assert len(_found(world)) == MOST_THINGS


def _space(poses: Floats, places: dict[str, Floats], world: KnownWorld) -> Any:
    """Points of things at known places of the world, and of a wall 20 ahead of the camera."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    wall = np.stack([columns - WIDTH / 2, rows - HEIGHT / 2, np.full(rows.shape, 20.0)], axis=-1)
    points = np.broadcast_to(wall, (N, HEIGHT, WIDTH, 3)).copy()
    for name, place in places.items():
        for frame in range(N):
            points[frame][world.masks[name][frame]] = to_camera(poses[frame], place[frame])
    return points.astype(np.float32)


def _poses() -> Floats:
    poses = np.zeros((N, 4, 4))
    for frame, pose in enumerate(poses):
        across, ahead = np.cos(0.1 * frame), np.sin(0.1 * frame)
        pose[:3, :3] = [[across, 0, ahead], [0, 1, 0], [-ahead, 0, across]]
        pose[:, 3] = frame, 2, 3, 1
    return poses


def test_places_come_back_exactly() -> None:
    world = KnownWorld({"dog": [(5, 5 + 2 * n) for n in range(N)], "red car": [(40, n) for n in range(5)] + [None] * 4})
    poses = _poses()
    steps = np.arange(N)[:, None]
    places = {
        "dog": np.array([1.0, 2, 9]) + steps * np.array([0.5, 0, 0.25]),
        "red car": np.array([4.0, 1, 12]) + 0 * steps,
    }
    backend = ModelBackend(world, world, world, ExactTruthReconstructor(_space(poses, places, world), poses))  # type: ignore[arg-type]
    times = np.arange(N) / 4
    video = backend.perceive(_frames(), times, ["Dog."], ["red  car", "dog"])
    assert world.asked[0] == ("dog", "red car")
    assert video.size == (WIDTH, HEIGHT)
    assert np.array_equal(video.times, times)
    assert np.array_equal(video.poses, poses)
    dog, car = video.tracks
    assert (dog.label, dog.agent, car.label, car.agent) == ("dog", True, "red car", False)
    assert to_world(poses, dog.centres) == pytest.approx(places["dog"], abs=1e-5)
    assert dog.boxes.tolist() == [[5, 5 + 2 * n, 14, 14 + 2 * n] for n in range(N)]
    assert dog.seen.all()
    assert (dog.angles == 90).all()
    assert (dog.confidence == 0.7).all()
    assert car.seen.tolist() == [True] * 5 + [False] * 4
    assert to_world(poses, car.centres)[:5] == pytest.approx(places["red car"][:5], abs=1e-5)
    assert np.isnan(car.angles).all()
    assert (car.confidence == 0).all()


def test_points_that_cannot_be_trusted_do_not_count() -> None:
    masks = Masks.pack([_square((0, 0), 10)] * 2)
    points = np.zeros((2, HEIGHT, WIDTH, 3), np.float32)
    points[:, :5] = (1, 2, 3)
    points[:, 5:] = (900, 900, 900)
    space = ExactTruthReconstructor(points, np.stack([np.eye(4)] * 2)).space
    space.valid[0, 5:] = False
    space.valid[1] = False
    (track,) = assemble(np.arange(2.0), (WIDTH, HEIGHT), [Thing("dog", masks)], space, [None]).tracks
    assert track.centres[0].tolist() == [1, 2, 3]
    assert np.isnan(track.centres[1]).all()
    assert track.boxes.tolist() == [[0, 0, 9, 9]] * 2
    assert track.seen.tolist() == [True, False]


def test_a_video_without_any_of_it_is_told() -> None:
    world = KnownWorld({"dog": [None] * N})
    space = ExactTruthReconstructor(np.zeros((N, 1, 1, 3), np.float32), _poses())
    with pytest.raises(UnreadableVideo, match="shows nothing of the classes"):
        ModelBackend(world, world, world, space).perceive(_frames(), np.arange(N), ["dog"], [])  # type: ignore[arg-type]


def test_names_of_classes_are_read_as_people_write_them() -> None:
    assert class_names([" Dog", "dog.", "", "fire.truck", " . ", "CAT"]) == ["dog", "fire truck", "cat"]
