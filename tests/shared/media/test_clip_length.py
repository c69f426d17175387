"""How long a clip is: by its frames' time stamps, whatever its head says; hostile files are refused."""

from __future__ import annotations

import io
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from moving_clips import clip
from vtb.media.image import encode_rgb
from vtb.media.length import Length, clip_length
from vtb.media.timed_frames import timed_frames, timed_from
from vtb.media.video import UnreadableVideo


def made(container: str, codec: str, fps: int, count: int) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format=container) as output:
        stream = output.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(count):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), number % 256, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return buffer.getvalue()


@pytest.mark.parametrize(("container", "codec"), [("mp4", "libx264"), ("matroska", "libx264"), ("avi", "mpeg4")])
def test_in_every_container(container: str, codec: str) -> None:
    found = clip_length(made(container, codec, 25, 500))
    assert found.frames == 500
    assert found.seconds == pytest.approx(20, abs=0.05)


def test_the_head_is_not_believed() -> None:
    data = clip(seconds=5)
    at = data.index(b"mvhd") + 4
    scale = struct.unpack(">I", data[at + 12 : at + 16])[0]
    lying = data[: at + 16] + struct.pack(">I", 60 * scale) + data[at + 20 :]
    assert lying != data
    assert clip_length(lying) == clip_length(data) == Length(5.0, 20, tuple(number / 4 for number in range(20)))


def empty() -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=4)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        output.mux(stream.encode(None))
    return buffer.getvalue()


HOSTILE = {
    "nothing": b"",
    "text": b"no video at all" * 10,
    "a playlist": b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:30,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    "a list of files": b"ffconcat version 1.0\nfile /etc/passwd\n",
    "zero frames": empty(),
    "a part": clip(seconds=5)[:400],
}


@pytest.mark.parametrize("case", HOSTILE)
def test_hostile_files(case: str) -> None:
    with pytest.raises(UnreadableVideo):
        clip_length(HOSTILE[case])


def test_too_many_frames_a_second() -> None:
    with pytest.raises(UnreadableVideo, match="2400 frames in"):
        clip_length(made("matroska", "libx264", 10_000, 2400))


def test_frames_come_with_the_seconds_at_which_they_are_shown(tmp_path: Path) -> None:
    """Of a clip that shows its frames ever longer, too; nobody knows them of a folder of pictures."""
    with av.open(str(tmp_path / "v.mkv"), "w") as output:
        stream = output.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(6):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts = 3 + number * number
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    assert timed_from(tmp_path / "v.mkv", 4)[1] == pytest.approx([0.0, 0.1, 0.9, 2.5])
    assert timed_frames(tmp_path / "v.mkv", 4)[1] == pytest.approx([0.0, 0.1, 0.9, 2.5])
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/1.png").write_bytes(encode_rgb(np.zeros((8, 8, 3), np.uint8)))
    frames, seconds = timed_from(tmp_path / "folder", 2)
    assert (len(frames), seconds) == (2, [])
