"""``vtb-eval score --answers`` on files of every form: other codecs and encodings, damaged, hostile, oddly named."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs
from PIL import Image as PillowImage

from contract.command_line import files, without_run
from stages.eval.answer_folders import (
    EVERY,
    clip_of,
    ids,
    image_of,
    part_of,
    put,
    sample,
    score,
    scored,
    verdicts,
)  # fmt: skip
from vtb.artifact import Plan, ShardEntry
from vtb.artifact.output import Output
from vtb.formats.webdataset import write_tar
from vtb.media.video import decode_clip
from vtb.puzzles.registry import find_family
from vtb.puzzles.sample import CLIP, PUZZLE, SOLUTION
from vtb_eval.answers import Answers

NOISE = np.random.default_rng(3).integers(0, 256, (300, 300, 3), np.uint8)


def encoded(image: np.ndarray, mode: str | None = None, **save: object) -> bytes:
    buffer = io.BytesIO()
    PillowImage.fromarray(image, mode).save(buffer, "PNG", **save)
    return buffer.getvalue()


BAD_IMAGES = {
    "noise": encoded(NOISE), "no bytes": b"", "a text": b"hello" * 50, "cut short": encoded(NOISE)[:2000],
    "one pixel": encoded(NOISE[:1, :1]), "a line": encoded(NOISE[:1] // 2 + 128), "grey": encoded(NOISE[..., 0]),
    "transparent": encoded(np.zeros((64, 64, 4), np.uint8)), "deep": encoded(NOISE[..., 0].astype(np.uint16) * 257),
    "8k": encoded(np.zeros((4320, 7680, 3), np.uint8) + np.uint8(200)),
    "too large": encoded(np.zeros((10_000, 10_000), np.uint8)),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_IMAGES)
def test_bad_pictures_score_0_with_a_reason(puzzles: Path, tmp_path: Path, what: str) -> None:
    for key in ids():
        put(tmp_path / "a", f"{key}.png", BAD_IMAGES[what])
    result = score(puzzles, tmp_path / "o", tmp_path / "a")
    assert result.code == 0, result.err
    said = verdicts(tmp_path / "o").values()
    assert [one["strict"] for one in said] == [False] * 12
    assert all(one["reason"] for one in said)
    if what in ("no bytes", "a text", "cut short", "too large"):
        assert {one["reason"] for one in said} == {"unreadable image"}
        assert all(one["signals"]["image"]["details"]["why"] for one in said)


WHOLE = part_of("midpoint", 0, CLIP)
BAD_VIDEOS = {
    "no bytes": b"", "a text": b"hello" * 50, "cut in the middle": WHOLE[: len(WHOLE) // 2], "only a head": WHOLE[:40],
    "a picture": part_of("midpoint", 0, SOLUTION), "noise": NOISE.tobytes(), "one frame": clip_of([NOISE * 0]),
    "tiny": clip_of([np.zeros((2, 2, 3), np.uint8)] * 3),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD_VIDEOS)
def test_bad_videos_score_0_with_a_reason(puzzles: Path, tmp_path: Path, what: str) -> None:
    for key in ids()[:8]:
        put(tmp_path / "a", f"{key}.mp4", BAD_VIDEOS[what])
    result = score(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert result.code == 0, result.err
    said = verdicts(tmp_path / "o")
    assert len(said) == 8
    wrong = [key for key, one in said.items() if one["strict"] and (what, key[0]) != ("a picture", "midpoint-0000000")]
    assert wrong == []
    assert all(one["reason"] for one in said.values())


@pytest.mark.parametrize(
    "data", [b"", b"\xff\xfe\x00", b"{", b"[1, 2", b'{"segments": [{"x": 1}, 5]}', b"null", b"[" * 9999]
)
def test_odd_transcripts(puzzles: Path, tmp_path: Path, data: bytes) -> None:
    put(tmp_path / "a", f"{sample('midpoint', 0)[0].key}/transcription.json", data)
    assert score(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",)).code == 0
    assert [one["strict"] for one in verdicts(tmp_path / "o").values()] == [False]


FORMS = [
    ("mp4", "libx264", "yuv444p", (640, 360), 30), ("mp4", "libx264", "yuv420p10le", (480, 480), 24),
    ("mp4", "mpeg4", "yuv420p", (512, 512), 25), ("webm", "libvpx-vp9", "yuv420p", (720, 480), 16),
    ("avi", "mjpeg", "yuvj422p", (480, 480), 12), ("mkv", "ffv1", "bgr0", (500, 450), 10),
    ("mov", "png", "rgba", (480, 480), 8), ("mov", "prores_ks", "yuv422p10le", (480, 480), 24),
]  # fmt: skip


def video_of(frames: list[np.ndarray], ending: str, codec: str, pixels: str, size: tuple[int, int], fps: int) -> bytes:
    """What another program might write."""
    import av

    buffer = io.BytesIO()
    container_format = {"mkv": "matroska"}.get(ending, ending)
    with av.open(buffer, "w", format=container_format) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.width, stream.height, stream.pix_fmt = *size, pixels
        stream.bit_rate = 8_000_000
        for frame in frames:
            picture = np.asarray(PillowImage.fromarray(frame).resize(size))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return buffer.getvalue()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: "-".join(map(str, form[:3])))
def test_videos_of_any_size_rate_format_and_codec(
    puzzles: Path, tmp_path: Path, form: tuple[str, str, str, tuple[int, int], int]
) -> None:
    """Clips of our own sets: the letterbox on record says where the puzzle lies in a frame of any size."""
    for name, index in (("midpoint", 0), ("maze_square", 0), ("visual_color_grid", 1)):
        example, sampled = sample(name, index)
        frames = [frame() for frame in decode_clip(sampled.parts[CLIP])]
        put(tmp_path / "a", f"{example.key}.{form[0]}", video_of([*frames[:3], *[frames[-1]] * 4], *form))
    found = scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    said = {key: one["reason"] for key, one in verdicts(tmp_path / "o").items()}
    assert found["overall"]["strict"]["right"] == 3, said


def test_a_dot_in_a_tiny_picture_solves_no_maze(puzzles: Path, tmp_path: Path) -> None:
    for side in (3, 5, 7, 16):
        for name in ("maze_square", "maze_circle"):
            picture = np.full((side, side, 3), 255, np.uint8)
            picture[side // 2, side // 2] = (255, 0, 0)
            put(tmp_path / "a", f"{sample(name, 0)[0].key}_{side}.png", encoded(picture))
    found = scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert (found["overall"]["tolerant"]["right"], found["attempts_judged"]) == (0, 8)


def test_a_video_reads_no_other_file(puzzles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Playlists and session descriptions name files and hosts; they are no videos here."""
    key = sample("maze_square", 0)[0].key
    put(tmp_path, "solution.png", part_of("maze_square", 0, SOLUTION))
    put(tmp_path / "a", f"{key}.mp4", "ffconcat version 1.0\nfile solution.png\n")
    put(tmp_path / "a", f"{key}_2.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
        "m=video 15004 RTP/AVP 96\na=rtpmap:96 H264/90000\n")  # fmt: skip
    put(tmp_path / "a", f"{key}_3.mp4", "#EXTM3U\n#EXTINF:1,\nsolution.png\n#EXT-X-ENDLIST\n")
    monkeypatch.chdir(tmp_path)
    scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert {one["reason"] for one in verdicts(tmp_path / "o").values()} == {"unreadable video"}


def test_a_video_in_an_unknown_codec(puzzles: Path, tmp_path: Path) -> None:
    key = sample("maze_square", 0)[0].key
    put(tmp_path / "a", f"{key}.mp4", part_of("maze_square", 0, CLIP).replace(b"avc1", b"xvc9"))
    scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert {one["reason"] for one in verdicts(tmp_path / "o").values()} == {"unreadable video"}


def test_unreadable_files_leave_the_same_bytes(puzzles: Path, tmp_path: Path) -> None:
    for name, data in (("maze_square", b""), ("midpoint", b"hello"), ("arc_connect", BAD_IMAGES["cut short"])):
        put(tmp_path / "a", f"{sample(name, 0)[0].key}.png", data)
    for number in (1, 2):
        scored(puzzles, tmp_path / f"o{number}", tmp_path / "a")
    assert without_run(files(tmp_path / "o1")) == without_run(files(tmp_path / "o2"))


def test_a_clip_of_a_few_frames_is_judged_by_its_last(puzzles: Path, tmp_path: Path) -> None:
    example, parts = sample("midpoint", 0)[0], (PUZZLE, SOLUTION)
    frames = [image_of(part_of("midpoint", 0, part)) for part in parts]
    put(tmp_path / "a", f"{example.key}.mp4", clip_of([frames[0]] * 4 + [frames[1]]))
    found = scored(write_without_clips(tmp_path / "p"), tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert found["per_signal"]["major"]["overall"]["strict"]["right"] == 0
    assert found["overall"]["strict"]["right"] == 1


def write_without_clips(folder: Path) -> Path:
    output = Output(str(folder), Plan("puzzles", "vtb-gen-test", 1, {"seed": 5}, ()))
    output.begin()
    data = output.put("shards/00000.tar", write_tar([sample("midpoint", 0, clip=False)[1]]))
    output.commit([output.add_shard(ShardEntry(data.path, 1, data.bytes, data.sha256))], [], {})
    return folder


def test_a_file_named_after_one_puzzle_is_no_attempt_at_another() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in ("m.png", "m_1.png", "m_1_2.png", "m_3.png", "m_1/x.png", "m_result_4.png", "7/1.png", "7/8.png"):
            put(Path(folder), name, b"x")
        answers = Answers([folder])
        answers.settle({"m", "m_1", "7", "8"})
        found = {puzzle: [str(attempt["image"].relative_to(folder)) for attempt in answers.of(puzzle)[0]]
                 for puzzle in ("m", "m_1", "7", "8")}  # fmt: skip
        assert found == {
            "m": ["m.png", "m_3.png", "m_result_4.png"], "m_1": ["m_1.png", "m_1/x.png", "m_1_2.png"],
            "7": ["7/1.png", "7/8.png"], "8": [],
        }  # fmt: skip
        assert answers.strangers == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_texts_with_a_byte_order_mark(puzzles: Path, tmp_path: Path, encoding: str) -> None:
    example = sample("midpoint", 0)[0]
    put(tmp_path / "a", f"{example.key}.txt", f"The answer is {example.answer}. Because it is near.".encode(encoding))
    found = scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert found["overall"]["strict"]["right"] == 1


def test_texts_that_are_none(puzzles: Path, tmp_path: Path) -> None:
    example = sample("midpoint", 0)[0]
    put(tmp_path / "a", f"{example.key}.txt", example.answer.encode("utf-16-le"))
    scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert [one["reason"] for one in verdicts(tmp_path / "o").values()] == ["unreadable text"]


def turned(images: list[np.ndarray]) -> bytes:
    """A clip stored a quarter turn off, with the display matrix that makes a player show it upright."""
    for turns, sign in ((1, 1), (3, 1), (1, -1), (3, -1)):
        data = clip_of([np.ascontiguousarray(np.rot90(image, turns)) for image in images])
        matrix = data.index(b"tkhd") + 44
        numbers = (0, sign << 16, 0, -(sign << 16), 0, 0)
        data = data[:matrix] + b"".join(n.to_bytes(4, "big", signed=True) for n in numbers) + data[matrix + 24 :]
        (shown, *_) = decode_clip(data)
        if np.abs(images[0].astype(int) - shown()).mean() < 3:
            return data
    raise AssertionError("no matrix turns it upright")


@pytest.mark.parametrize("index", [4, 5])  # whose arcs, lying on their side, leave columns without ink
def test_a_clip_that_is_stored_turned(index: int) -> None:
    """Every rule sees it as a player shows it, also the one that first looks for ink in the luma."""
    record = structs.replace(sample("arc_connect", index)[0].payload, clip=None)
    puzzle, solution = (image_of(part_of("arc_connect", index, part)) for part in (PUZZLE, SOLUTION))
    clip = decode_clip(turned([puzzle] * 5 + [solution] * 2))
    scores = find_family("arc_connect").score_video(record, clip)
    assert {name: score.strict for name, score in scores.items()} == {"last": True, "major": True}


def test_names_that_no_text_can_hold(puzzles: Path, tmp_path: Path) -> None:
    put(tmp_path / "a", f"{ids()[0]}/\u00b23.png", part_of(*EVERY[0], SOLUTION))
    (tmp_path / "a" / os.fsdecode(b"x\xff.png")).write_bytes(b"x")
    found = scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert found["overall"]["strict"]["right"] == 1


def test_links_to_folders_are_followed_once(puzzles: Path, tmp_path: Path) -> None:
    put(tmp_path / "real", "result.png", part_of(*EVERY[0], SOLUTION))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ids()[0]).symlink_to(tmp_path / "real")
    (tmp_path / "real" / "loop").symlink_to(tmp_path / "a")
    found = scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert (found["overall"]["strict"]["right"], found["attempts_judged"]) == (1, 1)


def test_turned_pictures_are_judged_as_a_viewer_shows_them(puzzles: Path, tmp_path: Path) -> None:
    turned = np.rot90(image_of(part_of(*EVERY[0], SOLUTION)), 1)
    exif = PillowImage.Exif()
    exif[0x0112] = 6  # to be turned clockwise
    buffer = io.BytesIO()
    PillowImage.fromarray(np.ascontiguousarray(turned)).save(buffer, "PNG", exif=exif)
    put(tmp_path / "a", f"{ids()[0]}.png", buffer.getvalue())
    found = scored(puzzles, tmp_path / "o", tmp_path / "a", more=("--answered-only",))
    assert found["overall"]["strict"]["right"] == 1


def test_files_that_no_rule_reads_are_counted_and_named_once(puzzles: Path, tmp_path: Path) -> None:
    example = sample("midpoint", 0)[0]
    put(tmp_path / "a", f"{example.key}.txt", example.answer.encode())
    for name in (f"{example.key}.pdf", "data.json", "x/latents.npy", "x/y/run.sh", "._x.png", ".DS_Store"):
        put(tmp_path / "a", name, b"x")
    (tmp_path / "a" / "gone.png").symlink_to(tmp_path / "nowhere.png")
    result = score(puzzles, tmp_path / "o", tmp_path / "a")
    assert result.code == 0, result.err
    said = [line for line in result.err.splitlines() if "were not read" in line]
    assert len(said) == 1, result.err
    assert "5 files were not read" in said[0]
    assert "data.json" in said[0]
    assert not any(name in result.err for name in ("._x", ".DS_Store"))


def test_answers_of_which_none_can_be_read_are_told(puzzles: Path, tmp_path: Path) -> None:
    put(tmp_path / "a", f"{sample('midpoint', 0)[0].key}.pdf", b"x")
    result = score(puzzles, tmp_path / "o", tmp_path / "a")
    assert result.code == 3
    assert "1 files were not read" in result.err
