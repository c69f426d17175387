"""A language model reads what no rule can; its replies are scripted, the server and the way there are real."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from chat_server import ChatServer, Reply, Request, completion
from contract.command_line import Result, call
from shared.benchmarks.test_mmmu import COLUMNS, ROW
from stages.prepare.room_films import film, room
from vtb.artifact import read_manifest

# What the model under test says to each question, and what the one that reads says of it: nothing ends a turn there.
SAID = {"1": "Woof<|im_end|>, obviously.", "2": "B", "3": "Meow, and moo.", "4": "Moo."}
READ = {"Woof< |im_end|>, obviously.": "B", "Meow, and moo.": "Z", "Moo.": "(C)"}


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    path = tmp_path / "MMMU_DEV_VAL.tsv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, delimiter="\t")
        writer.writeheader()
        writer.writerows({**ROW, "index": index, "question": f"<image 1> Which of {index}?"} for index in SAID)
    done = call("vtb-prepare", "questions", "--benchmark", "mmmu", "--questions", path, "--output", tmp_path / "asked")
    assert done.code == 0, done.err
    return tmp_path / "asked"


def replies(request: Request) -> Reply:
    content: Any = request.body["messages"][0]["content"]
    if request.body["model"] == "reader":
        answer = content.partition("<answer>\n")[2].partition("\n</answer>")[0]
        return Reply(body=completion(READ[answer]))
    number = next(index for index in SAID if f"Which of {index}?" in request.text)
    return Reply(body=completion(SAID[number]))


@pytest.fixture
def said(asked: Path, server: ChatServer, tmp_path: Path) -> Path:
    server.answer = replies
    words = ("--input", asked, "--split", "all", "--endpoint", server.url, "--model", "tested")
    done = call("vtb-eval", "predict", *words, "--output", tmp_path / "said")
    assert done.code == 0, done.err
    server.requests.clear()
    return tmp_path / "said"


def score(said: Path, output: Path, *more: str) -> Result:
    return call("vtb-eval", "score", "--input", said, "--output", output, "--workers", "1", *more)


def verdicts(place: Path) -> dict[str, dict[str, Any]]:
    lines = [line for path in sorted(place.glob("shards/*.jsonl")) for line in path.read_text().splitlines()]
    return {row["id"].removeprefix("mmmu-"): row for row in map(json.loads, lines)}


def test_only_what_no_rule_can_read_is_asked_about(said: Path, server: ChatServer, tmp_path: Path) -> None:
    done = score(said, tmp_path / "scores", "--judge-endpoint", server.url, "--judge-model", "reader")
    assert done.code == 0, done.err
    found = verdicts(tmp_path / "scores")
    assert {name: (row["strict"], row["choice"]) for name, row in found.items()} == {
        "1": (True, "B"), "2": (True, "B"), "3": (False, None), "4": (False, "C"),
    }  # fmt: skip
    assert found["1"]["signals"]["text"]["details"]["judge"] == "B"
    assert found["3"]["reason"] == "no answer can be read"
    assert "judge" not in found["2"]["signals"]["text"]["details"]
    assert len(server.requests) == 3
    for request in server.requests:
        words = request.body["messages"][0]["content"]
        assert "A. the cat\nB. the dog\nC. the cow" in words
        assert request.body["temperature"] == 0
    config = read_manifest(str(tmp_path / "scores"), ("scores",)).plan.config
    assert config["judge_model"] == "reader"
    assert server.url not in (tmp_path / "scores/manifest.json").read_text()


def test_without_one_such_answers_are_wrong(said: Path, server: ChatServer, tmp_path: Path) -> None:
    assert score(said, tmp_path / "scores").code == 0
    assert [row["strict"] for row in verdicts(tmp_path / "scores").values()] == [False, True, False, False]
    assert not server.requests
    config = read_manifest(str(tmp_path / "scores"), ("scores",)).plan.config
    assert "judge_model" not in config


def test_a_reader_that_says_anything_else_gives_no_verdict(said: Path, server: ChatServer, tmp_path: Path) -> None:
    for number, reply in enumerate(("The answer is right!", "", "D", "Because B", "Z")):
        server.answer = lambda request, reply=reply: Reply(body=completion(reply))  # type: ignore[misc]
        output = tmp_path / f"scores-{number}"
        done = score(said, output, "--judge-endpoint", server.url, "--judge-model", "reader")
        assert done.code == 0, done.err
        assert sum(row["strict"] for row in verdicts(output).values()) == 1


def test_a_server_that_fails_is_told(said: Path, server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: Reply(status=401, body={"error": {"message": "no"}})
    done = score(said, tmp_path / "scores", "--judge-endpoint", server.url, "--judge-model", "reader")
    assert done.code == 4
    assert len(done.error_lines) == 1
    assert not (tmp_path / "scores/manifest.json").exists()


@pytest.mark.parametrize(
    ("flags", "why"),
    [
        (("--judge-endpoint", "http://localhost:1/v1"), "belong together"),
        (("--judge-model", "reader"), "belong together"),
        (("--judge-endpoint", "nowhere", "--judge-model", "reader"), "--judge-endpoint: is no URL of a server"),
    ],
)
def test_what_cannot_be_asked_is_refused(flags: tuple[str, ...], why: str, tmp_path: Path) -> None:
    done = score(tmp_path / "none", tmp_path / "scores", *flags)
    assert done.code == 2
    assert why in done.err


def test_captions_get_marks_beside_a_persons(server: ChatServer, tmp_path: Path) -> None:
    """From the published file to the benchmark's own files, and a reply without a mark."""
    head = "folder_name," + ",".join(f"caption_{number}" for number in range(1, 6))
    (tmp_path / "a.csv").write_text(f"{head}\naa,a red fish swims,,,,\nbb,a dog runs,,,,\n")
    for thing in ("aa", "bb"):
        for number in (1, 8, 16):
            film(tmp_path / "videos" / thing / f"view_{number}_rgb_white_bg.mp4", room(number, frames=6))
    given = ("--benchmark", "4d-bench-captions", "--questions", tmp_path / "a.csv", "--videos", tmp_path / "videos")
    done = call("vtb-prepare", "questions", *given, "--workers", "1", "--output", tmp_path / "asked")
    assert done.code == 0, done.err
    said = {"aa": "caption: a red fish leaps", "bb": "caption: a cat runs"}

    def answer(request: Request) -> Reply:
        content: Any = request.body["messages"][0]["content"]
        if request.body["model"] == "marker":
            return Reply(body=completion("{'score': 4}" if "fish" in content else "I cannot say: 10"))
        return Reply(body=completion(said["aa" if len(server.requests) == 1 else "bb"]))

    server.answer = answer
    words = ("--input", tmp_path / "asked", "--endpoint", server.url, "--model", "tested", "--concurrency", "1")
    assert call("vtb-eval", "predict", *words, "--output", tmp_path / "said").code == 0
    done = score(tmp_path / "said", tmp_path / "scores", "--judge-endpoint", server.url, "--judge-model", "marker")
    assert done.code == 0, done.err
    marks = {"vtb_caption_4d_baseline_marker_appearance_score": 4, "vtb_caption_4d_baseline_marker_action_score": 4}
    found = {name: json.loads((tmp_path / f"scores/captions_scores/{name}.json").read_text()) for name in said}
    assert marks.items() <= found["aa"].items()
    assert not any("marker" in name for name in found["bb"])
    assert found["bb"]["vtb_caption_4d_baseline_ROUGE_score"] == pytest.approx(2 / 3)
    figures = json.loads((tmp_path / "scores/scores.json").read_text())
    table = figures["benchmarks"]["4d-bench-captions"]
    assert {"rouge", "cider", "bleu_4"} <= table["own"]["this run"].keys()
    assert "gpt_eval" not in table["own"]["this run"]  # one of the two has no mark
    assert figures["coverage"]["without_video"] == 0
    assert "LLaVA-OneVision-72B" in (tmp_path / "scores/report.html").read_text()
