"""``vtb-eval predict --endpoint`` where the server, the network or the user is at fault."""

from __future__ import annotations

import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from pathlib import Path

import psutil
import pytest

from chat_server import ChatServer, Reply, Request, completion, failure
from contract.command_line import files, killed_at_the_end, start
from faulty_proxy import FaultyProxy
from in_memory_kubernetes.tls import make_certificate
from s3_server import free_port
from stages.eval.endpoint_runs import KEY, ask, words
from stages.eval.predict_runs import complete, texts
from vtb_eval.endpoint import connection

pytestmark = pytest.mark.engine  # of the folder's fixtures
FROM_OUTSIDE = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir")


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key, no proxies, and little patience."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in FROM_OUTSIDE:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(connection, "FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(connection, "SAY_EVERY_S", 0.0)


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer() as chat:
        yield chat


@pytest.fixture
def whole(curated: Path, tmp_path: Path) -> dict[str, str]:
    """The answers where nothing is at fault."""
    with ChatServer() as chat:
        complete(ask(curated, chat.url, tmp_path / "whole"))
    return texts(tmp_path / "whole")


# --- what passes


BUSY = failure("Rate limit reached", "rate_limit_exceeded")
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


# --- what does not pass


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
    server.answer = lambda request: wrong if request.number == 1 else busy
    assert ask(curated, server.url, tmp_path / "out", "--concurrency", 2).code == 4
    time.sleep(1)
    assert [request.number for request in server.requests] in ([0, 1], [1, 0])


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


# --- secrets


@pytest.mark.parametrize("words_back", ["as it is", "in an error", "in no JSON"])
def test_the_key_is_nowhere(words_back: str, curated: Path, server: ChatServer, tmp_path: Path) -> None:
    """Not even where a server repeats it: no log at any level, no manifest, no command line of a process."""
    repeated = {
        "as it is": Reply(500, f"Authorization: Bearer {KEY}".encode()),
        "in an error": Reply(429, failure(f"key {KEY} is too fast")),
        "in no JSON": Reply(200, f"<{KEY}".encode()),
    }
    server.replies = [repeated[words_back]] * 2
    out = tmp_path / "out"
    line = words(curated, server.url, out, "--log-level", "debug", "--limit", 3, "--concurrency", 1)
    seen = set[str]()
    with killed_at_the_end(start("vtb-eval", *line, env={"OPENAI_API_KEY": KEY})) as process:
        while process.poll() is None:
            seen.add(_command_line(process.pid))
            time.sleep(0.05)
        said = "".join(process.communicate())
    assert process.returncode == 0, said
    assert "***" in said
    assert len(seen) > 0
    for text in (said, *seen, *(data.decode(errors="replace") for data in files(out).values())):
        assert KEY not in text


def _command_line(pid: int) -> str:
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


# --- proxies and certificates


def test_proxies_of_the_environment(
    curated: Path, server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FaultyProxy(server.origin) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        complete(ask(curated, "http://models.invalid/v1", tmp_path / "by", "--limit", 2))
        assert (proxy.requests["POST"], len(server.requests)) == (2, 2)
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        complete(ask(curated, server.url, tmp_path / "past", "--limit", 2))
        assert (proxy.requests["POST"], len(server.requests)) == (2, 4)


def test_a_proxy_that_is_none(curated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"gopher://me:{KEY}@host:1")
    done = ask(curated, "http://models.invalid/v1", tmp_path / "out")
    assert (done.code, len(done.error_lines)) == (2, 1), done.err
    assert "http_proxy, https_proxy or all_proxy: is no proxy" in done.error_lines[0]
    assert KEY not in done.err


def test_a_certificate_that_nobody_vouches_for(curated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ChatServer(make_certificate(tmp_path)) as chat:
        done = ask(curated, chat.url, tmp_path / "out", "--retries", 1)
        assert (done.code, len(done.error_lines), chat.requests) == (4, 1, []), done.err
        assert "its certificate is not trusted" in done.error_lines[0]
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.crt"))
        complete(ask(curated, chat.url, tmp_path / "out", "--limit", 2))
        assert len(chat.requests) == 2
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "nowhere"))
    done = ask(curated, chat.url, tmp_path / "none", "--retries", 1)
    assert (done.code, len(done.error_lines)) == (4, 1), done.err


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
