"""``vtb-prepare questions --input``: folders in the forms of benchmarks that were made here, local and in a store."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.command_line import Result, call
from stages.benchmark_folders import FRAMES, LAYOUTS, askings, generate
from vtb.artifact import InputEntry, Plan, read_manifest
from vtb.artifact.output import Output
from vtb.datasets.benchmark_folder import FILES
from vtb.datasets.chunk import Loaded
from vtb.datasets.readers import chunks, describe_input, read_chunk
from vtb.errors import BadInput

if TYPE_CHECKING:
    from buckets import Bucket


def prepare(benchmark: str, output: Path | str, *more: object) -> Result:
    frames = () if benchmark == "4d-bench" else ("--frames", FRAMES)
    words = ("--benchmark", benchmark, *frames, "--workers", "1", "--output", output)
    return call("vtb-prepare", "questions", *words, *more)


def good(result: Result) -> str:
    assert result.code == 0, result.err
    return result.out.strip()


def loaded(folder: str) -> list[Loaded]:
    entry = describe_input(folder, ("questions",))
    return [one for chunk in chunks(entry) for one in read_chunk(chunk) if isinstance(one, Loaded)]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_from_a_folder_to_figures(benchmark_folders: Mapping[str, Path], layout: str, tmp_path: Path) -> None:
    """Right answers count as such; with another letter nothing is right."""
    folder = benchmark_folders[layout]
    asked = good(prepare(layout, tmp_path / "asked", "--input", folder))
    manifest, made = read_manifest(asked, ("questions",)), read_manifest(str(folder))
    assert manifest.plan.inputs == (InputEntry(str(folder), "benchmark-folder", made.digest),)
    assert manifest.metrics == {"questions": made.rows, "bad": [], "without_video": {}}
    found = loaded(asked)
    assert [one.example.payload for one in found] == [
        asking.example.payload for name in {one.video: 0 for one in askings(folder, layout)}
        for asking in askings(folder, layout) if asking.video == name
    ]  # fmt: skip
    assert {sum(len(part.files) for part in one.asked) for one in found} == {18 if layout == "4d-bench" else FRAMES}
    for name, step in (("right", 0), ("wrong", 1)):
        (tmp_path / name).mkdir()
        for one in found:
            letter = "ABCD"[("ABCD".index(one.example.answer) + step) % 4]
            (tmp_path / name / f"{one.example.key}.txt").write_text(letter)
        scores = tmp_path / f"{name}-scores"
        words = ("--input", asked, "--answers", tmp_path / name, "--workers", "1", "--output", scores)
        good(call("vtb-eval", "score", *words))
        figures = json.loads((scores / "scores.json").read_text())
        columns = figures["benchmarks"][layout]["own"]["this run"]
        assert columns
        assert set(columns.values()) == {100 if name == "right" else 0}


def test_the_same_questions_as_from_its_files(benchmark_folders: Mapping[str, Path], tmp_path: Path) -> None:
    folder = benchmark_folders["vlm4d"]
    one = good(prepare("vlm4d", tmp_path / "one", "--input", folder))
    other = good(prepare("vlm4d", tmp_path / "other", "--questions", folder / FILES["vlm4d"], "--videos", folder))
    assert read_manifest(one).shards == read_manifest(other).shards
    assert [entry.kind for entry in read_manifest(other).plan.inputs] == ["vlm4d", "videos"]


def test_rooms_as_vsi_bench(tmp_path: Path) -> None:
    small = ("--rooms", 1, "--picture-size", "160x120", "--clip-frames", 16, "--frames", 4, "--workers", 1)
    rooms = good(call("vtb-gen-rooms", "--layout", "folder", *small, "--output", tmp_path / "rooms"))
    asked = good(prepare("vsi-bench", tmp_path / "asked", "--input", rooms))
    assert {one.example.source for one in loaded(asked)} == {"vsi-bench"}
    assert read_manifest(asked).rows == read_manifest(rooms).rows
    refused = prepare("vlm4d", tmp_path / "no", "--input", rooms)
    assert (refused.code, len(refused.error_lines)) == (3, 1), refused.err
    assert "has the form of vsi-bench, not of vlm4d: say --benchmark vsi-bench" in refused.error_lines[0]


def test_in_a_store(
    benchmark_folders: Mapping[str, Path], s3: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Made there, fetched to the cache once, and known to be done without it."""
    cache = tmp_path / "cache"
    monkeypatch.setenv("VTB_CACHE", str(cache))
    good(generate("4d-bench", f"{s3.uri}/folder", "--workers", 1))
    digest = read_manifest(f"{s3.uri}/folder").digest
    assert digest == read_manifest(str(benchmark_folders["4d-bench"])).digest
    dry = prepare("4d-bench", f"{s3.uri}/asked", "--input", f"{s3.uri}/folder", "--dry-run")
    assert "nothing was written (dry run)" in good(dry)
    assert not cache.exists()
    asked = good(prepare("4d-bench", f"{s3.uri}/asked", "--input", f"{s3.uri}/folder"))
    local = good(prepare("4d-bench", tmp_path / "asked", "--input", benchmark_folders["4d-bench"]))
    assert read_manifest(asked).digest == read_manifest(local).digest
    assert [path.name for path in (cache / "artifacts").iterdir()] == [digest]
    shutil.rmtree(cache)
    again = prepare("4d-bench", f"{s3.uri}/asked", "--input", f"{s3.uri}/folder")
    assert "already complete" in again.err
    assert not cache.exists()


def cut(folder: Path) -> None:
    path = min(folder.glob("videos/**/*.mp4"))
    path.write_bytes(path.read_bytes()[:-1])


def without_questions(folder: Path) -> None:
    (folder / FILES["vlm4d"]).unlink()


def unfinished(folder: Path) -> None:
    (folder / "manifest.json").unlink()


@pytest.mark.parametrize(
    ("damage", "said"),
    [(cut, "scene-7-0000000.mp4 is not what the manifest says"), (unfinished, "is an unfinished artifact"),
     (without_questions, "synthetic_mc.json is not what the manifest says: make the artifact again")],
)  # fmt: skip
def test_a_damaged_folder_is_refused(
    benchmark_folders: Mapping[str, Path], damage: Callable[[Path], None], said: str, tmp_path: Path
) -> None:
    shutil.copytree(benchmark_folders["vlm4d"], tmp_path / "folder")
    damage(tmp_path / "folder")
    done = prepare("vlm4d", tmp_path / "o", "--input", tmp_path / "folder")
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert said in done.error_lines[0]
    assert not (tmp_path / "o").exists()


def written(folder: Path, metrics: Mapping[str, object]) -> Path:
    """An artifact of the kind with nothing but a card."""
    output = Output(str(folder), Plan("benchmark-folder", "vtb-test", 1, {}))
    output.begin()
    output.commit([], [output.put("README.md", b"# Nothing\n")], metrics)
    return folder


@pytest.mark.parametrize(
    ("metrics", "said"),
    [({}, "does not say of which benchmark it is"), ({"benchmark": ["vlm4d"]}, "does not say of which benchmark"),
     ({"benchmark": "later-bench"}, "or says an unknown one: upgrade vtb-train"),
     ({"benchmark": "4d-bench"}, "has the form of 4d-bench, not of vlm4d"),
     ({"benchmark": "vlm4d"}, "has no synthetic_mc.json: make the artifact again")],
)  # fmt: skip
def test_what_a_manifest_says(metrics: Mapping[str, object], said: str, tmp_path: Path) -> None:
    done = prepare("vlm4d", tmp_path / "o", "--input", written(tmp_path / "folder", metrics))
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert said in done.error_lines[0]


def test_a_foreign_artifact_is_refused(benchmark_folders: Mapping[str, Path], tmp_path: Path) -> None:
    asked = good(prepare("vlm4d", tmp_path / "asked", "--input", benchmark_folders["vlm4d"]))
    done = prepare("vlm4d", tmp_path / "o", "--input", asked)
    assert done.code == 3
    assert "holds questions, but this command reads benchmark-folder or vsi-folder" in done.error_lines[0]
    with pytest.raises(BadInput, match="holds benchmark-folder, but this command reads puzzles"):
        describe_input(str(benchmark_folders["vlm4d"]))


@pytest.mark.parametrize(
    ("benchmark", "more", "said"),
    [
        ("vlm4d", (), "--questions: give the published file, or with --input a folder that was made here"),
        ("vlm4d", ("--input", "{f}", "--questions", "{f}/4d_qa.json"), "--questions: the folder of --input has all"),
        (
            "vlm4d",
            ("--input", "{f}", "--videos", "{f}"),
            "--videos: the folder of --input has all: give one of the two",
        ),
        ("comt", ("--input", "{f}"), "--input: holds videos, and comt shows none: give --questions"),
        ("vlm4d", ("--input", "{f}", "--input", "{f}"), "--input: is given twice, and this stage reads one"),
        ("4d-bench", ("--input", "{f}", "--frames", "8"), "--frames: 4d-bench shows 6 of each of its videos"),
        ("vlm4d", ("--input", ""), "an empty path names no store"),
    ],
)
def test_one_of_the_two_ways(
    benchmark_folders: Mapping[str, Path], benchmark: str, more: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    words = [word.format(f=benchmark_folders["4d-bench"]) for word in more]
    done = call("vtb-prepare", "questions", "--benchmark", benchmark, *words, "--output", tmp_path / "o")
    assert (done.code, len(done.error_lines)) == (2, 1), done.err
    assert said in done.error_lines[0]
    assert not (tmp_path / "o").exists()
