"""``vtb-eval predict --endpoint`` where a failure may pass, and where a run is cut off."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import pytest

from chat_server import ChatServer, Reply, Request, completion, failure
from contract.command_line import killed_at_the_end, start
from faulty_proxy import FaultyProxy
from s3_server import free_port
from stages.eval.endpoint_runs import BUSY, ask, words
from stages.eval.predict_runs import complete, texts

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("alone_with_a_key")]  # the first for the folder's fixtures


# --- what passes


PASSING = {
    "429": Reply(429, BUSY),
    "500": Reply(500, b"<html>oops</html>"),
    "502": Reply(502, b""),
    "503": Reply(503, failure("loading")),
    "529": Reply(529, failure("overloaded")),
    "408": Reply(408, failure("timeout")),
    "no JSON": Reply(200, b'{"choices": [{"message": {"content": "half'),
    "no completion": Reply(200, {"choices": []}),
    "an error that says 200": Reply(200, {"error": {"message": "Provider returned error", "code": 502}}),
    "broken off": Reply(200, completion("A", "abort")),
    "numbers for words": Reply(200, {"choices": [{"message": {"content": 7}, "finish_reason": "stop"}]}),
    "no UTF-8": Reply(200, b'{"choices": [{"message": {"content": "\xff"}, "finish_reason": "stop"}]}'),
    "no gzip": Reply(200, b"{}", {"Content-Encoding": "gzip"}),
}


@pytest.mark.parametrize("case", PASSING)
def test_is_asked_again(case: str, curated: Path, server: ChatServer, whole: dict[str, str], tmp_path: Path) -> None:
    server.replies = [PASSING[case]] * 3
    done = ask(curated, server.url, tmp_path / "out")
    complete(done)
    assert texts(tmp_path / "out") == whole
    assert len(server.requests) == 7 + 3
    assert "; retry 1 of 8 in " in done.err


@pytest.mark.parametrize("case", PASSING)
def test_trouble_that_stays_is_exit_code_75(case: str, curated: Path, server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: PASSING[case]
    done = ask(curated, server.url, tmp_path / "out", "--retries", 2, "--concurrency", 1)
    assert (done.code, len(done.error_lines)) == (75, 1), done.err
    assert f"{server.url}/chat/completions: " in done.error_lines[0]
    assert "3 times" in done.error_lines[0]
    assert "Traceback" not in done.err
    assert len(server.requests) == 3


@pytest.mark.parametrize("fault", ["reset", "cut", "stall", "lost", "length"])
def test_broken_connections(
    fault: str, curated: Path, server: ChatServer, whole: dict[str, str], tmp_path: Path
) -> None:
    with FaultyProxy(server.origin) as proxy:
        proxy.add(fault, 3, length="9999")
        out = tmp_path / "out"
        done = ask(curated, f"{proxy.url}/v1", out, "--timeout", 1.5, "--concurrency", 3)
        complete(done)
        assert texts(out) == whole
        assert proxy.requests["POST"] == 10
        assert "; retry 1 of 8 in " in done.err


def test_nobody_listens(curated: Path, tmp_path: Path) -> None:
    done = ask(curated, f"http://127.0.0.1:{free_port()}/v1", tmp_path / "out", "--retries", 2)
    assert (done.code, len(done.error_lines)) == (75, 1), done.err
    assert "Connection refused, 3 times" in done.error_lines[0]


def test_a_slow_answer_is_waited_for_and_a_slower_one_is_not(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    server.replies = [Reply(body=completion("slow"), wait=1.0)]
    complete(ask(curated, server.url, tmp_path / "slow", "--timeout", 5, "--limit", 1))
    assert len(server.requests) == 1
    # Byte by byte every one of them is in time, and all of them are not.
    for late in (Reply(body=completion("late"), wait=3), Reply(body=completion("late"), drip=0.05)):
        server.requests.clear()
        server.replies = [late, Reply(body=completion("in time"))]
        out = tmp_path / f"late-{late.drip}"
        done = ask(curated, server.url, out, "--timeout", 1.2, "--limit", 1)
        complete(done)
        assert "within 1.2 s (--timeout); retry 1 of 8" in done.err
        assert list(texts(out).values()) == ["in time"]


# --- rate limits


def in_a_second() -> str:
    return format_datetime(datetime.now(timezone.utc) + timedelta(seconds=2), usegmt=True)


@pytest.mark.parametrize("said", ["1", "1.0", "date"])
def test_retry_after_is_heeded_by_all(said: str, curated: Path, server: ChatServer, tmp_path: Path) -> None:
    when = in_a_second() if said == "date" else said
    server.replies = [Reply(429, BUSY, {"Retry-After": when})]
    # Longer than the refusal is on its way, so that the other question's answer does not come before it.
    server.answer = lambda request: Reply(body=completion(request.content), wait=0.3)
    complete(ask(curated, server.url, tmp_path / "out", "--concurrency", 2))
    first, *_ = times = [request.at for request in server.requests]
    # One may have been on its way; whoever comes next has waited, and nobody has waited for longer than asked.
    early = [at - first for at in times[1:] if at - first < 0.9]
    assert len(early) <= 1
    assert times[-1] - first < 20


def test_retry_after_that_says_nothing(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    server.replies = [Reply(429, BUSY, {"Retry-After": value}) for value in ("soon", "-5", "nan", "")]
    complete(ask(curated, server.url, tmp_path / "out", "--limit", 1))
    assert len(server.requests) == 5


def test_who_wants_to_be_left_alone_for_long_is_told(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    server.answer = lambda request: Reply(429, BUSY, {"Retry-After": "7200"})
    started = time.monotonic()
    done = ask(curated, server.url, tmp_path / "out")
    assert (done.code, len(done.error_lines)) == (75, 1), done.err
    assert "429: Rate limit reached: it wants no request for 7200 s" in done.error_lines[0]
    assert time.monotonic() - started < 5


# --- the end of the program


def test_what_lies_in_a_finished_shard_is_not_asked_again(curated: Path, server: ChatServer, tmp_path: Path) -> None:
    """A program that is killed in its second shard, and one that goes on."""
    out, hold = tmp_path / "out", threading.Event()

    def answer(request: Request) -> Reply:
        if request.number >= 3:
            hold.wait(60)
        return Reply(body=completion(request.content))

    server.answer = answer
    line = words(curated, server.url, out, "--samples-per-shard", 3, "--concurrency", 2)
    with killed_at_the_end(start("vtb-eval", *line)) as process:
        wait_for(lambda: any(request.number == 4 for request in server.requests))
        process.kill()
    hold.set()
    first = Counter(request.number for request in server.requests)
    assert first == dict.fromkeys(range(5), 1)
    server.requests.clear()
    done = ask(curated, server.url, out, "--samples-per-shard", 3)
    assert complete(done).metrics["tokens"]["prompt"] == 700
    assert Counter(request.number for request in server.requests) == dict.fromkeys(range(3, 7), 1)
    complete(ask(curated, server.url, tmp_path / "whole"))
    assert texts(out) == texts(tmp_path / "whole")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_whatever_the_server_does(
    number: signal.Signals, curated: Path, server: ChatServer, tmp_path: Path
) -> None:
    """Half of the questions wait for an answer, the others for another try."""
    busy = Reply(429, BUSY, {"Retry-After": "300"}, wait=0.5)  # until all have asked
    server.answer = lambda request: Reply(body=completion("late"), wait=20) if request.number % 2 else busy
    line = words(curated, server.url, tmp_path / "out", "--concurrency", 7)
    with killed_at_the_end(start("vtb-eval", *line)) as process:
        wait_for(lambda: len(server.requests) == 7)
        time.sleep(1)
        process.send_signal(number)
        started = time.monotonic()
        _, said = process.communicate(timeout=15)
        assert time.monotonic() - started < 5
    assert (process.returncode, "Traceback" in said) == ({15: 75, 2: 130}[number], False), said
    assert "run the same command again to continue" in said


def wait_for(true: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not true():
        assert time.monotonic() < until
        time.sleep(0.05)
