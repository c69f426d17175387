"""Brings one file from the Hugging Face hub, by plain HTTPS: no account, no code, nothing but the file.

``HF_ENDPOINT`` names another hub, as it does for the hub's own library, which not every image has.
"""

from __future__ import annotations

import fcntl
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

import certifi

from vtb.errors import NotAvailable, TryAgain, UsageProblem
from vtb.progress import Progress
from vtb.store.s3_proxy import proxy_for

if TYPE_CHECKING:
    import urllib3

HUB = "https://huggingface.co"
_PIECE = 1 << 20
_WAIT_S = 60.0
_ACCOUNT = (401, 403)
_PASSING = (408, 425, 429)
_GO_ON = "run it again, and it goes on where it ended"


def bring(repository: str, name: str, target: Path) -> None:
    """Bring a file of a repository, the newest version, into a folder; a broken download goes on where it ended.

    Raises:
        NotAvailable: the hub has no such file for us.
        TryAgain: the hub or the network failed, or another process is bringing it.
        UsageProblem: ``HF_ENDPOINT`` is no URL of a hub.
    """
    import urllib3

    logging.getLogger("urllib3").setLevel(logging.ERROR)  # its warnings hold the addresses, signed, that it was sent to
    url = f"{_hub()}/{repository}/resolve/main/{name}"
    part = target.with_name(f"{target.name}.part")
    with part.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TryAgain(f"{target}: is just being brought by another process: wait for it") from None
        if target.is_file():  # it was brought in between, and the part is a new one
            part.unlink(missing_ok=True)
            return
        try:
            _bring(url, file, _Version(part.with_name(f"{part.name}.version")), f"MB of {name}")
        except urllib3.exceptions.HTTPError as error:
            # Not in its own words, which may hold such an address, too.
            why = getattr(error, "reason", None) or error
            raise TryAgain(f"{url}: the connection failed ({type(why).__name__}): {_GO_ON}") from error
        finally:
            if not os.fstat(file.fileno()).st_size:
                part.unlink(missing_ok=True)
        os.replace(part, target)
    part.with_name(f"{part.name}.version").unlink(missing_ok=True)


class _Version:
    """Which version of a file the part that is there belongs to, as the hub calls it; kept beside the part."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def differs(self, found: str) -> bool:
        """Whether the hub has another one by now; not known where it does not say."""
        known = self._place.read_text(encoding="utf-8", errors="replace") if self._place.is_file() else ""
        return bool(known and found) and known != found

    def keep(self, found: str) -> None:
        """Of what is brought from its beginning on."""
        self._place.write_text(found, encoding="utf-8", errors="replace")


def _bring(url: str, file: BinaryIO, version: _Version, what: str) -> None:
    """Fill the part: from its end on, or anew where that does not fit what the hub has."""
    there = file.seek(0, os.SEEK_END)
    answer = _ask(url, there)
    try:
        tag = answer.headers.get("ETag", "")
        if there and answer.status in (206, 416) and not version.differs(tag) and _begins(answer, there):
            if answer.status == 206:
                _receive(answer, file, there, what)
            return  # else all of it was there
        if answer.status in (206, 416):
            answer.release_conn()
            answer = _ask(url, 0)
            tag = answer.headers.get("ETag", "")
        _check(answer, url)
        file.truncate(0)
        version.keep(tag)
        _receive(answer, file, 0, what)
    finally:
        answer.release_conn()


def _begins(answer: urllib3.BaseHTTPResponse, there: int) -> bool:
    """Whether what comes begins where the part ends; of a part that has all, whether it is as long as the file."""
    said = answer.headers.get("Content-Range", "").replace(" ", "")
    if not said:
        return True
    return said == f"bytes*/{there}" if answer.status == 416 else said.startswith(f"bytes{there}-")


def _ask(url: str, there: int) -> urllib3.BaseHTTPResponse:
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={there}-"} if there else {})}
    answer = _pool(url).request("GET", url, headers=headers, preload_content=False)
    steps = answer.retries.history if answer.retries else ()
    if url.startswith("https:") and any((step.redirect_location or "").startswith("http:") for step in steps):
        answer.close()
        raise NotAvailable(f"{url}: leads to a place without TLS, where anybody may change it: bring the file by hand")
    if not (there and answer.status in (206, 416)):
        _check(answer, url)
    return answer


def _hub() -> str:
    """Where the files are."""
    hub = os.environ.get("HF_ENDPOINT", "").strip().rstrip("/") or HUB
    try:
        parts = urlsplit(hub)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.username or parts.password or parts.query or parts.fragment or " " in hub:
        raise UsageProblem("HF_ENDPOINT: is no URL of a hub: write it like https://huggingface.co, without a login")
    return hub


def _pool(url: str) -> urllib3.PoolManager:
    import urllib3

    timeout, ca_file = urllib3.Timeout(_WAIT_S), os.environ.get("SSL_CERT_FILE") or certifi.where()
    proxy = proxy_for(url)
    if not proxy:
        return urllib3.PoolManager(timeout=timeout, ca_certs=ca_file, cert_reqs="CERT_REQUIRED")
    login = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=login) if login else None
    return urllib3.ProxyManager(
        proxy, proxy_headers=headers, timeout=timeout, ca_certs=ca_file, cert_reqs="CERT_REQUIRED"
    )


def _check(answer: urllib3.BaseHTTPResponse, url: str) -> None:
    if answer.status == 200:
        return
    if answer.status >= 500 or answer.status in _PASSING:
        raise TryAgain(f"{url}: the hub answers {answer.status}: run it again later")
    why = "asks for an account: bring the file by hand" if answer.status in _ACCOUNT else "has no such file"
    raise NotAvailable(f"{url}: the hub {why} (HTTP {answer.status})")


def _receive(answer: urllib3.BaseHTTPResponse, file: BinaryIO, there: int, what: str) -> None:
    """Write what comes after the bytes that are there; a connection that ends early is urllib3's IncompleteRead."""
    said = answer.headers.get("Content-Length", "")
    total = there + (int(said) if said.isdecimal() and len(said) < 20 else 0)
    with Progress(total // _PIECE, what) as progress:
        for piece in answer.stream(_PIECE):
            file.write(piece)
            progress.update(file.tell() // _PIECE)
    file.flush()
