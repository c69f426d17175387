"""The mazes and videos that the tests of this folder curate, and a server that is asked about the latter."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_server import ChatServer
from contract.command_line import call
from moving_clips import clip
from stages.curate.curate_runs import LINE, MAZE
from vtb.chat import connection


@pytest.fixture(scope="session")
def mazes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("curate") / "mazes"
    assert call(MAZE, *LINE, "--output", folder).code == 0
    return folder


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Videos of 21 s and others, and files that are none."""
    folder = tmp_path_factory.mktemp("clips")
    (folder / "moves.mp4").write_bytes(clip(moves=True, camera="pans"))
    (folder / "stands.mp4").write_bytes(clip(moves=False, camera="pans"))
    (folder / "short.mp4").write_bytes(clip(seconds=19.5))
    (folder / "long.webm").write_bytes(clip(seconds=121, fps=1))
    (folder / "broken.mp4").write_bytes((folder / "moves.mp4").read_bytes()[:2000])
    (folder / "list.mkv").write_bytes(b"#EXTM3U\n#EXTINF:30,\nfile:///etc/passwd\n")
    (folder / "notes.txt").write_text("no video")
    return folder


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """A server of chat completions, reached without proxies and asked again soon."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(connection, "FIRST_WAIT_S", 0.05)
    with ChatServer() as chat:
        yield chat
