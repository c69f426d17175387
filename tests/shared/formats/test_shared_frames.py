"""Frames that several questions share are in a shard once, and in every question that is read."""

from __future__ import annotations

from vtb.formats.shared_frames import fold, frame_name, unfold
from vtb.formats.webdataset import Sample, read_tar, write_tar

FRAMES = {frame_name(number): bytes([number]) * 1000 for number in range(3)}
OTHERS = {frame_name(number): bytes([number + 9]) * 1000 for number in range(3)}


def questions() -> list[Sample]:
    return [
        Sample("a-0", {"json": b"0", **FRAMES}),
        Sample("a-1", {"json": b"1", **dict(FRAMES)}),
        Sample("b-0", {"json": b"2", **OTHERS}),
        Sample("c-0", {"json": b"3", **FRAMES}),
    ]


def test_read_as_written_and_kept_once() -> None:
    data = write_tar(fold(questions()))
    assert list(unfold(read_tar(data))) == questions()
    assert len(data) < 9 * 1536 + 12 * 512 + 1024 < len(write_tar(questions()))


def test_what_shares_frames_shares_the_objects() -> None:
    first, second, *_ = unfold(read_tar(write_tar(fold(questions()))))
    assert all(first.parts[name] is second.parts[name] for name in FRAMES)


def test_samples_without_frames_are_as_they_were() -> None:
    plain = [Sample("a", {"json": b"{}", "puzzle.png": b"p"}), Sample("b", {"json": b"{}"})]
    assert list(fold(plain)) == plain
    assert list(unfold(plain)) == plain


def test_a_question_without_frames_after_one_with_keeps_its_own_parts() -> None:
    *_, last = unfold(fold([*questions(), Sample("d", {"json": b"4"})]))
    assert last.key == "d"
    assert last.parts["json"] == b"4"
