"""``vtb-eval predict --endpoint`` where the server refuses, or the user asks for what cannot be."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from chat_server import ChatServer, Reply, Request, completion, failure
from stages.eval.endpoint_runs import BUSY, KEY, ask
from stages.eval.predict_runs import complete

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("alone_with_a_key")]  # the first for the folder's fixtures


FINAL = {
    "wrong key": (Reply(401, failure(f"Incorrect API key provided: {KEY}")), 4, "refuses the key in OPENAI_API_KEY"),
    "not allowed": (Reply(403, failure("no access")), 4, "refuses the key in OPENAI_API_KEY"),
    "no such model": (Reply(404, failure("The model `x` does not exist")), 4, "does not exist: no such model or no"),
    "no such place": (Reply(404, {"detail": "Not Found"}), 4, "404: Not Found: no such model or no such place"),
    "no money": (Reply(429, failure("You exceeded your quota", "insufficient_quota")), 4, "nothing is left"),
    "payment": (Reply(402, failure("Insufficient credits")), 4, "nothing is left on the account"),
    "too long": (Reply(400, failure("maximum context length is 4096")), 2, "maximum context length is 4096"),
    "swift's error": (Reply(400, {"object": "error", "message": "API key error"}), 2, "400: API key error: it does"),
    "FastAPI's error": (Reply(422, {"detail": [{"loc": ["seed"], "msg": "extra"}]}), 2, "extra"),
    "too large": (Reply(413, b"<html>\n<b>Request Entity Too Large</b>"), 2, "Request Entity Too Large"),
    "elsewhere": (Reply(301, b"", {"Location": "http://127.0.0.1:9/v1"}), 2, "301: "),
    "proxy": (Reply(407, b"who are you"), 4, "the proxy wants a name and a password"),
    "much": (Reply(400, b"x" * 100_000), 2, "400: xxx"),
    "the key at the edge": (Reply(400, b"x" * 290 + KEY.encode()), 2, "xxx***: it does not take"),
    "colors of a terminal": (Reply(400, failure("\x1b[31mred\x1b[0m")), 2, "400: ?[31mred?[0m: it does"),
}


@pytest.mark.parametrize("case", FINAL)
def test_told_at_once_in_one_line(case: str, curated: Path, server: ChatServer, tmp_path: Path) -> None:
    reply, code, part = FINAL[case]
    server.answer = lambda request: reply
    done = ask(curated, server.url, tmp_path / "out", "--concurrency", 1)
    assert (done.code, len(done.error_lines)) == (code, 1), done.err
    assert part in done.error_lines[0]
    assert len(done.error_lines[0]) < 700
    assert KEY[:8] not in done.err + done.out
    assert "Traceback" not in done.err
    assert len(server.requests) == 1
    assert not any((tmp_path / "out").glob("*"))


def test_after_a_refusal_nothing_more_is_sent(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    """By those who ask at the same time: neither their next questions nor other tries."""
    wrong, busy = Reply(401, failure("no"), wait=0.5), Reply(429, BUSY, {"Retry-After": "30"})
    both_asked = threading.Barrier(2, timeout=60)  # else the first answer may send the second asker to sleep

    def answer(request: Request) -> Reply:
        both_asked.wait()
        return wrong if request.number == 1 else busy

    server.answer = answer
    assert ask(curated, server.url, tmp_path / "out", "--concurrency", 2).code == 4
    time.sleep(1)
    assert sorted(request.number for request in server.requests) == [0, 1]


def test_a_key_that_is_missing(
    curated: Path, server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    server.answer = lambda request: Reply(401, failure("You didn't provide an API key"))
    done = ask(curated, server.url, tmp_path / "out")
    assert (done.code, "it asks for a key: set OPENAI_API_KEY" in done.err) == (4, True)


REFUSED = {
    "adapter": (("--adapter", "x"), "--adapter is for a model of this machine, not for --endpoint"),
    "device": (("--device", "cpu"), "--device is for a model of this machine"),
    "batch size": (("--batch-size", "4"), "--batch-size is for a model of this machine"),
    "no endpoint": (("--endpoint", "localhost:8000"), "is no URL of a server"),
    "a path": (("--endpoint", "/models/x"), "is no URL of a server"),
    "another scheme": (("--endpoint", "ftp://host/v1"), "is no URL of a server"),
    "spaces": (("--endpoint", "http://host/v 1"), "is no URL of a server"),
    "the whole path": (("--endpoint", "http://host/v1/chat/completions"), "leave out /chat/completions"),
    "a key in it": (("--endpoint", f"http://me:{KEY}@host/v1"), "a key belongs into OPENAI_API_KEY"),
    "a key behind it": (("--endpoint", f"http://host/v1?key={KEY}"), "a key belongs into OPENAI_API_KEY"),
    "no time": (("--timeout", "0"), "timeout"),
    "nobody asks": (("--concurrency", "0"), "concurrency"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line(case: str, curated: Path, server: ChatServer, tmp_path: Path) -> None:
    more, part = REFUSED[case]
    done = ask(curated, server.url, tmp_path / "out", *more)
    assert (done.code, len(done.error_lines)) == (2, 1), done.err
    assert part in done.error_lines[0]
    assert KEY not in done.err
    assert server.requests == []


def test_options_of_an_endpoint_without_one(curated: Path, model: Path, tmp_path: Path) -> None:
    from stages.eval.predict_runs import predict

    for name, value in {"concurrency": 4, "retries": 1, "timeout": 9}.items():
        done = predict(curated, model, tmp_path / "out", f"--{name}", value)
        assert (done.code, f"--{name} is for --endpoint: leave it out" in done.err) == (2, True), done.err


@pytest.mark.parametrize("key", ["sk two words", "sk-ümlaut", "sk-\x01", "sk-a\nX-Other: b"])
def test_a_key_that_cannot_be_sent(
    key: str, curated: Path, server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    done = ask(curated, server.url, tmp_path / "out")
    assert (done.code, len(done.error_lines), server.requests) == (2, 1, [])
    assert "OPENAI_API_KEY: is no key" in done.error_lines[0]
    assert not any(word in done.err for word in ("two words", "mlaut", "Other"))


def test_the_end_of_a_line_is_no_part_of_the_key(
    curated: Path, server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY + "\n")
    complete(ask(curated, server.url, tmp_path / "out", "--limit", 1))
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_word_in_place_of_a_key_is_no_secret(
    curated: Path, server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Servers that want any key, as vLLM may, are given ``EMPTY`` or ``x``."""
    monkeypatch.setenv("OPENAI_API_KEY", "x")
    server.replies = [Reply(body=completion("xyz")), Reply(400, failure("max_tokens exceeds it"))]
    done = ask(curated, server.url, tmp_path / "out", "--concurrency", 1, "--samples-per-shard", 1)
    assert "400: max_tokens exceeds it: it does" in done.error_lines[0]
