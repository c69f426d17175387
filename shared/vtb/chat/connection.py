"""Requests to one endpoint, tried again where their failure may pass; the key stays here."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable

import httpx2
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    sleep_using_event,
    stop_after_attempt,
    stop_any,
    stop_when_event_set,
    wait_exponential,
    wait_random,
)

from vtb.chat.refusals import KEY, final, passes, seconds
from vtb.chat.reply import NoAnswer, read_answer, read_error
from vtb.chat.said import FILTERED, Said
from vtb.errors import NotAvailable, TryAgain, UsageProblem

log = logging.getLogger("vtb.chat")
CONNECT_S = 30.0
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
PATIENCE_S = 600.0  # a server that wants to be left alone for longer is told instead of waited for
SAY_EVERY_S = 10.0  # many requests fail together
MAX_REPLY = 64 << 20
SHORTEST_SECRET = 8


class Passing(Exception):
    """A failure that may pass; says in a few words what it was."""


class Connection:
    """One endpoint: its URL with the path that is asked, a key or none, and patience."""

    def __init__(
        self, endpoint: str, timeout: float, retries: int, at_once: int, spend: Callable[[], None] = lambda: None
    ) -> None:
        """Nothing is sent yet; ``spend`` is called before each request, and may raise what forbids it.

        Raises:
            UsageProblem: the key or a proxy in the environment cannot be used.
            NotAvailable: the certificates that the environment names cannot be read.
        """
        self.url = f"{endpoint.rstrip('/')}/chat/completions"
        self._key, self._timeout, self._retries = _key(), timeout, retries
        self._client = _client(self._key, timeout, at_once)
        self._stop, self._spend = threading.Event(), spend
        self._quiet_until = self._said = 0.0

    def close(self) -> None:
        """Nothing more is sent; whatever waits for another try gives up."""
        self._stop.set()

    def ask(self, body: bytes) -> Said:
        """The answer to a request.

        Raises:
            TryAgain: the endpoint has failed as often as it may.
            NotAvailable: it refuses the key, or knows no such model.
            UsageProblem: it refuses the request.
        """
        retrying = Retrying(
            stop=stop_any(stop_after_attempt(self._retries + 1), stop_when_event_set(self._stop)),
            wait=wait_exponential(multiplier=FIRST_WAIT_S, max=LONGEST_WAIT_S) + wait_random(0, FIRST_WAIT_S),
            sleep=sleep_using_event(self._stop),
            retry=retry_if_exception_type(Passing),
            before_sleep=self._warn,
            reraise=True,
        )
        try:
            return retrying(self._once, body)
        except Passing as error:
            raise TryAgain(
                f"{self.url}: {error}, {self._retries + 1} times: see whether the server is well, and run the same "
                "command again; it goes on after the shards that are done"
            ) from error

    def _once(self, body: bytes) -> Said:
        self._be_quiet()
        self._spend()
        until = time.monotonic() + self._timeout
        try:
            with self._client.stream("POST", self.url, content=body) as response:
                data = self._read(response, until)
        except httpx2.HTTPError as error:
            raise self._trouble(error) from error
        if response.status_code == 200:
            try:
                return read_answer(data)
            except NoAnswer as error:
                raise Passing(f"{error}: {read_error(self._hidden(data))[0]}") from error
        return self._refused(response, data)

    def _read(self, response: httpx2.Response, until: float) -> bytes:
        """The whole body; a server that sends it drop by drop has no more time than any other."""
        found = bytearray()
        for piece in response.iter_bytes():
            found += piece
            if len(found) > MAX_REPLY:
                raise Passing("the reply does not end")
            if time.monotonic() > until:
                raise Passing(f"no whole reply within {self._timeout:g} s (--timeout)")
        return bytes(found)

    def _trouble(self, error: httpx2.HTTPError) -> Exception:
        words = " ".join(str(error).split()) or type(error).__name__
        if "CERTIFICATE_VERIFY_FAILED" in words:
            return NotAvailable(
                f"{self.url}: its certificate is not trusted ({words}): name the certificate of its authority in "
                "SSL_CERT_FILE"
            )
        if isinstance(error, httpx2.TimeoutException):
            return Passing(f"no reply within {self._timeout:g} s (--timeout)")
        return Passing(f"no connection, or it broke: {words}")

    def _refused(self, response: httpx2.Response, data: bytes) -> Said:
        """The empty answer where a filter has stopped the question; anything else is raised."""
        status, (words, code) = response.status_code, read_error(self._hidden(data))
        said = f"{status}: {words}"
        if status == 400 and code == FILTERED:  # Azure's word for a question that its filter stopped
            return Said("", FILTERED)
        if passes(status, code):
            self._heed(response.headers.get("retry-after"), said)
            raise Passing(said)
        raise final(f"{self.url}: {said}", status, bool(self._key))

    def _heed(self, retry_after: str | None, said: str) -> None:
        """Nobody asks before the time that the server names.

        Raises:
            TryAgain: that is far away.
        """
        wait = seconds(retry_after)
        if wait > PATIENCE_S:
            raise TryAgain(f"{self.url}: {said}: it wants no request for {wait:.0f} s: run the same command again then")
        self._quiet_until = max(self._quiet_until, time.monotonic() + wait)

    def _be_quiet(self) -> None:
        left = self._quiet_until - time.monotonic()
        if left > 0:
            self._stop.wait(left + random.uniform(0, FIRST_WAIT_S))  # not all at once
        if self._stop.is_set():
            raise Passing("stopped")

    def _warn(self, state: RetryCallState) -> None:
        if time.monotonic() < self._said + SAY_EVERY_S:
            return
        self._said = time.monotonic()
        error = state.outcome.exception() if state.outcome else None
        wait = max(self._quiet_until - time.monotonic(), state.next_action.sleep if state.next_action else 0.0)
        log.warning("%s: %s; retry %d of %d in %.1f s", self.url, error, state.attempt_number, self._retries, wait)

    def _hidden(self, data: bytes) -> bytes:
        """A server may repeat the key that it was sent; words like ``EMPTY``, where it wants any, are no secret."""
        return data.replace(self._key.encode(), b"***") if len(self._key) >= SHORTEST_SECRET else data


def _key() -> str:
    """The key, without the line end that files of secrets have; empty where there is none."""
    key = os.environ.get(KEY, "").strip()
    if not (key.isascii() and key.isprintable() and " " not in key):
        raise UsageProblem(f"{KEY}: is no key: it has spaces or other characters that cannot be sent")
    return key


def _client(key: str, timeout: float, at_once: int) -> httpx2.Client:
    """Connections by way of the proxies that the environment names; certificates are checked."""
    headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
    try:
        return httpx2.Client(
            headers=headers,
            timeout=httpx2.Timeout(timeout, connect=min(CONNECT_S, timeout)),
            limits=httpx2.Limits(max_connections=at_once, max_keepalive_connections=at_once),
        )
    except (ValueError, ImportError, httpx2.InvalidURL):  # their words hold the proxy's password
        raise UsageProblem(
            "http_proxy, https_proxy or all_proxy: is no proxy for HTTP: write http://host:port"
        ) from None
    except OSError as error:
        raise NotAvailable(f"SSL_CERT_FILE or SSL_CERT_DIR: cannot be used: {error}") from error
