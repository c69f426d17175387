"""Clips: palette pictures to H.264 and back.

Frames come as palette indices and are turned into YUV planes by table look-up, which is several times cheaper than a
general RGB conversion. Colors follow ITU-R BT.601, limited range, and the stream is tagged so.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vtb.media.image import MAX_PIXELS, Image, Palette, Picture
from vtb.media.streams import choose_stream, frames_of, open_container

PRESET = "veryfast"
CRF = 20
BOUNDED = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p")  # other forms are converted in other ways
ROUNDING = 4.0  # levels by which a converted pixel may exceed what its chroma says; 1.3 have been seen


class UnreadableVideo(Exception):
    """The bytes are no playable clip; the message says why in a few words."""


def yuv_palette(palette: Palette) -> NDArray[np.uint8]:
    """Y, Cb and Cr of each color (ITU-R BT.601-7, limited range), shape (3, 256)."""
    rgb = np.asarray(palette, np.float64).T / 255
    matrix = np.array([[65.481, 128.553, 24.966], [-37.797, -74.203, 112.0], [112.0, -93.786, -18.214]])
    yuv = matrix @ rgb + np.array([[16.0], [128.0], [128.0]])
    table = np.zeros((3, 256), np.uint8)
    table[:, : len(palette)] = np.rint(yuv)
    return table


def new_frame(width: int, height: int) -> tuple[Any, list[NDArray[np.uint8]]]:
    """A 4:2:0 frame of even sides, and its planes as arrays (H, W), (H/2, W/2), (H/2, W/2) on the same memory."""
    import av

    frame = av.VideoFrame(width, height, "yuv420p")
    planes = [np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size) for plane in frame.planes]
    return frame, [rows[:, : plane.width] for rows, plane in zip(planes, frame.planes, strict=True)]


def fill_planes(picture: Picture, table: NDArray[np.uint8], planes: Sequence[NDArray[np.uint8]]) -> None:
    """Fill the planes of a frame from palette indices."""
    import cv2

    cv2.LUT(picture, table[0], planes[0])
    small = np.ascontiguousarray(picture[::2, ::2])
    cv2.LUT(small, table[1], planes[1])
    cv2.LUT(small, table[2], planes[2])


def encode_clip(
    frames: Iterable[Picture], palette: Palette, size: tuple[int, int], fps: int, *, preset: str = PRESET
) -> bytes:
    """An MP4 with H.264 (yuv420p) of pictures of one size (width, height).

    A picture may be the same array as the one before, drawn further: it is read before the next is asked for. All go
    through one frame, which the encoder has copied when it returns, because a new one for each takes half as long as
    encoding it; a picture like the one before is in it already. Encoding runs on one thread without time stamps, so the
    same pictures give the same bytes; parallelism is over clips.
    """
    import av

    width, height = size
    table = yuv_palette(palette)
    buffer = io.BytesIO()
    frame, planes = new_frame(width, height)
    last: Picture | None = None
    with av.open(buffer, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = open_stream(container, width, height, fps, preset)
        for picture in frames:
            if last is None or not np.array_equal(picture, last):
                fill_planes(picture, table, planes)
                last = picture.copy()
            frame.pts = None  # the encoder has numbered it, as the one before
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def encode_rgb_clip(frames: Iterable[Image], size: tuple[int, int], fps: int) -> bytes:
    """The same of RGB pictures, such as a model draws; even sides."""
    import av

    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp4", options={"fflags": "+bitexact"}) as container:
        stream = open_stream(container, *size, fps, PRESET)
        for image in frames:
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace="ITU601")))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def open_stream(container: Any, width: int, height: int, fps: int, preset: str) -> Any:
    """The H.264 stream of a clip; `perf/` opens the same one for prepared frames."""
    stream = container.add_stream("libx264", rate=fps)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    # Macroblock trees make about one clip in 1,500 another, by what the heap held before (0 of 6,750 without them).
    params = "bframes=0:sliced-threads=0:mbtree=0"
    stream.options = {"preset": preset, "crf": str(CRF), "threads": "1", "x264-params": params}
    context = stream.codec_context
    context.thread_count = 1
    context.color_range, context.colorspace, context.color_primaries, context.color_trc = 1, 6, 6, 6
    return stream


@dataclass(frozen=True)
class ClipEnds:
    """The first and the last frame of a clip, and how many there are in all."""

    first: Image
    last: Image
    count: int


class DecodedFrame:
    """A frame of a clip: called, it gives its RGB, which costs as much as decoding it."""

    def __init__(self, frame: Any, reformatter: Any, max_side: int | None = None) -> None:
        """``reformatter`` is one for all frames of a clip: to set it up takes longer than a conversion."""
        self._frame, self._reformatter, self._max_side = frame, reformatter, max_side

    def __call__(self) -> Image:
        """The RGB.

        Raises:
            UnreadableVideo: the frame is of a form that cannot be converted.
        """
        frame, most = self._frame, self._max_side
        scale = min(1.0, most / max(frame.width, frame.height)) if most else 1.0
        size = max(1, round(frame.width * scale)), max(1, round(frame.height * scale))
        try:
            image = self._over_white(size) if _transparent(frame.format) else self._converted(size, "rgb24")
        except (OSError, ValueError) as error:
            raise UnreadableVideo(f"a frame cannot be shown ({error})") from error
        return self._upright(image)

    def _converted(self, size: tuple[int, int], form: str) -> NDArray[np.uint8]:
        image: NDArray[np.uint8] = self._reformatter.reformat(self._frame, *size, form).to_ndarray()
        return image

    def _over_white(self, size: tuple[int, int]) -> Image:
        """Transparency shows the white behind it, as in pictures; scaled afterwards, for unseen colors would bleed."""
        import cv2

        seen = self._converted((self._frame.width, self._frame.height), "rgba").astype(np.uint16)
        color, alpha = seen[..., :3], seen[..., 3:]
        image: Image = ((color * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)
        whole = image.shape[1::-1] == size
        return image if whole else np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)

    def _upright(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """As a player shows it."""
        turns = round(getattr(self._frame, "rotation", 0) / 90) % 4
        return np.ascontiguousarray(np.rot90(image, turns)) if turns else image

    def same_as(self, other: DecodedFrame) -> bool:
        """Whether both show the same, as frames of a still picture do; found without converting them."""
        one, two = self._frame, other._frame
        if (one.format.name, one.width, one.height) != (two.format.name, two.width, two.height):
            return False
        planes = [[np.frombuffer(plane, np.uint8) for plane in frame.planes] for frame in (one, two)]
        return all(np.array_equal(a, b) for a, b in zip(*planes, strict=True))

    def most_red_lead(self) -> float:
        """No pixel's R exceeds both G and B by more than this; said without converting the frame.

        Cr - 128 is a mean of R - G and R - B whose weights sum to 0.5 * 224 / 255 whatever the matrix (ITU-R BT.601,
        709 and 2020; more in full range), chroma is interpolated between neighbours, and conversion rounds.
        """
        cr = self._plane(2)
        return 255.0 if cr is None else max(0.0, (int(cr.max()) - 128) * 255 / 112) + ROUNDING

    def luma(self) -> NDArray[np.uint8] | None:
        """Y of every pixel, (H, W), or None of a form in which it does not bound the RGB.

        Where no channel exceeds ``v``, Y is at most 16 + v * 219 / 255 or, in full range, ``v``; and ``ROUNDING``.
        """
        plane = self._plane(0)
        return None if plane is None else self._upright(plane)

    def _plane(self, number: int) -> NDArray[np.uint8] | None:
        if self._frame.format.name not in BOUNDED:
            return None
        plane = self._frame.planes[number]
        return np.frombuffer(plane, np.uint8).reshape(plane.height, plane.line_size)[:, : plane.width]


def _transparent(form: Any) -> bool:
    """Whether a pixel format has transparency; that of a palette may lie in its colors."""
    return form.has_palette or any(component.is_alpha for component in form.components)


def decode_clip(data: bytes, max_side: int | None = None) -> Iterator[DecodedFrame]:
    """The frames of a clip, one at a time; each is a function that gives its RGB, over white where it is transparent.

    Of several streams it is the one that players show (``vtb.media.streams``).

    Args:
        data: the file.
        max_side: larger frames are scaled down to this many pixels on their longer side.

    Raises:
        UnreadableVideo: no video in it, or damaged; frames before the damage have been given by then.
    """
    from av.video.reformatter import VideoReformatter

    reformatter = VideoReformatter()
    for frame in _frames(data):
        yield DecodedFrame(frame, reformatter, max_side)


def decode_ends(data: bytes) -> ClipEnds:
    """The ends of a clip; only two frames are converted to RGB, which costs more than decoding them.

    Raises:
        UnreadableVideo: damaged, or without a frame.
    """
    first = last = None
    count = 0
    for last in decode_clip(data):
        first = last if first is None else first
        count += 1
    if first is None or last is None:
        raise UnreadableVideo("has no frames")
    return ClipEnds(first(), last(), count)


def frame_rate(data: bytes) -> float:
    """Frames a second of a clip, on average.

    Raises:
        UnreadableVideo: it does not say.
    """
    import av

    try:
        with open_container(data) as container:
            stream = choose_stream(data, container)
            rate = None if stream is None else stream.average_rate or stream.guessed_rate
    except (av.FFmpegError, EOFError, ValueError) as error:
        raise UnreadableVideo(f"not a playable clip ({error})") from error
    if not rate:
        raise UnreadableVideo("does not say how many frames a second has")
    return float(rate)


def _frames(data: bytes) -> Iterator[Any]:
    """The decoded frames as PyAV gives them."""
    import av

    try:
        with open_container(data) as container:
            stream = choose_stream(data, container)
            if stream is None:
                raise UnreadableVideo("holds no video stream")
            size = stream.codec_context
            if size is None:
                raise UnreadableVideo("is in a codec that nobody knows")
            if size.width * size.height > MAX_PIXELS:
                raise UnreadableVideo(f"frames of {size.width}x{size.height} pixels are too large")
            yield from frames_of(container, stream)
    except (av.FFmpegError, EOFError, ValueError) as error:
        raise UnreadableVideo(f"not a playable clip ({error})") from error
