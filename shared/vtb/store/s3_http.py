"""Signed requests to one server, each made once; see `vtb.store.s3_client` for what is tried again.

The signature and the roles of pods are minio's; the requests are our own, since its calls hide pages, parts and
lengths that must be checked (docs/decisions/0008-which-s3-client.md).
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit, urlunsplit

import certifi
import urllib3
from minio.credentials import IamAwsProvider, StaticProvider
from minio.helpers import BaseURL
from minio.signer import sign_v4_s3
from minio.time import to_amz_date, utcnow

from vtb.errors import NotAvailable
from vtb.store.parallel import MAX_THREADS
from vtb.store.s3_answers import read_refusal
from vtb.store.s3_errors import AnswerError
from vtb.store.s3_proxy import proxy_for
from vtb.store.s3_settings import Settings

HELPERS = 16

_CONNECT_TIMEOUT = 10.0
_SEND_BLOCK = 1 << 18
_MAX_ANSWER = 32 << 20  # a page of a listing has at most 1,000 keys of 1,024 bytes, encoded
# What the answer to HEAD would say if it had a body.
_CODES = {301: "PermanentRedirect", 403: "AccessDenied", 405: "MethodNotAllowed", 501: "NotImplemented"}


class Answer(NamedTuple):
    """The answer to a request that succeeded."""

    headers: Mapping[str, str]
    body: bytes


class Http:
    """Connections to one server."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._url = BaseURL(settings.endpoint, settings.region)
        self._pool = _make_pool(settings, settings.proxy)
        self._role = (
            StaticProvider(settings.access_key, settings.secret_key, settings.session_token or None)
            if settings.access_key
            else _RoleCredentials(settings)
        )

    def call(self, method: str, bucket: str, name: str = "", **more: Any) -> Answer:
        """Make a request and read the whole answer; see `open`."""
        with self.open(method, bucket, name, **more) as response:
            return Answer(response.headers, _read(response))

    @contextmanager
    def open(
        self, method: str, bucket: str, name: str = "", *,
        query: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None, body: bytes = b"",
    ) -> Iterator[urllib3.BaseHTTPResponse]:  # fmt: skip
        """Make a request whose answer is read while this is open.

        Raises:
            AnswerError: The server refused it, or answered with what cannot be.
        """
        # A socket's time limit is for one call, which would else send all of a large body.
        source = io.BytesIO(body) if len(body) > _SEND_BLOCK else body or None
        url, signed = self._sign(method, bucket, name, dict(query or {}), dict(headers or {}), body)
        response = self._pool.urlopen(
            method, url, body=source, headers=signed, preload_content=False, decode_content=False, redirect=False
        )
        try:
            _check_length(response)
            if response.status not in (200, 204, 206):
                raise self._refusal(response, method, name)
            yield response
        finally:
            # An answer read to its end has given its connection back by now; any other connection is of no more use.
            response.close()
            response.release_conn()

    def _sign(
        self, method: str, bucket: str, name: str, query: dict[str, str], headers: dict[str, str], body: bytes
    ) -> tuple[str, Mapping[str, str]]:
        settings, now, digest = self._settings, utcnow(), hashlib.sha256(body).hexdigest()
        url = self._url.build(
            method=method, region=settings.region, bucket_name=bucket, object_name=name or None, query_params=query
        )
        credentials = self._role.retrieve()
        headers |= {"Host": url.netloc, "x-amz-content-sha256": digest, "x-amz-date": to_amz_date(now)}
        if method in ("PUT", "POST"):
            headers["Content-Length"] = str(len(body))
        if credentials.session_token:
            headers["X-Amz-Security-Token"] = credentials.session_token
        signed = sign_v4_s3(
            method=method, url=url, region=settings.region, headers=headers, credentials=credentials,
            content_sha256=digest, date=now,
        )  # fmt: skip
        return urlunsplit(url), signed

    def _refusal(self, response: urllib3.BaseHTTPResponse, method: str, name: str) -> AnswerError:
        status = response.status
        if status == 407:
            return AnswerError("ProxyAuthentication", status=status)
        if method != "HEAD":
            return read_refusal(status, _read(response))
        code = ("NoSuchKey" if name else "NoSuchBucket") if status == 404 else _CODES.get(status, "")
        return AnswerError(code, "no details, as the request was HEAD", status=status)


def _check_length(response: urllib3.BaseHTTPResponse) -> None:
    """A length that is no number would be taken for none, and the body for whole wherever it ends."""
    length = response.headers.get("content-length")
    if length is not None and not (length.isascii() and length.isdigit()):
        raise AnswerError("", f"its Content-Length is {length[:40]!r}, which is no length", passing=True)


def _read(response: urllib3.BaseHTTPResponse) -> bytes:
    data = response.read(_MAX_ANSWER + 1, decode_content=False)
    if len(data) > _MAX_ANSWER:
        raise AnswerError("", "the answer does not end", passing=True)
    return data


def _make_pool(settings: Settings, proxy: str) -> urllib3.PoolManager:
    options: dict[str, Any] = {
        "retries": False,
        "timeout": urllib3.Timeout(connect=min(_CONNECT_TIMEOUT, settings.timeout), read=settings.timeout),
        "maxsize": MAX_THREADS + HELPERS,
        "blocksize": _SEND_BLOCK,
        "cert_reqs": "CERT_REQUIRED",
        "ca_certs": settings.ca_file or certifi.where(),
    }
    if not proxy:
        return urllib3.PoolManager(**options)
    user = urlsplit(proxy)
    login = f"{unquote(user.username or '')}:{unquote(user.password or '')}" if user.username else None
    headers = urllib3.make_headers(proxy_basic_auth=login) if login else None
    return urllib3.ProxyManager(proxy, proxy_headers=headers, **options)


class _RoleCredentials:
    """The credentials of the pod's role, renewed by one thread at a time."""

    def __init__(self, settings: Settings) -> None:
        # The token service is on the network; the other two are on the node, which no proxy reaches.
        by_network = bool(os.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"))
        proxy = proxy_for(f"https://sts.{settings.region}.amazonaws.com") if by_network else ""
        self._provider = IamAwsProvider(http_client=_make_pool(settings, proxy))
        self._lock = threading.Lock()

    def retrieve(self) -> Any:
        """Return credentials that have not expired."""
        with self._lock:
            try:
                return self._provider.retrieve()
            except (ValueError, KeyError, FileNotFoundError, PermissionError) as error:
                if re.search(r"status code (5\d\d|429)", str(error)):
                    raise AnswerError("RoleNotReady", "the service for the pod's role failed", passing=True) from error
                raise NotAvailable(
                    f"cannot get credentials for the pod's role ({type(error).__name__}); check its service account, "
                    "or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
                ) from error
