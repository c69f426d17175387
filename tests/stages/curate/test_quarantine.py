"""``vtb-curate``: what is bad goes, with its reason and counted, and a damaged shard costs no more than itself."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

import vtb_curate.write
from contract.command_line import call
from stages.curate.curate_runs import (
    FAMILY,
    MAZE,
    columns_changed,
    curate,
    good,
    payload_changed,
    puzzle_of,
    replaced,
    rewrite,
    samples,
)  # fmt: skip
from vtb.artifact import read_manifest
from vtb.formats.webdataset import Sample, read_tar, write_tar
from vtb.puzzles.sample import encode_record_clip


def broken(sample: Sample) -> dict[str, tuple[Sample, str]]:
    """The sample with each kind of damage, and the reason that must be given."""
    record = puzzle_of(sample)
    assert record.clip is not None

    def changed(**values: Any) -> bytes:
        return payload_changed(sample, **values)

    path = record.solution_path_cell_ids
    puzzle, solution, clip = (sample.parts[name] for name in ("puzzle.png", "solution.png", "solution.mp4"))
    short = structs.replace(record, solution_path_cell_ids=path[: len(path) // 2])
    short_clip = encode_record_clip(FAMILY, short)
    longer = structs.replace(record, clip=structs.replace(record.clip, frames=9))
    longer_clip = encode_record_clip(FAMILY, longer)
    return {
        "truncated puzzle": (replaced(sample, puzzle_png=puzzle[: len(puzzle) // 2]), "picture is unreadable"),
        "truncated solution": (replaced(sample, solution_png=solution[:90]), "picture is unreadable"),
        "no puzzle": (replaced(sample, puzzle_png=None), "puzzle.png is missing"),
        "no solution": (replaced(sample, solution_png=None), "solution.png is missing"),
        "no record": (replaced(sample, json=None), "record is missing"),
        "half a record": (replaced(sample, json=sample.parts["json"][:100]), "record is damaged"),
        "record of another kind": (replaced(sample, json=b"[1]"), "record is damaged"),
        "deep record": (replaced(sample, json=b"[" * 100_000), "record is damaged"),
        "record in another encoding": (replaced(sample, json=b"\xff\xfe{}"), "record is damaged"),
        "unsolved solution": (replaced(sample, solution_png=puzzle), "solution picture is wrong"),
        "solved puzzle": (replaced(sample, puzzle_png=solution), "puzzle shows the answer"),
        "wrong path": (replaced(sample, json=changed(solution_path_cell_ids=path[:-2])), "answer is wrong"),
        "wrong answer": (replaced(sample, json=columns_changed(sample, answer=str(path[:-2]))), "answer is wrong"),
        "no answer": (replaced(sample, json=columns_changed(sample, answer="")), "answer is wrong"),
        "no path": (replaced(sample, json=changed(solution_path_cell_ids=[])), "record is damaged"),
        "no grid": (replaced(sample, json=changed(maze_grid=None)), "record is damaged"),
        "infinite start": (replaced(sample, json=changed(start_point=[float("inf"), 1])), "record is damaged"),
        "unknown family": (replaced(sample, json=columns_changed(sample, task="maze_round")), "record is damaged"),
        "later version": (replaced(sample, json=columns_changed(sample, version=99)), "record is damaged"),
        "no clip": (replaced(sample, solution_mp4=None), "solution.mp4 is missing"),
        "broken clip": (replaced(sample, solution_mp4=clip[: len(clip) // 2]), "clip is unreadable"),
        "clip that stops halfway": (replaced(sample, solution_mp4=short_clip), "clip is wrong"),
        "clip of another length": (replaced(sample, solution_mp4=longer_clip), "clip has another length"),
    }


def test_every_damage_is_quarantined_with_its_reason(mazes: Path, tmp_path: Path) -> None:
    """One artifact with every kind of damage at once: each is found, and no good sample suffers."""
    cases = broken(samples(mazes)[0])
    wrong = [Sample(f"broken-{number:02d}", case.parts) for number, (case, _) in enumerate(cases.values())]
    shutil.copytree(mazes, tmp_path / "m")
    rewrite(tmp_path / "m", "shards/00002.tar", lambda found: [*wrong[:10], *found, *wrong[10:]])
    manifest = good(tmp_path / "o", tmp_path / "m", more=("--max-bad", "0.9", "--samples-per-shard", "8"))
    reasons = [reason for _, reason in cases.values()]
    assert manifest.metrics["quarantined"] == {reason: reasons.count(reason) for reason in reasons}
    assert manifest.rows == 24
    assert {sample.key for sample in samples(tmp_path / "o")} == {sample.key for sample in samples(mazes)}
    assert samples(tmp_path / "o", "quarantine/*.tar") == wrong
    verdicts = [path.read_text() for path in sorted(tmp_path.glob("o/verdicts/*.jsonl"))]
    lines = [json.loads(line) for line in "".join(verdicts).splitlines()]
    found = {line["key"]: line["problem"] for line in lines if line["problem"]}
    assert found == {sample.key: reason for sample, reason in zip(wrong, reasons, strict=True)}
    details = {line["key"]: line["detail"] for line in lines}
    assert "there is no task 'maze_round' of 'vtb'" in details[f"broken-{list(cases).index('unknown family'):02d}"]
    assert "crosses a wall" in details.values() or "path is broken" in details.values()
    assert {"quarantine/00000.tar", "quarantine/00002.tar"} <= {file.path for file in manifest.files}
    assert "dropped: clip is wrong" in (tmp_path / "o" / "README.md").read_text()


def test_a_clip_that_starts_with_the_answer(mazes: Path, tmp_path: Path) -> None:
    def backwards(found: list[Sample]) -> list[Sample]:
        from vtb.media.video import encode_clip

        frames = [frame.copy() for frame in FAMILY.draw_frames(puzzle_of(found[1]))]
        clip = encode_clip([frames[-1]] * 5, FAMILY.palette, (96, 96), 16)
        return [found[0], replaced(found[1], solution_mp4=clip), *found[2:]]

    shutil.copytree(mazes, tmp_path / "m")
    rewrite(tmp_path / "m", "shards/00001.tar", backwards)
    manifest = good(tmp_path / "o", tmp_path / "m", more=("--max-bad", "0.1"))
    assert manifest.metrics["quarantined"] == {"clip starts with the answer": 1}


def test_too_much_is_bad_and_a_rerun_may_allow_it(mazes: Path, tmp_path: Path) -> None:
    shutil.copytree(mazes, tmp_path / "m")
    rewrite(tmp_path / "m", "shards/00003.tar", lambda found: [replaced(found[0], json=b"{"), *found[1:]])
    result = curate(tmp_path / "o", tmp_path / "m")
    assert result.code == 5
    assert "1 of 24 samples are bad (record is damaged: 1), more than --max-bad 0.01 allows" in result.error_lines[0]
    assert "verdicts" in result.error_lines[0]
    assert not (tmp_path / "o" / "manifest.json").exists()
    assert not list(tmp_path.glob("o/shards/*"))
    verdicts = {path: path.stat().st_mtime_ns for path in (tmp_path / "o" / "verdicts").iterdir()}
    assert len(verdicts) == 12
    assert curate(tmp_path / "o", tmp_path / "m", more=("--max-bad", "0.04")).code == 5
    manifest = good(tmp_path / "o", tmp_path / "m", more=("--max-bad", "0.05"))
    assert manifest.rows == 23
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "o" / "verdicts").iterdir()} == verdicts


def flip_in_picture(data: bytes) -> bytes:
    place = data.index(b"IDAT") + 20
    return data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :]


def break_last_header(data: bytes) -> bytes:
    place = data.rindex(b"ustar") - 257
    return data[:place] + b"\xff" * 512 + data[place + 512 :]


DAMAGES: dict[str, Callable[[bytes], bytes | None]] = {
    "a flipped bit in a picture": flip_in_picture,
    "a broken header": break_last_header,
    "the end missing": lambda data: data[: len(data) // 2],
    "empty": lambda data: b"",
    "not a tar": lambda data: b"<html>502 Bad Gateway</html>" * 100,
    "gone": lambda data: None,
}


def test_a_shard_of_another_run_is_no_damage_to_read_around(mazes: Path, tmp_path: Path) -> None:
    """A late upload put a good shard where the manifest promises another one."""
    shutil.copytree(mazes, tmp_path / "m")
    shards = sorted((tmp_path / "m" / "shards").glob("*.tar"))
    shards[0].write_bytes(shards[1].read_bytes())
    result = curate(tmp_path / "o", tmp_path / "m", more=("--max-bad", "0.5"))
    assert result.code == 3
    assert "00000.tar: its content is not what its manifest says" in result.error_lines[-1]
    assert not (tmp_path / "o" / "manifest.json").exists()


def test_a_shorter_shard_of_another_run(mazes: Path, tmp_path: Path) -> None:
    """It is whole, all that is in it is good, and it is not what the manifest promises."""
    shutil.copytree(mazes, tmp_path / "m")
    shard = tmp_path / "m" / "shards" / "00000.tar"
    shard.write_bytes(write_tar(list(read_tar(shard.read_bytes()))[:3]))
    result = curate(tmp_path / "o", tmp_path / "m", more=("--max-bad", "0.5"))
    assert result.code == 3
    assert "00000.tar: its content is not what its manifest says" in result.error_lines[-1]


def test_damage_needs_leave(tmp_path: Path) -> None:
    """However little of it there is: an artifact whose hashes do not hold is no success by default."""
    line = ("--size", "7", "--cell-px", "8", "--count", "120", "--samples-per-shard", "60", "--workers", "1")
    assert call(MAZE, *line, "--output", tmp_path / "m").code == 0
    shard = tmp_path / "m" / "shards" / "00001.tar"
    shard.write_bytes(flip_in_picture(shard.read_bytes()))
    for _ in range(2):
        result = curate(tmp_path / "o", tmp_path / "m")
        assert result.code == 5
        assert "00001.tar: its content is not what its manifest says" in result.error_lines[-1]
        assert "--max-bad" in result.error_lines[-1]
        assert not (tmp_path / "o" / "manifest.json").exists()
    assert good(tmp_path / "o", tmp_path / "m", more=("--max-bad", "0.01")).rows < 120


def test_a_shard_that_changes_between_judging_and_writing(
    mazes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(mazes, tmp_path / "m")
    shard = tmp_path / "m" / "shards" / "00002.tar"
    monkeypatch.setattr("vtb_curate.curating.tell", lambda _: shard.write_bytes(flip_in_picture(shard.read_bytes())))
    monkeypatch.setattr("vtb_curate.write._read_chunk", vtb_curate.write._read_chunk.__wrapped__)
    result = curate(tmp_path / "o", tmp_path / "m", more=("--max-bad", "0.5"))
    assert result.code == 3
    assert "the input changed during this run" in result.error_lines[-1]


@pytest.mark.parametrize("what", DAMAGES)
def test_a_damaged_shard_costs_no_more_than_itself(mazes: Path, tmp_path: Path, what: str) -> None:
    shutil.copytree(mazes, tmp_path / "m")
    shard = tmp_path / "m" / "shards" / "00004.tar"
    damaged = DAMAGES[what](shard.read_bytes())
    shard.unlink() if damaged is None else shard.write_bytes(damaged)
    result = curate(tmp_path / "o", tmp_path / "m", more=("--max-bad", "0.5"))
    assert result.code == 0, result.err
    manifest = read_manifest(str(tmp_path / "o"))
    bad = sum(manifest.metrics["quarantined"].values())
    assert manifest.metrics["read"] == 24
    assert manifest.rows == 24 - bad
    assert 1 <= bad <= 4
    assert {sample.key for sample in samples(mazes) if not "0000016" <= sample.key[-7:] <= "0000019"} <= {
        sample.key for sample in samples(tmp_path / "o")
    }
    if what in ("empty", "not a tar", "gone"):
        assert manifest.metrics["quarantined"] == {"lost in a damaged shard": 4}
    if what != "gone":
        assert "its content is not what its manifest says" in result.err
    assert curate(tmp_path / "p", tmp_path / "m", more=("--max-bad", "0.01")).code == 5


def test_keys_and_details_with_odd_characters(mazes: Path, tmp_path: Path) -> None:
    """Some of these end a line in one reading of text and not in another."""

    def rename(found: list[Sample]) -> list[Sample]:
        odd, half = (columns_changed(found[1], task=f"a\u2028b\x85{end}") for end in ("", "\ud800"))
        return [
            Sample("k\u2028\x85ü", found[0].parts), Sample("x\u2029", {**found[1].parts, "json": odd}),
            Sample("y\u2029", {**found[2].parts, "json": half}), *found[3:],
        ]  # fmt: skip

    shutil.copytree(mazes, tmp_path / "m")
    rewrite(tmp_path / "m", "shards/00000.tar", rename)
    manifest = good(tmp_path / "o", tmp_path / "m", more=("--max-bad", "0.5"))
    assert manifest.metrics["quarantined"] == {"record is damaged": 2}
    assert "k\u2028\x85ü" in {sample.key for sample in samples(tmp_path / "o")}
