"""``vtb-curate``: what is repeated, bad or too easy goes, with its reason and counted; the rest stays."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from contract.command_line import Result, call, files, without_run
from vtb.artifact import Manifest, Plan, ShardEntry, read_manifest
from vtb.artifact.output import Output
from vtb.formats.webdataset import Sample, read_tar, write_tar
from vtb.media.image import decode_image
from vtb.puzzles import find_family
from vtb.puzzles.sample import encode_record_clip
from vtb.rng import stable_fraction
from vtb_curate.choose import Rules

if TYPE_CHECKING:
    from conftest import Bucket

MAZE, CURATE = "vtb-gen-maze", "vtb-curate"
# 24 different mazes with clips, in six shards.
LINE = ("--size", "9", "--cell-px", "8", "--count", "24", "--samples-per-shard", "4",
        "--video", "--frames", "5", "--clip-size", "96x96", "--workers", "1")  # fmt: skip
FAMILY = find_family("maze_square")


@pytest.fixture(scope="module")
def mazes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("curate") / "mazes"
    assert call(MAZE, *LINE, "--output", folder).code == 0
    return folder


def curate(output: object, *inputs: object, more: tuple[object, ...] = ()) -> Result:
    words = [word for uri in inputs for word in ("--input", uri)]
    return call(CURATE, *words, "--output", output, "--workers", "1", *more)


def good(output: Path, *inputs: object, more: tuple[object, ...] = ()) -> Manifest:
    result = curate(output, *inputs, more=more)
    assert result.code == 0, result.err
    return read_manifest(str(output))


def samples(folder: Path, pattern: str = "shards/*.tar") -> list[Sample]:
    return [sample for path in sorted(folder.glob(pattern)) for sample in read_tar(path.read_bytes())]


def by_split(folder: Path) -> dict[str, set[str]]:
    """The identities of the puzzles in each split."""
    found = {split: samples(folder, f"shards/{split}-*.tar") for split in ("train", "val", "test")}
    return {split: {FAMILY.identity(json.loads(sample.parts["json"])) for sample in found[split]} for split in found}


def rewrite(folder: Path, shard: str, change: Callable[[list[Sample]], list[Sample]]) -> None:
    """Change the samples of a shard, and the manifest with it, so that only the samples are wrong."""
    path, manifest = folder / shard, read_manifest(str(folder))
    changed = change(list(read_tar(path.read_bytes())))
    output = Output(str(folder), manifest.plan)
    data = output.put(shard, write_tar(changed))
    new = ShardEntry(shard, len(changed), data.bytes, data.sha256)
    output.commit([new if old.path == shard else old for old in manifest.shards], manifest.files, manifest.metrics)


def replaced(sample: Sample, **parts: bytes | None) -> Sample:
    """The sample with parts changed, or taken away; underscores stand for dots."""
    named = {name.replace("_", "."): data for name, data in parts.items()}
    kept: Mapping[str, bytes | None] = {**sample.parts, **named}
    return Sample(sample.key, {name: data for name, data in kept.items() if data is not None})


def test_everything_good_stays_byte_for_byte(mazes: Path, tmp_path: Path) -> None:
    manifest = good(tmp_path, mazes, more=("--val", "0.2", "--test", "0.2", "--samples-per-shard", "5"))
    kept = manifest.metrics["kept"]
    assert sum(kept.values()) == manifest.metrics["read"] == manifest.rows == 24
    assert manifest.splits == {split: count for split, count in kept.items() if count}
    assert all(kept[split] == len(found) for split, found in by_split(tmp_path).items())
    before = {sample.key: sample for sample in samples(mazes)}
    assert {sample.key: sample for sample in samples(tmp_path)} == before
    assert all(shard.rows <= 5 for shard in manifest.shards)
    for shard in manifest.shards:
        assert shard.path.startswith(f"shards/{shard.split}-")
        assert len(samples(tmp_path, shard.path)) == shard.rows
    paths = {file.path for file in manifest.files}
    assert {"README.md", "contact_sheet.png", "verdicts/00000.jsonl", "verdicts/00005.jsonl"} <= paths
    assert manifest.plan.inputs[0].digest == read_manifest(str(mazes)).digest


def test_the_card_names_the_splits(mazes: Path, tmp_path: Path) -> None:
    good(tmp_path, mazes, more=("--val", "0.3", "--test", "0"))
    head = yaml.safe_load((tmp_path / "README.md").read_text().split("---\n")[1])
    names = [entry["split"] for entry in head["configs"][0]["data_files"]]
    assert names == ["train", "val"]
    assert decode_image((tmp_path / "contact_sheet.png").read_bytes()).shape[0] > 100


def test_hugging_face_loads_the_splits(mazes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    manifest = good(tmp_path / "o", mazes, more=("--val", "0.3", "--test", "0.3"))
    loaded = datasets.load_dataset(str(tmp_path / "o"), cache_dir=str(tmp_path / "cache"))
    assert {name: split.num_rows for name, split in loaded.items()} == manifest.splits


def test_duplicates_within_one_input(tmp_path: Path) -> None:
    line = ("--size", "5", "--cell-px", "8", "--count", "20", "--workers", "1")
    call(MAZE, *line, "--output", tmp_path / "m")
    manifest = good(tmp_path / "o", tmp_path / "m")
    distinct = {FAMILY.identity(json.loads(sample.parts["json"])): sample.key for sample in samples(tmp_path / "m")}
    assert manifest.rows == len(distinct) == 4
    assert manifest.metrics["duplicates"] == {"within one input": 16}
    first = {}
    for sample in samples(tmp_path / "m"):
        first.setdefault(FAMILY.identity(json.loads(sample.parts["json"])), sample.key)
    assert {sample.key for sample in samples(tmp_path / "o")} == set(first.values())


def test_the_same_puzzle_drawn_otherwise_is_a_duplicate(mazes: Path, tmp_path: Path) -> None:
    """Another size of cells, another line, no clip: the same walls and ends."""
    line = ("--size", "9", "--cell-px", "12", "--line-width", "2", "--count", "30", "--workers", "1")
    call(MAZE, *line, "--output", tmp_path / "m")
    manifest = good(tmp_path / "o", mazes, tmp_path / "m")
    assert manifest.metrics["duplicates"] == {"across inputs": 24}
    assert manifest.rows == 30
    sizes = [json.loads(sample.parts["json"])["cell_size"] for sample in samples(tmp_path / "o")]
    assert (sizes.count(8), sizes.count(12)) == (24, 6)


def test_the_order_of_inputs_decides_which_copy_stays(mazes: Path, tmp_path: Path) -> None:
    call(MAZE, "--size", "9", "--cell-px", "12", "--count", "24", "--workers", "1", "--output", tmp_path / "m")
    good(tmp_path / "o", tmp_path / "m", mazes)
    assert {json.loads(sample.parts["json"])["cell_size"] for sample in samples(tmp_path / "o")} == {12}


def test_start_and_goal_exchanged_is_a_duplicate(mazes: Path, tmp_path: Path) -> None:
    def exchange(found: list[Sample]) -> list[Sample]:
        record = json.loads(found[0].parts["json"])
        for name in ("", "_point"):
            record[f"start{name}"], record[f"goal{name}"] = record[f"goal{name}"], record[f"start{name}"]
        record["solution_path_cell_ids"].reverse()
        return [*found, Sample("exchanged", {**found[0].parts, "json": json.dumps(record).encode()})]

    shutil.copytree(mazes, tmp_path / "m")
    rewrite(tmp_path / "m", "shards/00000.tar", exchange)
    manifest = good(tmp_path / "o", tmp_path / "m")
    assert manifest.metrics["duplicates"] == {"within one input": 1}


def test_equal_keys_of_different_puzzles_both_stay(mazes: Path, tmp_path: Path) -> None:
    call(MAZE, *LINE, "--seed", "43", "--output", tmp_path / "m")
    manifest = good(tmp_path / "o", mazes, tmp_path / "m", more=("--samples-per-shard", "100"))
    assert manifest.rows == 48
    keys = [sample.key for sample in samples(tmp_path / "o")]
    assert len(set(keys)) == 48
    assert sum(key.endswith("-2") for key in keys) > 15


def broken(sample: Sample) -> dict[str, tuple[Sample, str]]:
    """The sample with each kind of damage, and the reason that must be given."""
    record = json.loads(sample.parts["json"])

    def changed(**values: Any) -> bytes:
        return json.dumps({**record, **values}).encode()

    path = record["solution_path_cell_ids"]
    puzzle, solution, clip = (sample.parts[name] for name in ("puzzle.png", "solution.png", "solution.mp4"))
    short = {**record, "solution_path_cell_ids": path[: len(path) // 2]}
    short_clip = encode_record_clip(FAMILY, short)
    longer_clip = encode_record_clip(FAMILY, {**record, "clip": {**record["clip"], "frames": 9}})
    return {
        "truncated puzzle": (replaced(sample, puzzle_png=puzzle[: len(puzzle) // 2]), "picture is unreadable"),
        "truncated solution": (replaced(sample, solution_png=solution[:90]), "picture is unreadable"),
        "no puzzle": (replaced(sample, puzzle_png=None), "puzzle.png is missing"),
        "no solution": (replaced(sample, solution_png=None), "solution.png is missing"),
        "no record": (replaced(sample, json=None), "record is missing"),
        "half a record": (replaced(sample, json=sample.parts["json"][:100]), "record is not JSON"),
        "record of another kind": (replaced(sample, json=b"[1]"), "record is not JSON"),
        "deep record": (replaced(sample, json=b"[" * 100_000), "record is not JSON"),
        "record in another encoding": (replaced(sample, json=b"\xff\xfe{}"), "record is not JSON"),
        "unsolved solution": (replaced(sample, solution_png=puzzle), "solution picture is wrong"),
        "solved puzzle": (replaced(sample, puzzle_png=solution), "puzzle shows the answer"),
        "wrong answer": (replaced(sample, json=changed(solution_path_cell_ids=path[:-2])), "answer is wrong"),
        "no path": (replaced(sample, json=changed(solution_path_cell_ids=[])), "record is damaged"),
        "no grid": (replaced(sample, json=changed(maze_grid=None)), "record is damaged"),
        "infinite start": (replaced(sample, json=changed(start_point=[float("inf"), 1])), "record is damaged"),
        "unknown family": (replaced(sample, json=changed(family="maze_round")), "record is damaged"),
        "later version": (replaced(sample, json=changed(family_version=99)), "record is damaged"),
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
    assert "unknown family 'maze_round'" in details[f"broken-{list(cases).index('unknown family'):02d}"]
    assert "crosses a wall" in details.values() or "path is broken" in details.values()
    assert {"quarantine/00000.tar", "quarantine/00002.tar"} <= {file.path for file in manifest.files}
    assert "dropped: clip is wrong" in (tmp_path / "o" / "README.md").read_text()


def test_a_clip_that_starts_with_the_answer(mazes: Path, tmp_path: Path) -> None:
    def backwards(found: list[Sample]) -> list[Sample]:
        from vtb.media.video import encode_clip

        record = json.loads(found[1].parts["json"])
        frames = [frame.copy() for frame in FAMILY.draw_frames(record)]
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
    assert "1 of 24 samples are bad (record is not JSON: 1), more than --max-bad 0.01 allows" in result.error_lines[0]
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


def test_a_puzzle_never_moves_when_data_grows(mazes: Path, tmp_path: Path) -> None:
    call(
        MAZE,
        "--size",
        "9",
        "--cell-px",
        "8",
        "--count",
        "60",
        "--seed",
        "7",
        "--workers",
        "1",
        "--output",
        tmp_path / "m",
    )
    more = ("--val", "0.3", "--test", "0.3")
    good(tmp_path / "small", mazes, more=more)
    good(tmp_path / "grown", tmp_path / "m", mazes, more=(*more, "--samples-per-shard", "3"))
    small, grown = by_split(tmp_path / "small"), by_split(tmp_path / "grown")
    assert all(small[split] <= grown[split] for split in small)
    assert all(small.values())
    assert sum(map(len, grown.values())) == len(set().union(*grown.values())) > 80


def test_larger_shares_only_take_from_train(mazes: Path, tmp_path: Path) -> None:
    good(tmp_path / "a", mazes, more=("--val", "0.1", "--test", "0.2"))
    good(tmp_path / "b", mazes, more=("--val", "0.4", "--test", "0.2"))
    a, b = by_split(tmp_path / "a"), by_split(tmp_path / "b")
    assert a["test"] == b["test"]
    assert a["val"] <= b["val"]
    assert b["train"] < a["train"]


def test_another_seed_splits_otherwise(mazes: Path, tmp_path: Path) -> None:
    more = ("--val", "0.3", "--test", "0.3")
    good(tmp_path / "a", mazes, more=more)
    good(tmp_path / "b", mazes, more=(*more, "--seed", "1"))
    assert by_split(tmp_path / "a") != by_split(tmp_path / "b")


@pytest.mark.parametrize(("val", "test", "split"), [("1", "0", "val"), ("0", "1", "test"), ("0", "0", "train")])
def test_everything_in_one_split(mazes: Path, tmp_path: Path, val: str, test: str, split: str) -> None:
    assert good(tmp_path, mazes, more=("--val", val, "--test", test)).splits == {split: 24}


def test_shares_are_kept_on_average() -> None:
    rules = Rules(val=0.05, test=0.1, ranges=(), salt="split/42")
    splits = [rules.split(f"puzzle {number}") for number in range(10_000)]
    assert abs(splits.count("val") - 500) < 100
    assert abs(splits.count("test") - 1000) < 130
    assert stable_fraction("puzzle 1", "split/42") == stable_fraction("puzzle 1", "split/42")


def test_difficulty_filters(mazes: Path, tmp_path: Path) -> None:
    figures = [FAMILY.difficulty(json.loads(sample.parts["json"])) for sample in samples(mazes)]
    lengths = sorted(figure["path_length"] for figure in figures)
    low, high = lengths[4], lengths[18]
    kept = [f for f in figures if low <= f["path_length"] <= high and f["turns"] >= 3]
    more = ("--difficulty", f"path_length={low:g}..{high:g}", "--difficulty", "turns=3..")
    manifest = good(tmp_path, mazes, more=more)
    assert manifest.rows == len(kept)
    filtered = manifest.metrics["filtered"]
    assert sum(filtered.values()) == 24 - len(kept) > 0
    assert filtered["path_length"] == sum(not low <= f["path_length"] <= high for f in figures)
    found = [FAMILY.difficulty(json.loads(sample.parts["json"])) for sample in samples(tmp_path)]
    assert all(low <= f["path_length"] <= high and f["turns"] >= 3 for f in found)


def test_the_manifest_of_an_open_range_is_json_for_everyone(mazes: Path, tmp_path: Path) -> None:
    good(tmp_path, mazes, more=("--difficulty", "turns=1.."))

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    for name in ("manifest.json", "plan.json"):
        json.loads((tmp_path / name).read_text(), parse_constant=refuse)
    assert curate(tmp_path, mazes, more=("--difficulty", "turns=1..")).code == 0


@pytest.fixture(scope="module")
def mixed(mazes: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An input with damage and repeats, and what one worker makes of it."""
    base = tmp_path_factory.mktemp("mixed")
    shutil.copytree(mazes, base / "m")
    rewrite(
        base / "m",
        "shards/00001.tar",
        lambda found: [replaced(found[0], json=b"{"), *found[1:], Sample("x", found[2].parts)],
    )
    good(base / "o", base / "m", mazes, more=MIXED)
    return base / "m", base / "o"


MIXED = ("--max-bad", "0.5", "--val", "0.3", "--test", "0.2", "--samples-per-shard", "4")


def test_workers_do_not_change_a_byte(mixed: tuple[Path, Path], mazes: Path, tmp_path: Path) -> None:
    good(tmp_path, mixed[0], mazes, more=(*MIXED, "--workers", "3"))
    assert without_run(files(tmp_path)) == without_run(files(mixed[1]))


@pytest.mark.parametrize("seed", range(4))
def test_a_rerun_goes_on_from_anywhere(mixed: tuple[Path, Path], mazes: Path, tmp_path: Path, seed: int) -> None:
    """Whatever a killed run had not written yet, the rest is made and nothing else is touched."""
    shutil.copytree(mixed[1], tmp_path, dirs_exist_ok=True)
    rng = random.Random(seed)
    (tmp_path / "manifest.json").unlink()
    data = [path for path in files(tmp_path) if path.startswith(("shards/", "verdicts/", "quarantine/"))]
    lost = rng.sample(data, rng.randrange(1, len(data)))
    for path in lost:
        (tmp_path / path).unlink()
    before = {path: (tmp_path / path).stat().st_mtime_ns for path in files(tmp_path) if path.endswith(".done.json")}
    good(tmp_path, mixed[0], mazes, more=MIXED)
    assert without_run(files(tmp_path)) == without_run(files(mixed[1]))
    redone = {path.removesuffix(".done.json") for path in lost}
    for path, time in before.items():
        if path.removesuffix(".done.json") not in redone:
            assert (tmp_path / path).stat().st_mtime_ns == time, path


def test_curating_twice_changes_nothing_but_the_names(mixed: tuple[Path, Path], tmp_path: Path) -> None:
    good(tmp_path, mixed[1], more=("--val", "0.3", "--test", "0.2"))
    assert by_split(tmp_path) == by_split(mixed[1])
    assert read_manifest(str(tmp_path)).metrics["duplicates"] == {}


def test_keys_and_details_with_odd_characters(mazes: Path, tmp_path: Path) -> None:
    """Some of these end a line in one reading of text and not in another."""

    def rename(found: list[Sample]) -> list[Sample]:
        odd = json.dumps({**json.loads(found[1].parts["json"]), "family": "a\u2028b\x85\ud800"}).encode()
        return [Sample("k\u2028\x85ü", found[0].parts), Sample("x\u2029", {**found[1].parts, "json": odd}), *found[2:]]

    shutil.copytree(mazes, tmp_path / "m")
    rewrite(tmp_path / "m", "shards/00000.tar", rename)
    manifest = good(tmp_path / "o", tmp_path / "m", more=("--max-bad", "0.5"))
    assert manifest.metrics["quarantined"] == {"record is damaged": 1}
    assert "k\u2028\x85ü" in {sample.key for sample in samples(tmp_path / "o")}


def test_an_input_that_changed_is_another_configuration(mazes: Path, tmp_path: Path) -> None:
    shutil.copytree(mazes, tmp_path / "m")
    good(tmp_path / "o", tmp_path / "m")
    rewrite(tmp_path / "m", "shards/00000.tar", lambda found: found[1:])
    result = curate(tmp_path / "o", tmp_path / "m")
    assert result.code == 3
    assert "made differently (the content of its inputs)" in result.err


@pytest.mark.store
def test_from_s3_to_s3(mixed: tuple[Path, Path], mazes: Path, s3: Bucket) -> None:
    root = s3.server.root / s3.name
    shutil.copytree(mixed[0], root / "m")
    shutil.copytree(mazes, root / "mazes")
    result = curate(f"{s3.uri}/o", f"{s3.uri}/m", f"{s3.uri}/mazes", more=MIXED)
    assert result.code == 0, result.err
    assert read_manifest(f"{s3.uri}/o").digest == read_manifest(str(mixed[1])).digest


def test_an_empty_artifact(tmp_path: Path) -> None:
    output = Output(str(tmp_path / "m"), Plan("puzzles", "vtb-x", 1, {}))
    output.begin()
    output.commit([])
    result = curate(tmp_path / "o", tmp_path / "m")
    assert result.code == 3
    assert "nothing is left of 0 samples" in result.err
