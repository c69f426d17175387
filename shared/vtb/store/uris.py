"""From a URI to a store."""

from __future__ import annotations

import os
import re
from urllib.parse import quote, unquote

from vtb.errors import UsageProblem
from vtb.store.base import Store
from vtb.store.local import LocalStore

_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*)://")

_MISTYPED = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*:/|s3:)", re.IGNORECASE)  # a scheme that lacks a slash, or both


def is_remote(uri: str) -> bool:
    """Tell whether a URI names something that is not on this machine's file system."""
    return _scheme(uri) not in ("", "file")


def join_uri(uri: str, name: str) -> str:
    """Name something below a URI."""
    name = name.strip("/")
    if _scheme(uri) == "file":
        name = quote(name)
    return f"{uri.rstrip('/')}/{name}" if name else uri


def open_store(uri: str) -> Store:
    """Open the store at a URI: ``s3://bucket/prefix``, ``file:///abs/path`` or a plain path.

    Raises:
        UsageProblem: The URI, or the environment that sets up S3, cannot be used.
        NotAvailable: There are no credentials.
    """
    try:
        uri.encode()
    except UnicodeEncodeError:
        raise UsageProblem(f"{uri.encode(errors='replace').decode()}: the name is not UTF-8: rename it") from None
    scheme = _scheme(uri)
    if scheme == "s3":
        # minio costs a sixth of a second to import, which a run on local folders need not pay.
        from vtb.store.s3 import S3Store

        return S3Store(uri)
    if scheme == "file":
        return LocalStore(_file_path(uri))
    if scheme:
        raise UsageProblem(f"cannot open a {scheme}:// URI: use s3://bucket/prefix, file:///path or a path")
    if _MISTYPED.match(uri):
        start = uri.partition(":")[0] + ":"  # what follows may hold a password
        raise UsageProblem(
            f"a place that starts with {start} is no URI and hardly a path: write s3://bucket/prefix or file:///path, "
            f"or ./{start} for a folder of this name"
        )
    if not uri.strip() or "\0" in uri:
        raise UsageProblem("an empty path names no store: give s3://bucket/prefix, file:///path or a path")
    return LocalStore(os.path.abspath(uri))


def _scheme(uri: str) -> str:
    match = _SCHEME.match(uri)
    if match:
        return match[1].lower()
    return "file" if uri.lower().startswith("file:") else ""


def _file_path(uri: str) -> str:
    rest = uri[len("file:") :]
    path = rest[2:] if rest.startswith("//") else rest
    if not path.startswith("/"):
        raise UsageProblem("a file URI needs an absolute path and no host: file:///path/to/folder")
    return os.path.abspath(unquote(path))
