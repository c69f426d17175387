"""For tests of ``vtb weights``, which import its fixture: a local server in the place of the Hugging Face hub."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import Result, call
from tiny_perception import published_orienter, tiny_detector, tiny_tracker
from vtb.perception.published import Weights


class LocalHub:
    """A server in the place of the Hugging Face hub: serves files, keeps what was asked, and breaks off once."""

    def __init__(self, files: Mapping[str, bytes], break_after: int | None = None, status: int = 200,
                 headers: Mapping[str, str] | None = None, moved: str = "") -> None:  # fmt: skip
        asked: list[tuple[str, str | None]] = []
        breaks = [] if break_after is None else [break_after]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.path, self.headers.get("Range")))
                assert "Authorization" not in self.headers
                content = files.get(self.path.lstrip("/"))
                if moved:
                    self.send_response(302)
                    self.send_header("Location", moved)
                    self.end_headers()
                    return
                if content is None or status != 200:
                    self.send_error(404 if content is None else status)
                    return
                start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
                if start >= len(content) > 0:
                    self.send_response(416)
                    self._more({"Content-Length": "0"})
                    return
                self.send_response(206 if start else 200)
                self._more({"Content-Length": str(len(content) - start)})
                if breaks:
                    self.wfile.write(content[start : start + breaks.pop()])
                    self.close_connection = True
                else:
                    self.wfile.write(content[start:])

            def _more(self, own: dict[str, str]) -> None:
                for name, value in {**own, **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self.asked = asked
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


StartHub = Callable[..., LocalHub]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StartHub]:
    """Starts a hub of these files; the next ``fetch`` goes there."""
    running: list[LocalHub] = []

    def start(files: Mapping[str, bytes], break_after: int | None = None, status: int = 200, **more: Any) -> LocalHub:
        running.append(LocalHub(files, break_after, status, **more))
        monkeypatch.setenv("HF_ENDPOINT", running[-1].url + "/")
        return running[-1]

    yield start
    for one in running:
        one.server.shutdown()
        one.server.server_close()


def published(weights: Weights) -> dict[str, bytes]:
    """Tiny weights of that model at the places where the hub has the large ones."""
    below = f"{weights.repository}/resolve/main"
    if weights.pickle:
        import torch

        content = io.BytesIO()
        torch.save(published_orienter(), content)
        return {f"{below}/{weights.pickle}": content.getvalue()}
    folder = {"grounding-dino-tiny": tiny_detector, "sam2.1-hiera-large": tiny_tracker}[weights.name]()
    return {f"{below}/{name}": (folder / name).read_bytes() for name in weights.files}


def fetch(name: str, folder: Path) -> Result:
    """``vtb weights fetch`` of one model into a folder."""
    return call("vtb", "weights", "fetch", name, "--to", folder)


def check(folder: Path) -> tuple[int, dict[str, str]]:
    """The exit code of ``vtb weights check``, and what it says of each model: ``STATE: REST``."""
    done = call("vtb", "weights", "check", folder)
    lines = [line.split(maxsplit=2) for line in done.out.splitlines()]
    return done.code, {name: f"{state}: {rest}" for state, name, rest in lines}
