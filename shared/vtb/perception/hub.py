"""Brings one file from the Hugging Face hub, by plain HTTPS: no account, no code, nothing but the file.

``HF_ENDPOINT`` names another hub, as it does for the hub's own library, which not every image has.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import certifi

from vtb.errors import NotAvailable, TryAgain
from vtb.progress import Progress
from vtb.store.s3_proxy import proxy_for

if TYPE_CHECKING:
    import urllib3

HUB = "https://huggingface.co"
_PIECE = 1 << 20
_WAIT_S = 60.0
_ACCOUNT = (401, 403)
_PASSING = (408, 425, 429)


def bring(repository: str, name: str, target: Path) -> None:
    """Bring a file of a repository, the newest version, into a folder; a broken download goes on where it ended.

    Raises:
        NotAvailable: the hub has no such file for us.
        TryAgain: the hub or the network failed.
    """
    import urllib3

    url = f"{os.environ.get('HF_ENDPOINT', HUB).rstrip('/')}/{repository}/resolve/main/{name}"
    part = target.with_name(f"{target.name}.part")
    there = part.stat().st_size if part.is_file() else 0
    try:
        answer = _pool(url).request(
            "GET", url, headers={"Range": f"bytes={there}-"} if there else {}, preload_content=False
        )
        try:
            if answer.status != 416:  # all of it was there
                _check(answer, url)
                _receive(answer, part, there if answer.status == 206 else 0, f"MB of {name}")
        finally:
            answer.release_conn()
    except urllib3.exceptions.HTTPError as error:
        raise TryAgain(f"{url}: {error}: run it again, and it goes on where it ended") from error
    os.replace(part, target)


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
    if answer.status in (200, 206):
        return
    if answer.status >= 500 or answer.status in _PASSING:
        raise TryAgain(f"{url}: the hub answers {answer.status}: run it again later")
    why = "asks for an account: bring the file by hand" if answer.status in _ACCOUNT else "has no such file"
    raise NotAvailable(f"{url}: the hub {why} (HTTP {answer.status})")


def _receive(answer: urllib3.BaseHTTPResponse, part: Path, there: int, what: str) -> None:
    """Write what comes after the bytes that are there; a connection that ends early is urllib3's IncompleteRead."""
    total = there + int(answer.headers.get("Content-Length", 0))
    with part.open("ab" if there else "wb") as file, Progress(total // _PIECE, what) as progress:
        for piece in answer.stream(_PIECE):
            file.write(piece)
            progress.update(file.tell() // _PIECE)
