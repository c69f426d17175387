"""``vtb weights fetch`` from a hub that refuses, counts wrongly, sends us elsewhere or is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.local_hub import StartHub, fetch, published
from cli.local_hub import hub as hub  # a fixture
from vtb.perception.published import WEIGHTS


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(200, 4, "has no such file (HTTP 404)"), (401, 4, "asks for an account"), (503, 75, "the hub answers 503")],
)
def test_what_the_hub_refuses_is_said(status: int, code: int, words: str, hub: StartHub, tmp_path: Path) -> None:
    files = {"yyfz233/Pi3/resolve/main/config.json": b"{}"} if status != 200 else {}
    hub(files, status=status)
    done = fetch("pi3", tmp_path)
    assert done.code == code
    assert words in done.error_lines[0]


@pytest.mark.parametrize(
    "headers", [{"Content-Length": "many"}, {"Content-Length": "9" * 30}, {"Content-Length": "100000"}]
)
def test_a_hub_that_counts_wrongly(headers: dict[str, str], hub: StartHub, tmp_path: Path) -> None:
    hub(published(WEIGHTS["sam2.1-hiera-large"]), headers=headers)
    done = fetch("sam2.1-hiera-large", tmp_path)
    assert done.code in (0, 75), done.err
    assert "internal" not in done.err


@pytest.mark.parametrize(
    "url", ["http://[::1", "ftp://hub", "not a url", "http://me:secret@hub", "http://hub?key=secret"]
)
def test_a_hub_that_is_none(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", url)
    done = fetch("pi3", tmp_path)
    assert (done.code, len(done.error_lines), "secret" in done.err) == (2, 1, False), done.err


def test_where_the_hub_sends_us_is_in_no_log(monkeypatch: pytest.MonkeyPatch, hub: StartHub, tmp_path: Path) -> None:
    hub({"yyfz233/Pi3/resolve/main/config.json": b""}, moved="http://127.0.0.1:9/x?Signature=secret")
    done = fetch("pi3", tmp_path)
    assert (done.code, len(done.error_lines), "secret" in done.err) == (75, 1, False), done.err
    assert list((tmp_path / "pi3").iterdir()) == []
