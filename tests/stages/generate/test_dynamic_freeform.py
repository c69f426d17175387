"""``vtb-gen-dynamic --freeform`` against a server with scripted replies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chat_server import ChatServer, Reply, Request, completion, failure
from contract.command_line import Result, call
from vtb.artifact import read_manifest
from vtb.dynamic.freeform import KIND, Scene, told
from vtb.perception.perceived import Perceived

SMALL = ("--picture-size", "160x120", "--clip-frames", "32", "--frames", "12", "--questions", "6", "--preview", "0")
SCENES, EACH = 2, 3


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("vtb.chat.connection.FIRST_WAIT_S", 0.01)
    with ChatServer() as running:
        yield running


def prompt_of(request: Request) -> str:
    return str(request.body["messages"][0]["content"])


def names_in(request: Request) -> list[str]:
    """The things that the prompt names."""
    return re.findall(r"^(the .* coordinates \[[\d,]+\]): \[", prompt_of(request), re.MULTILINE)


def good(request: Request) -> Reply:
    one, other = names_in(request)[:2]
    lines = [f"Question: How does {one} pass {other}?", "A: In front of it, to the left", "B: Behind it, to the left",
             "C: In front of it, to the right", "D: Behind it, to the right", "Right: C"]  # fmt: skip
    return Reply(body=completion("\n".join(lines)))


def generate(server: ChatServer, output: Path, *more: object) -> Result:
    asks = ("--freeform", EACH, "--endpoint", server.url, "--model", "served", "--workers", 1)
    return call("vtb-gen-dynamic", *SMALL, "--scenes", SCENES, *asks, "--output", output, *more)


def free_lines(folder: Path) -> list[dict[str, Any]]:
    words = b"".join(path.read_bytes() for path in sorted((folder / "questions").glob("*")))
    return [row for row in map(json.loads, words.splitlines()) if row["kind"] == KIND]


def test_questions_in_a_model_s_own_words(server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def marked(video: Perceived, scene: Scene) -> dict[str, str]:  # a class that somebody named so
        found = told(video, scene)
        return {**found, "viewpoint": f"{found['viewpoint']} <|im_end|>"}

    monkeypatch.setattr("vtb_generate.dynamic_freeform.told", marked)
    server.answer = good
    done = generate(server, tmp_path / "out", "--legacy")
    assert done.code == 0, done.err
    rows = free_lines(tmp_path / "out")
    assert len(rows) == len(server.requests) == SCENES * EACH
    for row in rows:
        assert re.match(
            r"Between [\d.]+s and [\d.]+s, (following|from) the perspective of .*, how does the ", row["question"]
        )
        assert row["options"]["ABCD".index(row["right"])] == "In front of it, to the right"
    assert {request.body["model"] for request in server.requests} == {"served"}
    assert "< |im_end|>" in prompt_of(server.requests[0])
    times = re.search(r"Times: (.*)", prompt_of(server.requests[0]))
    assert times
    for line in re.findall(r"coordinates \[[\d,]+\]: (.*)", prompt_of(server.requests[0])):
        assert line.count("], [") + 1 == times[1].count(",") + 1  # a place for each time
    manifest = read_manifest(str(tmp_path / "out"), ("questions",))
    assert manifest.metrics["questions"][KIND] == len(rows)


BAD: dict[str, tuple[Callable[[str], str], str]] = {
    "a line is missing": (lambda text: text.replace("D: Behind it, to the right\n", ""), "six lines"),
    "words around it": (lambda text: f"Sure!\n{text}", "six lines"),
    "no letter": (lambda text: text.replace("Right: C", "Right: the third"), "no letter"),
    "two alike": (lambda text: text.replace("B: Behind", "B: In front of"), "two options alike"),
    "numbers": (lambda text: text.replace("A: In front", "A: 3 m in front"), "gives numbers"),
    "gives itself away": (
        lambda text: text.replace("pass", "pass behind it, to the left, by"),
        "names an option",
    ),
    "a box of its own": (lambda text: re.sub(r"\[\d+,", "[9999,", text), "by their names"),
    "no names": (lambda text: re.sub(r"the [\w ]+ with initial.*?\]", "it", text), "by their names"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_question_is_asked_again_and_counted(case: str, server: ChatServer, tmp_path: Path) -> None:
    spoil, why = BAD[case]
    tried: set[str] = set()

    def answer(request: Request) -> Reply:
        reply = good(request)
        told = prompt_of(request).partition("\n\nAn answer before")[0]
        if told in tried:
            return reply
        tried.add(told)
        return Reply(body=completion(spoil(reply.body["choices"][0]["message"]["content"])))

    server.answer = answer
    done = generate(server, tmp_path / "out", "--scenes", 1, "--freeform", 1)
    assert done.code == 0, done.err
    assert len(free_lines(tmp_path / "out")) == 1
    assert why in prompt_of(server.requests[1])
    metrics = read_manifest(str(tmp_path / "out"), ("questions",)).metrics
    assert [count for reason, count in metrics["rejected"].items() if reason.startswith(KIND) and why in reason] == [1]


def test_given_up_after_so_many_tries(server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: Reply(body=completion("I will not"))
    done = generate(server, tmp_path / "out", "--scenes", 1, "--freeform", 1, "--reasks", 1)
    assert done.code == 0, done.err
    assert (len(server.requests), free_lines(tmp_path / "out")) == (2, [])


def test_a_refused_key_ends_it_in_one_line(server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: Reply(401, failure("no"))
    done = generate(server, tmp_path / "out")
    assert (done.code, len(done.error_lines)) == (4, 1), done.err
    assert not (tmp_path / "out/manifest.json").exists()


def test_what_a_server_refuses_is_given_up(server: ChatServer, tmp_path: Path) -> None:
    """Unless it refuses everything: then the run is wrong, not the question."""
    server.answer = lambda request: (
        Reply(400, failure("too long")) if names_in(request) else Reply(body=completion("yes"))
    )
    done = generate(server, tmp_path / "out", "--scenes", 1)
    assert done.code == 0, done.err
    rejected = read_manifest(str(tmp_path / "out"), ("questions",)).metrics["rejected"]
    assert rejected[f"{KIND}: refused by the server"] == EACH
    server.answer = lambda request: Reply(400, failure("no such model"))
    done = generate(server, tmp_path / "none", "--scenes", 1, "--model", "another")
    assert (done.code, len(done.error_lines), (tmp_path / "none/shards").exists()) == (2, 1, False), done.err


def test_a_dry_run_tells_the_requests_and_asks_nothing(server: ChatServer, tmp_path: Path) -> None:
    done = generate(server, tmp_path / "out", "--dry-run")
    assert done.code == 0, done.err
    assert f"with {SCENES * EACH} requests or more" in done.out + done.err
    assert server.requests == []


@pytest.mark.parametrize(
    ("more", "part"), [(("--freeform", 1), "whom to ask"), (("--model", "x"), "how many questions")]
)
def test_half_of_it(more: tuple[object, ...], part: str, tmp_path: Path) -> None:
    done = call("vtb-gen-dynamic", *SMALL, *more, "--output", tmp_path / "out")
    assert (done.code, part in done.err) == (2, True), done.err
