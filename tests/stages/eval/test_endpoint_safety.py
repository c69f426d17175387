"""``vtb-eval predict --endpoint``: where the key may go, by way of which proxies, and whom it trusts."""

from __future__ import annotations

import time
from pathlib import Path

import psutil
import pytest

from chat_server import ChatServer, Reply, failure
from contract.command_line import files, killed_at_the_end, start
from faulty_proxy import FaultyProxy
from in_memory_kubernetes.tls import make_certificate
from stages.eval.endpoint_runs import KEY, ask, words
from stages.eval.predict_runs import complete

pytestmark = [pytest.mark.engine, pytest.mark.usefixtures("alone_with_a_key")]  # the first for the folder's fixtures


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
