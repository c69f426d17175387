"""The HTTP side: listens, reads requests, breaks those that a test wants broken, and writes answers."""

from __future__ import annotations

import json
import socket
import socketserver
import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler
from typing import Any

from broken_connections import break_connection
from in_memory_kubernetes.answers import Answers
from in_memory_kubernetes.discovery import discover
from in_memory_kubernetes.faults import Broken, Faults
from in_memory_kubernetes.kubelet import Kubelet
from in_memory_kubernetes.requests import read_query, read_request
from in_memory_kubernetes.statuses import ApiError
from in_memory_kubernetes.store import Store
from in_memory_kubernetes.streams import read_log, watch

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"


class ApiServer:
    """Serves a store on a free port, the same one after a restart.

    Attributes:
        requests: How many requests there were, by verb and resource.
        user_agents: How many requests each client made, by its User-Agent.
    """

    def __init__(
        self,
        store: Store,
        answers: Answers,
        kubelet: Kubelet,
        faults: Faults,
        groups: tuple[str, ...],
        token: str,
        tls: ssl.SSLContext | None,
    ) -> None:
        self.store = store
        self.answers = answers
        self.kubelet = kubelet
        self.faults = faults
        self.groups = groups
        self.token = token
        self.tls = tls
        self.port = 0
        self.requests: Counter[tuple[str, str]] = Counter()
        self.user_agents: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener: _Listener | None = None

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._listener = _Listener(("127.0.0.1", self.port), self)
        self.port = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, args=(0.02,), name="api server", daemon=True).start()

    def stop(self) -> None:
        """Stop listening and break all connections."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        listener.shutdown()
        listener.server_close()
        with self._lock:
            for connection in self._open:
                break_connection(connection)
            self._open.clear()
        with self.store.changed:
            self.store.changed.notify_all()

    def restart(self, seconds: float) -> None:
        """Be away for some seconds."""
        self.stop()
        self.store.forget()  # a new API server knows only what is, not what was
        time.sleep(seconds)
        self.start()

    def listens(self) -> bool:
        return self._listener is not None

    def count(self, verb: str, resource: str, agent: str) -> None:
        with self._lock:
            self.requests[verb, resource] += 1
            self.user_agents[agent] += 1

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], api: ApiServer) -> None:
        self.api = api
        super().__init__(address, _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Broken connections are what this is for; anything else is a fault of this stand-in."""
        import sys

        if not isinstance(sys.exc_info()[1], OSError | ValueError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def shutdown_request(self, request: object) -> None:
        self.api.closed(request)  # type: ignore[arg-type]
        super().shutdown_request(request)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def setup(self) -> None:
        if tls := self.server.api.tls:  # here and not in the listener, which a slow handshake would hold up
            self.request = tls.wrap_socket(self.request, server_side=True)
        super().setup()
        self.server.api.opened(self.connection)

    def finish(self) -> None:
        super().finish()
        if self.server.api.tls:
            self.server.api.closed(self.request)
            self.request.close()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            self._serve(raw)
        except Broken:
            self.close_connection = True
            break_connection(self.connection)
        except ApiError as error:
            self._send(error.code, error.status, {"Retry-After": str(error.retry_after)} if error.retry_after else {})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815 -- the names http.server calls

    def _serve(self, raw: bytes) -> None:
        api = self.server.api
        path, query = read_query(self.path)
        scheme, _, token = (self.headers.get("Authorization") or "").partition(" ")
        if (scheme.lower(), token) != ("bearer", api.token):
            raise ApiError(401, "Unauthorized")
        body = _json(raw)
        if path == REVIEWS:
            self._send(201, self._review(body))
            return
        content_type = (self.headers.get("Content-Type") or "").partition(";")[0]
        request = read_request(self.command, path, query, content_type, body, api.groups)
        verb, what = (request.verb, request.what) if request else ("get", path.strip("/"))
        api.count(verb, what, self.headers.get("User-Agent") or "")
        fault = api.faults.take(verb, what)
        if fault and fault.with_ == "reset":
            raise Broken
        if fault and fault.with_ != "lost":
            raise fault.error(verb, what, request.name if request else "", request.namespace if request else "")
        if request is None:
            self._discover(path)
        elif request.verb == "watch":
            lines = watch(api.store, request, api.listens)
            self._stream("application/json", (json.dumps(line).encode() + b"\n" for line in lines))
        elif request.what == "pods/log":
            self._stream("text/plain", read_log(api.store, api.kubelet, request, api.listens))
        else:
            code, answer = api.answers.answer(request)
            if fault:
                raise Broken
            self._send(code, answer)

    def _discover(self, path: str) -> None:
        found = discover(path, self.server.api.groups)
        if found is None:
            self._write(404, b"404 page not found\n", "text/plain; charset=utf-8", {})
        elif isinstance(found, str):
            self._write(200, found.encode(), "text/plain; charset=utf-8", {})
        else:
            self._send(200, found)

    def _review(self, body: Any) -> dict[str, Any]:
        asked = body["spec"]["resourceAttributes"]
        what = "/".join(part for part in (asked.get("resource"), asked.get("subresource")) if part)
        denied = self.server.api.faults.forbidden(asked.get("verb", ""), what)
        return {**body, "status": {"allowed": not denied}}

    def _send(self, code: int, answer: Any, headers: dict[str, str] | None = None) -> None:
        self._write(code, json.dumps(answer).encode(), "application/json", headers or {})

    def _write(self, code: int, data: bytes, content_type: str, headers: dict[str, str]) -> None:
        self.send_response(code)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def _stream(self, content_type: str, parts: Iterable[bytes]) -> None:
        """Send parts as they come; the connection breaks when the server goes away meanwhile."""
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.flush()
        for part in parts:
            if part:
                self.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        if not self.server.api.listens():
            raise Broken
        self.wfile.write(b"0\r\n\r\n")


def _json(raw: bytes) -> Any:
    if not raw:
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        raise ApiError(400, f"error decoding the request body: {error}") from None
