"""``vtb-gen-dynamic --backend models`` on real clips: tiny random models of the real classes, exact truth for Pi3's.

What they find makes no sense, and some of it can be asked about: this is about the way from a folder to an artifact.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from contract.command_line import Result, call
from tiny_perception import ExactTruthReconstructor, one_thread, tiny_detector, tiny_orienter, tiny_tracker  # noqa: F401
from vtb.artifact import read_manifest
from vtb.formats.shared_frames import unfold
from vtb.formats.webdataset import read_tar
from vtb.media.video import encode_rgb_clip
from vtb.perception.detector import Detector
from vtb.perception.pi3 import Pi3Reconstructor
from vtb.perception.published import DETECTOR, ORIENTER, RECONSTRUCTOR, TRACKER, licenses
from vtb.tasks.registry import decode_example
from vtb_generate.dynamic_rows import key_stem

pytestmark = pytest.mark.engine
FRAMES, SIZE = 12, (64, 48)
NAMES = ("clip.0", "clip.0 of é")  # a dot ends a key in a shard


@pytest.fixture(autouse=True)
def find_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtb.perception.things.SAME", 2.0)
    monkeypatch.setattr("vtb.perception.things.MOST_THINGS", 5)
    monkeypatch.setattr(Detector.__init__, "__defaults__", (0.0,))
    monkeypatch.setattr("vtb.dynamic.viewpoint.LEAST_CONFIDENCE", 0.0)
    rng = np.random.default_rng(0)
    points = np.cumsum(rng.normal(size=(FRAMES, 14, 28, 3)), axis=0).astype(np.float32)
    exact = ExactTruthReconstructor(points, np.stack([np.eye(4)] * FRAMES))
    monkeypatch.setattr(Pi3Reconstructor, "load", lambda *_: exact)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos, what is in them, and weights."""
    from safetensors.torch import load_file, save_file

    folder = tmp_path_factory.mktemp("own")
    (folder / "videos").mkdir()
    for number in range(2):
        frames = np.full((40, SIZE[1], SIZE[0], 3), 90, np.uint8)
        for at, frame in enumerate(frames):
            frame[16:32, number + at : number + at + 16] = (220, 30, 30)
        (folder / f"videos/{NAMES[number]}.mp4").write_bytes(encode_rgb_clip(frames, SIZE, 10))
    (folder / "videos/broken.mp4").write_bytes(b"no video")
    rows = [
        f"{NAMES[0]},dog.car,red truck",
        f"{NAMES[1]},dog,None",
        "broken,dog,None",
        "absent,dog,None",
        "clip2,None,car",
    ]
    (folder / "about.csv").write_text("\n".join(["videoID,agent,obj", *rows, ""]))
    made = ((DETECTOR, tiny_detector()), (TRACKER, tiny_tracker()), (ORIENTER, tiny_orienter()))
    (folder / "weights").mkdir()
    for weights, lies in made:
        (folder / "weights" / weights.name).symlink_to(lies)
    pi3 = folder / "weights" / RECONSTRUCTOR.name
    pi3.mkdir()
    (pi3 / "config.json").write_text("{}")
    one = next(iter(load_file(tiny_tracker() / "model.safetensors").values()))
    save_file({f"{key}x": one.clone() for key in RECONSTRUCTOR.files["model.safetensors"]}, pi3 / "model.safetensors")
    return folder


def generate(place: Path, out: Path, *more: object) -> Result:
    own = ("--videos", place / "videos", "--about", place / "about.csv", "--weights", place / "weights")
    return call("vtb-gen-dynamic", "--backend", "models", *own, "--frames", FRAMES, "--device", "cpu", "--output", out,
                *more)  # fmt: skip


def test_from_a_folder_of_videos_to_questions(place: Path, tmp_path: Path) -> None:
    done = generate(place, tmp_path / "out", "--legacy", "--videos-per-shard", 1)
    assert done.code == 0, done.err
    manifest = read_manifest(str(tmp_path / "out"), ("questions",))
    assert manifest.rows > 0
    assert len(manifest.shards) == 3  # of the videos that are there and have an agent
    assert len(manifest.metrics["bad"]) == 1
    assert "broken" in manifest.metrics["bad"][0]
    assert manifest.metrics["weights"] == licenses()
    assert "CC BY-NC 4.0" in (tmp_path / "out/README.md").read_text()
    assert set(json.loads((tmp_path / "out/qa_pairs.json").read_text())) <= {*NAMES, *(f"{name}-cut" for name in NAMES)}
    samples = [one for shard in (tmp_path / "out/shards").glob("*.tar") for one in unfold(read_tar(shard.read_bytes()))]
    assert len(samples) == len({sample.key for sample in samples}) == manifest.rows
    assert {decode_example(sample.parts["json"]).payload.pictures[0] for sample in samples} <= set(NAMES)
    again = generate(place, tmp_path / "again", "--legacy", "--videos-per-shard", 1)
    assert again.code == 0, again.err
    shards = [sorted(p.read_bytes() for p in (tmp_path / name / "shards").glob("*.tar")) for name in ("out", "again")]
    assert shards[0] == shards[1]


def test_weights_that_are_missing_are_told_before_anything(place: Path, tmp_path: Path) -> None:
    done = generate(place, tmp_path / "out", "--weights", place / "videos")
    assert (done.code, len(done.error_lines)) == (4, 1), done.err
    assert "vtb weights fetch" in done.error_lines[0]


def test_no_video_that_is_named(place: Path, tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("videoID,agent,obj\nx,dog,None\n")
    done = generate(place, tmp_path / "out", "--about", tmp_path / "other.csv")
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert "holds none of the videos" in done.error_lines[0]


def test_keys_of_any_names_stay_apart() -> None:
    names = ["a", "A", "a.b", "a b", "sub/a", "../a", "é", "x" * 300, "x" * 301, "scene-42-0000001"]
    stems = [key_stem(name) for name in names]
    assert len(set(stems)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_-]{1,70}", stem) for stem in stems)
    assert (stems[0], stems[-1]) == ("a", "scene-42-0000001")
