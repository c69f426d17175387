"""A small server of OpenAI's chat completions: answers by what it was asked, or as a test says."""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass
class Reply:
    """What the server answers to one request.

    Attributes:
        status: its status.
        body: JSON, or bytes as they are.
        headers: further headers.
        wait: seconds before the first byte.
        drip: seconds between the bytes of the body.
    """

    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    wait: float = 0.0
    drip: float = 0.0


@dataclass
class Request:
    """What the server was asked, and when."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    at: float

    @property
    def parts(self) -> list[dict[str, Any]]:
        """What the one message shows and says."""
        (message,) = self.body["messages"]
        assert message["role"] == "user"
        parts: list[dict[str, Any]] = message["content"]
        return parts

    @property
    def text(self) -> str:
        """The words of the question, which come last."""
        return str(self.parts[-1]["text"])

    @property
    def number(self) -> int:
        """Of the question, where the seed was not given."""
        return int(self.body["seed"]) - 42

    @property
    def content(self) -> str:
        """What tells this question from any other."""
        return hashlib.sha256(json.dumps(self.body["messages"]).encode()).hexdigest()[:12]


def completion(text: str | None, finish: str | None = "stop", **message: Any) -> dict[str, Any]:
    """A chat completion that says so."""
    said = {"role": "assistant", "content": text, **message}
    usage = {"prompt_tokens": 100, "completion_tokens": 7, "total_tokens": 107}
    return {"object": "chat.completion", "choices": [{"index": 0, "message": said, "finish_reason": finish}],
            "usage": usage}  # fmt: skip


def failure(message: str, code: str | None = None) -> dict[str, Any]:
    """An error in OpenAI's form."""
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}


class ChatServer:
    """Answers each question with its own digest, except where ``answer`` or the next of ``replies`` says otherwise."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.replies: list[Reply] = []
        self.answer: Callable[[Request], Reply] = lambda request: Reply(body=completion(request.content))
        self.most_at_once = self._at_once = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._scheme = "https" if tls else "http"
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)

    @property
    def origin(self) -> str:
        return f"{self._scheme}://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/v1"

    def take(self, request: Request) -> Reply:
        with self._lock:
            self.requests.append(request)
            if self.replies:
                return self.replies.pop(0)
        return self.answer(request)

    def count(self, more: int) -> None:
        with self._lock:
            self._at_once += more
            self.most_at_once = max(self.most_at_once, self._at_once)

    def __enter__(self) -> ChatServer:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        chat = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                chat.count(1)
                try:
                    self._reply()
                except OSError:
                    self.close_connection = True  # the client has left
                finally:
                    chat.count(-1)

            def _reply(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                reply = chat.take(Request(self.path, headers, body, time.monotonic()))
                time.sleep(reply.wait)
                data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                for at in range(0, len(data), 1 if reply.drip else len(data) or 1):
                    self.wfile.write(data[at : at + 1] if reply.drip else data)
                    time.sleep(reply.drip)

            def log_message(self, format: str, *args: object) -> None:
                """Say nothing."""

        return Handler
