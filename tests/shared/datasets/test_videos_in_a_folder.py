"""What lies in a folder of videos may be anything: it is found all the same, and told where it is asked about."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from moving_clips import clip
from vtb.datasets.video_folder import find_videos
from vtb.media import frames
from vtb.media.frames import sample_video, sampled_from, within_pixels
from vtb.media.image import Image, encode_rgb
from vtb.media.video import UnreadableVideo


def hostile(folder: Path) -> Path:
    """A good video, and what is none."""
    (folder / "frames").mkdir(parents=True)
    (folder / "good.mp4").write_bytes(clip(seconds=1))
    (folder / "nowhere.mp4").symlink_to("/nowhere")
    (folder / "loop.mp4").symlink_to("loop.mp4")
    (folder / "endless.mp4").symlink_to("/dev/zero")
    (folder / "folder.mp4").mkdir()
    Path(os.fsdecode(bytes(folder) + b"/odd\xff.mp4")).write_bytes(b"")
    os.mkfifo(folder / "pipe.mp4")
    os.mkfifo(folder / "frames/1.jpg")
    return folder


def test_nothing_in_a_folder_hides_the_rest(tmp_path: Path) -> None:
    found = find_videos(hostile(tmp_path / "a"))
    assert len(sampled_from(found.places["good"], 2)) == 2
    assert {"nowhere", "loop", "endless", "pipe", "frames"} <= found.places.keys()
    assert "folder" not in found.places
    assert found.digest == find_videos(hostile(tmp_path / "b")).digest


@pytest.mark.parametrize("name", ["nowhere", "loop", "endless", "pipe", "frames"])
def test_what_cannot_be_read_is_told_without_its_place(name: str, tmp_path: Path) -> None:
    with pytest.raises(UnreadableVideo, match="cannot be read") as told:
        sampled_from(find_videos(hostile(tmp_path / "a")).places[name], 2)
    assert str(tmp_path) not in str(told.value)


def test_frames_are_kept_no_larger_than_they_are_wanted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is scaled before the next is read: hundreds of large ones are gigabytes."""
    data, kept = clip(seconds=2), list[tuple[int, ...]]()
    whole = [within_pixels(frame, 500) for frame in sample_video(data, 5)]

    def scale(image: Image, most: int) -> Image:
        kept.append(image.shape)
        return within_pixels(image, most)

    monkeypatch.setattr(frames, "within_pixels", scale)
    small = sample_video(data, 5, most_pixels=500)
    assert all((one == other).all() for one, other in zip(small, whole, strict=True))
    assert len(kept) == 5
    monkeypatch.undo()
    (tmp_path / "1.png").write_bytes(encode_rgb(whole[0]))
    assert sampled_from(tmp_path, 2, most_pixels=100)[1].size <= 300
