"""One client per process, and the one place where requests are tried again."""

from __future__ import annotations

import io
import logging
import os
import re
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import Any, TypeVar

import certifi
import urllib3
from minio import Minio
from minio.credentials import IamAwsProvider
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_exponential, wait_random

from vtb.errors import NotAvailable
from vtb.store.parallel import MAX_THREADS, Helpers
from vtb.store.s3_errors import AnswerError, diagnose, translate
from vtb.store.s3_settings import Settings

_LOG = logging.getLogger("vtb.store")
_CONNECT_TIMEOUT = 10.0
_FIRST_WAIT = 0.5
_SEND_BLOCK = 1 << 18
_HELPERS = 16

Result = TypeVar("Result")


class Client:
    """Connections to one server.

    Attributes:
        api: The S3 calls; each makes one request and retries nothing.
        helpers: Threads for the pieces of large objects.
        settings: What it was made of.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.helpers = Helpers(_HELPERS)
        pool = _make_pool(settings)
        self.api = Minio(
            settings.host,
            access_key=settings.access_key or None,
            secret_key=settings.secret_key or None,
            session_token=settings.session_token or None,
            secure=settings.secure,
            # Known, so that it is never asked for, which many policies forbid.
            region=settings.region,
            http_client=pool,
            credentials=None if settings.access_key else _RoleCredentials(pool),
        )

    def attempt(self, uri: str, work: Callable[[], Result]) -> Result:
        """Do some work on a URI, again where its failure may pass.

        Raises:
            TryAgain: The last try failed.
            NotAvailable: No retry helps.
            ObjectMissing: There is no such object.
        """
        retrying = Retrying(
            stop=stop_after_attempt(self.settings.tries),
            wait=wait_exponential(multiplier=_FIRST_WAIT, max=20) + wait_random(0, _FIRST_WAIT),
            retry=retry_if_exception(_may_pass),
            before_sleep=lambda state: self._warn(uri, state),
            reraise=True,
        )
        try:
            return retrying(work)
        except Exception as error:
            problem = diagnose(error)
            if problem is None:
                raise
            raise translate(problem, uri, self.settings) from error

    def _warn(self, uri: str, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        problem = diagnose(error) if error else None
        text = " ".join(self.settings.hide(problem.text if problem else "failed").split())
        wait = state.next_action.sleep if state.next_action else 0.0
        _LOG.warning("%s: %s; retry %d of %d in %.1f s", uri, text, state.attempt_number, self.settings.tries - 1, wait)


def client_for(settings: Settings) -> Client:
    """Return this process's client: connections do not survive a fork."""
    return _client(settings, os.getpid())


@lru_cache(maxsize=16)
def _client(settings: Settings, _pid: int) -> Client:
    return Client(settings)


def _may_pass(error: BaseException) -> bool:
    problem = diagnose(error)
    return problem is not None and problem.passing


class _Pool(urllib3.PoolManager):
    """Sends large bodies in blocks: a socket's time limit is for one call, which would else send it all."""

    def urlopen(self, method: str, url: str, redirect: bool = True, **kw: Any) -> urllib3.BaseHTTPResponse:  # type: ignore[override]
        body = kw.get("body")
        if isinstance(body, bytes) and len(body) > _SEND_BLOCK:
            kw["body"] = io.BytesIO(body)
        return super().urlopen(method, url, redirect, **kw)


def _make_pool(settings: Settings) -> _Pool:
    return _Pool(
        retries=False,
        timeout=urllib3.Timeout(connect=min(_CONNECT_TIMEOUT, settings.timeout), read=settings.timeout),
        maxsize=MAX_THREADS + _HELPERS,
        blocksize=_SEND_BLOCK,
        cert_reqs="CERT_REQUIRED",
        ca_certs=settings.ca_file or certifi.where(),
    )


class _RoleCredentials:
    """The credentials of the pod's role, renewed by one thread at a time."""

    def __init__(self, pool: urllib3.PoolManager) -> None:
        self._provider = IamAwsProvider(http_client=pool)
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
