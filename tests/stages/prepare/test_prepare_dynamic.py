"""``vtb-prepare dynamic`` on rendered scenes and on real video files whose frames carry their number."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import Result, call
from stages.prepare.room_films import FRAMES, film, room
from vtb.artifact import read_manifest
from vtb.geometry.rows import read_rows
from vtb.media.frames import sampled_places
from vtb.media.image import decode_image
from vtb.media.video import decode_clip
from vtb.rewards.registry import find_reward

VIDEOS = ("a", "b", "b-cut", "c", "d", "e")
WORDS = ("it grows", "it shrinks", "(1) Front. (2) Left.", "it stays")
MADE = ("--scenes", "2", "--picture-size", "160x120", "--clip-frames", "32", "--frames", "8", "--legacy", "--clips",
        "--videos-per-shard", "1", "--workers", "1")  # fmt: skip
LOAD_WITH_SWIFT = """
import json, sys
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
allow_cpu_torchvision()
from swift.dataset import load_dataset
loaded, _ = load_dataset(sys.argv[1:], num_proc=1, remove_unused_columns=False, shuffle=False)
print("\\n" + json.dumps([loaded[index] for index in range(len(loaded))]))
"""


def pair(number: int = 0, **more: Any) -> dict[str, Any]:
    asked = {"Type": "rel_dis", "Question": f"How does the distance change? ({number})"}
    return {**asked, **dict(zip("ABCD", WORDS, strict=True)), "Correct": "C", **more}


PAIRS = {name: [pair(0), pair(1, Type="abs_dir_pred", Correct="B")] for name in VIDEOS}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six films, one of them the beginning of another, and two questions about each."""
    base = tmp_path_factory.mktemp("dynamic")
    for seed, name in enumerate(VIDEOS):
        film(base / "videos" / "koala" / f"{name}.mp4", room(1 if name == "b-cut" else seed))
    (base / "qa_pairs.json").write_text(json.dumps(PAIRS))
    return base


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rendered scenes with all that is known of them, their videos and the DSR Suite's file."""
    output = tmp_path_factory.mktemp("made") / "made"
    assert call("vtb-gen-dynamic", *MADE, "--output", output).code == 0
    return output


def prepare(output: Path, *source: object) -> Result:
    return call("vtb-prepare", "dynamic", *source, "--output", output)


def published(world: Path, output: Path, *more: object, questions: Path | None = None) -> Result:
    words = ("--questions", questions or world / "qa_pairs.json", "--videos", world / "videos", "--workers", "1")
    return prepare(output, *words, "--frames", "4", *more)


def rows_of(output: Path, *names: str) -> list[dict[str, Any]]:
    return [json.loads(line) for name in names for line in (output / name).read_text().splitlines()]


def every(output: Path, use: str = "grpo") -> list[dict[str, Any]]:
    return rows_of(output, f"train_{use}.jsonl", f"val_{use}.jsonl")


def unpacked(output: Path) -> dict[str, bytes]:
    found = {}
    for path in sorted(output.glob("media/*.tar")):
        with tarfile.open(path) as tar:
            found.update({name: tar.extractfile(name).read() for name in tar.getnames()})  # type: ignore[union-attr]
    return found


def extracted(output: Path) -> Path:
    """The dataset, with its frames as files."""
    for path, data in unpacked(output).items():
        (output / path).parent.mkdir(parents=True, exist_ok=True)
        (output / path).write_bytes(data)
    return output


def video_of(row: Mapping[str, Any]) -> str:
    (video,) = json.loads(json.loads(row["example"])["payload"])["pictures"]
    return str(video)


def worth(row: Mapping[str, Any], letter: str) -> float:
    return find_reward("vtb").parts(f"<answer>{letter}</answer>", row)["correct"]


def test_questions_that_were_made_here(made: Path, tmp_path: Path) -> None:
    done = prepare(tmp_path / "o", "--input", made, "--val", "0.5", "--workers", "1")
    assert done.code == 0, done.err
    assert "nobody has checked" not in done.err, "what was rendered is no benchmark's"
    rows, frames = every(tmp_path / "o"), unpacked(tmp_path / "o")
    assert len(rows) == read_manifest(str(made)).rows
    assert {len(row["videos"]) for row in rows} == {1}
    for row in rows:
        assert len(row["videos"][0]) == (6 if row["task_type"].endswith("pred") else 8)
        assert row["messages"][0]["content"].startswith("<video>These are frames of a video.\nThe frames show")
        assert [worth(row, letter) for letter in "ABCD"] == [float(letter == row["solution"]) for letter in "ABCD"]
        (times,) = row["times"]
        assert len(times) == len(row["videos"][0])
        first, last = (float(end) for end in re.findall(r"seconds ([\d.]+) to ([\d.]+)", str(row["messages"]))[0])
        assert (times[0], times[-1]) == (pytest.approx(first, abs=0.051), pytest.approx(last, abs=0.051))
    assert read_rows(extracted(tmp_path / "o"), "train")[0].clips[0].times
    assert {path for row in rows for path in row["videos"][0]} == set(frames)
    assert len(frames) == 2 * 8, "each frame is kept once"
    assert [row["messages"][1]["content"] for row in every(tmp_path / "o", "sft")] == [row["solution"] for row in rows]
    metrics = read_manifest(str(tmp_path / "o")).metrics
    assert sum(metrics["types"].values()) == sum(metrics["rows"].values()) == len(rows)
    assert "questions about how things move" in (tmp_path / "o" / "README.md").read_text()


def test_scenes_of_one_seed_are_not_taken_for_the_same(made: Path, tmp_path: Path) -> None:
    """Made with other options they are others, of the same names."""
    other = (*MADE, "--questions", "3", "--output", tmp_path / "other")
    assert call("vtb-gen-dynamic", *other).code == 0
    done = prepare(tmp_path / "o", "--input", made, "--input", tmp_path / "other", "--workers", "1")
    assert (done.code, len(done.error_lines)) == (3, 1), done.err
    assert "two questions are named scene-42-" in done.error_lines[0]
    assert not list((tmp_path / "o").rglob("*.jsonl"))


def test_the_legacy_file_of_the_same_videos_has_the_same_questions(made: Path, tmp_path: Path) -> None:
    assert prepare(tmp_path / "a", "--input", made, "--workers", "1").code == 0
    about = ("--questions", made / "qa_pairs.json", "--videos", made / "videos", "--frames", "8")
    done = prepare(tmp_path / "l", *about, "--workers", "1")
    assert (done.code, "nobody has checked" in done.err) == (0, False), done.err

    def essence(row: Mapping[str, Any]) -> tuple[str, ...]:
        words = row["messages"][0]["content"].partition("at equal distances. ")
        return video_of(row), row["task_type"], row["solution"], (words[2] or words[0]).rpartition("a video.\n")[2]

    assert sorted(map(essence, every(tmp_path / "a"))) == sorted(map(essence, every(tmp_path / "l")))
    splits = [{video_of(row) for row in rows_of(tmp_path / name, "val_grpo.jsonl")} for name in "al"]
    assert splits[0] == splits[1], "a video is in the same split, whichever form its questions have"


def as_rows() -> list[dict[str, Any]]:
    return [{"videoID": name, "options": list(WORDS), **one} for name, listed in PAIRS.items() for one in listed]


def conversation(row: Mapping[str, Any]) -> dict[str, Any]:
    options = "\n".join(f"{letter} {row[letter]}" for letter in "ABCD")
    human = {"from": "human", "value": f"<video>\n{row['Question']}\nOptions:\n{options}"}
    return {"video": f"{row['videoID']}.mp4", "conversations": [human, {"from": "gpt", "value": row["Correct"]}]}


def as_conversations(folder: Path) -> Path:
    path = folder / "train_qas.json"
    path.write_text(json.dumps([conversation(row) for row in as_rows()]))
    return path


def as_parquet(folder: Path) -> Path:
    import pyarrow
    import pyarrow.parquet

    names = {"videoID": "videoID", "Question": "question", "options": "options", "Correct": "answer", "Type": "type"}
    rows = [{names[name]: value for name, value in row.items() if name in names} for row in as_rows()]
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), folder / "train_qa_pairs.parquet")
    return folder / "train_qa_pairs.parquet"


def as_list(folder: Path) -> Path:
    rows = [{name: value for name, value in row.items() if name != "options"} for row in as_rows()]
    (folder / "train_qa_pairs.json").write_text(json.dumps(rows))
    return folder / "train_qa_pairs.json"


@pytest.mark.parametrize("write", [as_conversations, as_parquet, as_list])
def test_every_form_gives_the_same_rows(world: Path, tmp_path: Path, write: Callable[[Path], Path]) -> None:
    assert published(world, tmp_path / "pairs").code == 0
    done = published(world, tmp_path / "o", questions=write(tmp_path))
    assert done.code == 0, done.err
    found, wanted = every(tmp_path / "o", "sft"), every(tmp_path / "pairs", "sft")
    kinds = {"non_temp"} if write is as_conversations else {"rel_dis", "abs_dir_pred"}  # conversations do not say it
    assert {row.pop("task_type") for row in found} == kinds
    assert [row.pop("task_type") for row in wanted][:2] == ["rel_dis", "abs_dir_pred"]
    assert found == wanted
    lines = "\n".join(f"{letter}. {words}" for letter, words in zip("ABCD", WORDS, strict=True))
    asked = f"<video>These are frames of a video.\nHow does the distance change? (0)\nOptions:\n{lines}\n"
    assert found[0]["messages"][0]["content"].startswith(asked)
    assert found[0]["messages"][1] == {"role": "assistant", "content": "C"}


def test_frames_and_each_video_once(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from vtb.media import frames

    decoded: list[int] = []

    def decode(data: bytes) -> Any:
        decoded.append(len(data))
        return decode_clip(data)

    monkeypatch.setattr(frames, "decode_clip", decode)
    assert published(world, tmp_path / "o", "--val", "0", "--frame-pixels", "4096").code == 0
    assert len(decoded) == len(VIDEOS)
    rows, files = every(tmp_path / "o"), unpacked(tmp_path / "o")
    assert rows[0]["videos"] == rows[1]["videos"]
    pictures = [decode_image(files[path]) for path in rows[0]["videos"][0]]
    assert pictures[0].shape == (49, 82, 3)
    told = [float(picture[:, :30].mean()) / 6 for picture in pictures]
    assert told == pytest.approx(sampled_places(FRAMES, 4), abs=0.7)


def test_an_empty_val_and_what_nobody_has_checked_are_told(world: Path, tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text(json.dumps({"a": PAIRS["a"]}))
    done = published(world, tmp_path / "o", "--val", "0.000001", questions=tmp_path / "q.json")
    assert (done.code, done.err.count("val is empty"), done.err.count("nobody has checked")) == (0, 1, 1), done.err
    done = published(world, tmp_path / "none", "--val", "0", questions=tmp_path / "q.json")
    assert (done.code, "val is empty" in done.err) == (0, False), done.err


def test_all_questions_about_a_video_are_in_one_split(world: Path, tmp_path: Path) -> None:
    assert published(world, tmp_path / "o", "--val", "0.5").code == 0
    videos = [{video_of(row) for row in rows_of(tmp_path / "o", f"{split}_grpo.jsonl")} for split in ("train", "val")]
    assert all(videos)
    assert not videos[0] & videos[1]
    assert videos[0] | videos[1] == {"a", "b", "c", "d", "e"}, "what was cut belongs to the whole"


@pytest.mark.parametrize("source", ["made", "published"])
def test_same_bytes_whatever_the_workers(world: Path, made: Path, tmp_path: Path, source: str) -> None:
    for number in range(17):
        (tmp_path / "many").mkdir(exist_ok=True)
        shutil.copy(world / "videos" / "koala" / f"{VIDEOS[number % 6]}.mp4", tmp_path / "many" / f"v{number}.mp4")
    (tmp_path / "q.json").write_text(json.dumps({f"v{number}": [pair()] for number in range(17)}))
    of = ("--questions", tmp_path / "q.json", "--videos", tmp_path / "many", "--frames", "2")
    words = ("--input", made) if source == "made" else of
    manifests = []
    for workers in ("1", "2"):
        assert prepare(tmp_path / workers, *words, "--workers", workers).code == 0
        manifests.append(read_manifest(str(tmp_path / workers)))
    assert manifests[0].digest == manifests[1].digest
    assert len(manifests[0].shards) == 2


def dsr_file(folder: Path, *names: str) -> Path:
    head, cell = "index\tvideo\tquestion\toptions\tanswer\ttask_type", json.dumps(list(WORDS)).replace('"', '""')
    lines = [f'{n}\tx/{name}.mp4\tHow?\t"{cell}"\tB\trel_dis' for n, name in enumerate(names)]
    (folder / "DSRBench.tsv").write_text("\n".join([head, *lines, ""]))
    return folder / "DSRBench.tsv"


def vlm4d_file(folder: Path, name: str) -> Path:
    place = f"https://hub/datasets/a/b/resolve/main/videos_real/davis/{name}.mp4"
    row = {"id": "validation_1", "video": place, "question_type": "multiple-choice", "question": "Where?",
           "choices": dict(zip("ABCD", WORDS, strict=True)), "answer": WORDS[0]}  # fmt: skip
    (folder / "real_mc.json").write_text(json.dumps([row]))
    return folder / "real_mc.json"


def test_videos_of_benchmarks_are_left_out(world: Path, tmp_path: Path) -> None:
    """By the names of two benchmarks, and one by what it looks like at half its size."""
    film(tmp_path / "theirs" / "renamed.mp4", [one[::2, ::2].repeat(2, 0).repeat(2, 1) for one in room(4)])
    files = (dsr_file(tmp_path, "b"), vlm4d_file(tmp_path, "c"))
    names = [word for file in files for word in ("--benchmark-questions", file)]
    done = published(world, tmp_path / "o", "--val", "0", *names, "--benchmark-videos", tmp_path / "theirs")
    assert done.code == 0, done.err
    assert {video_of(row) for row in every(tmp_path / "o")} == {"a", "e"}
    assert read_manifest(str(tmp_path / "o")).metrics["of_the_benchmark"] == ["b", "b-cut", "c", "d"]
    assert "left out: 4 videos of a benchmark" in done.err
    assert "nobody has checked" not in done.err


def test_videos_of_benchmarks_among_those_made_here(made: Path, tmp_path: Path) -> None:
    scenes = [f"scene-42-000000{number}" for number in range(2)]
    shutil.copytree(made / "videos", tmp_path / "videos", ignore=shutil.ignore_patterns(f"{scenes[0]}*"))
    by_name = ("--benchmark-questions", dsr_file(tmp_path, scenes[0]))
    by_looks = ("--benchmark-videos", tmp_path / "videos")
    for number, (name, more) in enumerate({"n": by_name, "l": by_looks}.items()):
        done = prepare(tmp_path / name, "--input", made, *more, "--workers", "1")
        assert done.code == 0, done.err
        assert {video_of(row) for row in every(tmp_path / name)} == {scenes[1 - number]}
        assert read_manifest(str(tmp_path / name)).metrics["of_the_benchmark"] == [scenes[number]]
    done = prepare(tmp_path / "none", "--input", made, *by_name, *by_looks, "--workers", "1")
    assert (done.code, "no question is left" in done.err) == (3, True), done.err
    assert not (tmp_path / "none" / "manifest.json").exists()


RAW = {f"{letter}": f"{letter}. {words}" for letter, words in zip("ABCD", WORDS, strict=True)}


@pytest.mark.parametrize(
    "more",
    [
        {**RAW, "Correct": "B. it shrinks"},
        {**RAW, "Correct": "B."},
        {**RAW, "Type": "", "Question": "How far is the <video> of half a pair \ud800?"},
        {**{letter: f"({letter}) {words[3:]}" for letter, words in RAW.items()}, "Correct": "(B)"},
        {"Correct": "The correct answer is B"},
        {"Correct": "it shrinks"},
        {"B": "(1) Left. (2) Right.", "Correct": "B. (1) Left. (2) Right."},
    ],
)
def test_raw_lines_of_language_models(world: Path, tmp_path: Path, more: dict[str, Any]) -> None:
    row = pair(Correct="B")
    (tmp_path / "q.json").write_text(json.dumps({"a": [{**row, **more}], "b": []}))
    done = published(world, tmp_path / "o", "--val", "0", questions=tmp_path / "q.json")
    assert done.code == 0, done.err
    (found,) = every(tmp_path / "o")
    assert (found["solution"], worth(found, "B"), worth(found, "A")) == ("B", 1, 0)
    words = (WORDS[0], more["B"], *WORDS[2:]) if more.get("B", "").startswith("(1)") else WORDS
    lines = "\n".join(f"{letter}. {one}" for letter, one in zip("ABCD", words, strict=True))
    asked = found["messages"][0]["content"]
    assert f"\nOptions:\n{lines}\n" in asked
    assert asked.count("<video>") == 1


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (pair(Correct="E"), "its answer 'E' is none of its 4 options"),
        (pair(Correct="B. it grows"), "its answer 'B. it grows' is none"),
        (pair(Correct="A or B"), "is none of its 4 options"),
        (pair(Correct=""), "has no column correct or answer"),
        (pair(C=None), "has options A, B, D: give one for each letter"),
        (pair(C=""), "none of them empty"),
        (pair(B="B. it shrinks"), "its option 'B. it shrinks' begins with a letter"),
        (pair(Type="colors"), "has the type 'colors'"),
        ({"Question": "How?", "Correct": "A"}, "has no options"),
        ({"conversations": [{"value": "How?"}]}, "its conversation is not a question and an answer"),
        ({"conversations": [{"value": "How?\nOptions:\nA x\nC y"}, {"value": "A"}]}, "not a line for each letter"),
        (pair(Question="How? " * 5000), "Expected `str` of length <= 20000"),
        ("How?", "has no column question"),
        (pair(question="Another?"), "has two columns 'question' that say different things"),
    ],
)
def test_odd_rows_are_named_and_counted(world: Path, tmp_path: Path, row: Any, said: str) -> None:
    (tmp_path / "q.json").write_text(json.dumps({"a": [pair(0), row], "c": [pair(1), pair(2)]}))
    done = published(world, tmp_path / "o", questions=tmp_path / "q.json")
    assert (done.code, len(done.error_lines)) == (5, 1), done.err
    assert "1 of 4 questions cannot be used" in done.error_lines[0]
    assert "row 2 (of 'a')" in done.error_lines[0]
    assert said in done.error_lines[0]
    assert not (tmp_path / "o").exists()


def test_a_video_that_is_named_twice_is_not_lost(world: Path, tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text(f'{{"a": [{json.dumps(pair(0))}], "a": [{json.dumps(pair(1))}]}}')
    done = published(world, tmp_path / "o", questions=tmp_path / "q.json")
    assert (done.code, "says two things of 'a'" in done.error_lines[0]) == (3, True), done.err


def test_an_allowed_share_of_odd_rows_and_videos(world: Path, tmp_path: Path) -> None:
    pairs = {**PAIRS, "gone": [pair()], "broken": [pair()], "c": [pair(Correct="none")]}
    (tmp_path / "q.json").write_text(json.dumps(pairs))
    broken = world / "videos" / "broken.mp4"
    broken.write_bytes((world / "videos" / "koala" / "a.mp4").read_bytes()[:900])
    try:
        done = published(world, tmp_path / "o", "--max-bad", "0.1", questions=tmp_path / "q.json")
        assert (done.code, "2 of 7 videos are missing or damaged" in done.err) == (5, True), done.err
        assert not (tmp_path / "o" / "manifest.json").exists()
        done = published(world, tmp_path / "o", "--max-bad", "0.3", questions=tmp_path / "q.json")
        assert done.code == 0, done.err
    finally:
        broken.unlink()
    metrics = read_manifest(str(tmp_path / "o")).metrics
    assert [one.partition(":")[0] for one in metrics["bad"]] == ["gone", "broken"]
    assert len(metrics["left_out"]) == 1
    assert sum(metrics["rows"].values()) == 10


@pytest.mark.parametrize("text", ["", "{}", "[]", "3", "nonsense", "[" * 100_000])
def test_files_that_are_no_questions(world: Path, tmp_path: Path, text: str) -> None:
    (tmp_path / "q.json").write_text(text)
    done = published(world, tmp_path / "o", questions=tmp_path / "q.json")
    assert (done.code, len(done.error_lines)) == (3, 1), done.err


def test_options_that_do_not_go_together(world: Path, made: Path, tmp_path: Path) -> None:
    questions = ("--questions", world / "qa_pairs.json")
    for words, code, said in (
        ((), 2, "give either questions artifacts with --input, or files"),
        (("--input", made, *questions, "--videos", world / "videos"), 2, "give either questions artifacts"),
        (questions, 2, "--questions: needs its videos"),
        (("--input", made, "--frames", "8"), 2, "--frames: goes with --questions"),
        (("--input", made, "--benchmark-questions", world / "qa_pairs.json"), 3, "cannot be read as dsr-bench"),
        ((*questions, "--videos", made / "videos"), 3, "no question is left whose video is below"),
    ):
        done = prepare(tmp_path / "o", *words)
        assert (done.code, len(done.error_lines)) == (code, 1), done.err
        assert said in done.error_lines[0]


def test_a_benchmark_and_other_questions_are_refused(world: Path, tmp_path: Path) -> None:
    source = ("--benchmark", "dsr-bench", "--questions", dsr_file(tmp_path, "a"), "--videos", world / "videos")
    made = ("vtb-prepare", "questions", *source, "--frames", "2", "--show", "video", "--workers", "1")
    assert call(*made, "--output", tmp_path / "bench").code == 0
    done = prepare(tmp_path / "o", "--input", tmp_path / "bench", "--workers", "1")
    assert (done.code, "is one of dsr-bench itself" in done.err) == (3, True), done.err
    rooms = ("--rooms", "1", "--questions", "1", "--frames", "2", "--workers", "1", "--output", tmp_path / "rooms")
    assert call("vtb-gen-rooms", *rooms).code == 0
    done = prepare(tmp_path / "o", "--input", tmp_path / "rooms", "--workers", "1")
    assert (done.code, "give it to vtb-prepare vlm" in done.err) == (3, True), done.err


@pytest.mark.engine
def test_ms_swift_reads_the_rows(world: Path, tmp_path: Path) -> None:
    """Its own loader, which leaves out rows that it does not understand."""
    assert published(world, tmp_path / "o", "--val", "0").code == 0
    names = ["train_sft.jsonl", "train_grpo.jsonl"]
    line = [sys.executable, "-c", LOAD_WITH_SWIFT, *names]
    done = subprocess.run(line, capture_output=True, text=True, check=False, cwd=tmp_path / "o")
    assert done.returncode == 0, done.stderr
    found, wanted = json.loads(done.stdout.splitlines()[-1]), rows_of(tmp_path / "o", *names)
    for column in ("solution", "messages", "id", "task_type", "videos"):
        assert [row[column] for row in found] == [row[column] for row in wanted]
