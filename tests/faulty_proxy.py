"""A proxy in front of the tests' S3 server that breaks requests on order."""

from __future__ import annotations

import http.client
import io
import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import BinaryIO, TypeVar
from urllib.parse import urlsplit

from broken_connections import break_connection
from s3_server import free_port

Proxy = TypeVar("Proxy", bound="FaultyProxy")


@dataclass
class Fault:
    """What to do to the next requests.

    Attributes:
        kind: "status", "stall", "reset" (in the middle of the body), "cut" (the connection ends in the middle of the
            body), "short" (half a body that says it is whole), "lost" (the request is done, its answer is not sent),
            "length" (Content-Length says something else), "edit" (the body is changed) or "whole" (the same, from
            a server that knows no ranges).
        times: To how many requests.
        method: Only to requests with this method, if given.
        part: Only to requests whose path and query have this in them.
        status: The status that "status" answers with.
        code: The S3 error code in its body.
        length: What "length" says.
        edit: What "edit" and "whole" make of a body.
    """

    kind: str
    times: int = 1
    method: str = ""
    part: str = ""
    status: int = 503
    code: str = "SlowDown"
    length: str = ""
    edit: Callable[[bytes], bytes] = bytes


class FaultyProxy:
    """Passes requests on to a server, except where it was told to break them; see `Fault`."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.port = free_port()
        self.requests: Counter[str] = Counter()
        self.connections = 0
        self.released = threading.Event()
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._server: _ProxyServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def add(self, kind: str, times: int = 1, **more: object) -> None:
        """Break the next requests."""
        with self._lock:
            self._faults.append(Fault(kind, times, **more))  # type: ignore[arg-type]

    def forget(self) -> None:
        """Break nothing more."""
        with self._lock:
            self._faults.clear()

    def take(self, method: str, path: str) -> Fault | None:
        with self._lock:
            self.requests[method] += 1
            for fault in self._faults:
                if fault.times > 0 and fault.method in ("", method) and fault.part in path:
                    fault.times -= 1
                    return fault
        return None

    def start(self: Proxy) -> Proxy:
        self.released.clear()
        self._server = _ProxyServer(("127.0.0.1", self.port), self)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def die(self) -> None:
        """Stop listening and break every connection."""
        self.released.set()
        if self._server is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._server = None
        with self._lock:
            for connection in self._open:
                break_connection(connection)
            self._open.clear()

    def opened(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.discard(connection)

    def __enter__(self: Proxy) -> Proxy:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.die()


class _ProxyServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], proxy: FaultyProxy) -> None:
        self.proxy = proxy
        super().__init__(address, _ProxyHandler)

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: broken connections are what this is for."""

    def shutdown_request(self, request: object) -> None:
        self.proxy.closed(request)  # type: ignore[arg-type]
        super().shutdown_request(request)  # type: ignore[arg-type]


class _ProxyHandler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _ProxyServer

    def setup(self) -> None:
        super().setup()
        self.server.proxy.opened(self.connection)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.server.proxy.take(self.command, self.path)
        if fault and fault.kind == "stall":
            self.server.proxy.released.wait(60)
            self._break()
        elif fault and fault.kind == "status":
            self._answer(fault)
        else:
            self._forward(body, fault or Fault(""))

    do_PUT = do_POST = do_HEAD = do_DELETE = do_CONNECT = do_GET  # noqa: N815 -- the names http.server calls

    def _answer(self, fault: Fault) -> None:
        body = b"" if self.command == "HEAD" else f"<Error><Code>{fault.code}</Code></Error>".encode()
        self.send_response_only(fault.status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _forward(self, body: bytes, fault: Fault) -> None:
        target = urlsplit(self.server.proxy.upstream)
        upstream = http.client.HTTPConnection(target.hostname or "", target.port, timeout=60)
        try:
            upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                upstream.putheader(name, value)
            upstream.endheaders(body)
            response = upstream.getresponse()
            if fault.kind == "lost":
                response.read()
                self._break()
            else:
                self._relay(response, fault)
        finally:
            upstream.close()

    def _relay(self, response: http.client.HTTPResponse, fault: Fault) -> None:
        source: BinaryIO | http.client.HTTPResponse = response
        length = int(response.headers.get("Content-Length") or 0)
        if response.headers.get("Transfer-Encoding") or fault.kind in ("edit", "whole"):
            whole = fault.edit(response.read())
            source, length = io.BytesIO(whole), len(whole)
        left = length // 2 if fault.kind in ("reset", "cut", "short") else length
        said = {"short": str(left), "length": fault.length}.get(fault.kind, str(length))
        self.send_response_only(response.status, response.reason)
        for name, value in response.headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "content-range" * (fault.kind == "whole")):
                self.send_header(name, value)
        self.send_header("Content-Length", said)
        self.end_headers()
        while self.command != "HEAD" and left and (data := source.read(min(left, 1 << 18))):
            self.wfile.write(data)
            left -= len(data)
        if fault.kind == "reset":
            self._break()
        elif fault.kind == "cut":
            self.close_connection = True

    def _break(self) -> None:
        self.close_connection = True
        break_connection(self.connection)
