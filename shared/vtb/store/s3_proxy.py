"""Which proxy leads to a server: ``http_proxy``, ``https_proxy``, ``all_proxy`` and ``no_proxy``, in either case."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from vtb.errors import UsageProblem


def proxy_for(url: str, environ: Mapping[str, str] = os.environ) -> str:
    """The URL of the proxy for a server, or nothing; the names in small letters come first, even when empty.

    ``no_proxy`` lists hosts, domains (with all below them), networks (``10.0.0.0/8``), each perhaps with a port, or is
    ``*``.

    Raises:
        UsageProblem: the variable holds no proxy that can be used.
    """
    server = urlsplit(url)
    name = next((name for name in (f"{server.scheme}_proxy", "all_proxy") if _value(environ, name)), "")
    if not name or any(_covers(entry, server) for entry in _value(environ, "no_proxy").replace(",", " ").split()):
        return ""
    value = _value(environ, name)
    return _checked(value if "://" in value else f"http://{value}", name)


def _value(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name, environ.get(name.upper(), "")).strip()


def _covers(entry: str, server: SplitResult) -> bool:
    host, entry = (server.hostname or "").rstrip("."), entry.lower()
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        pass  # one of the two is a name
    domain, _, port = entry.rpartition(":") if entry.count(":") == 1 else (entry, "", "")
    if port and port != str(server.port or (443 if server.scheme == "https" else 80)):
        return False
    domain = domain.removeprefix("*").strip(".")
    return entry == "*" or (domain != "" and f".{host}".endswith(f".{domain}"))


def _checked(proxy: str, name: str) -> str:
    # Nothing of the value is repeated in a message: it may hold a password.
    try:
        url = urlsplit(proxy)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageProblem(f"{name} (or {name.upper()}) is no proxy for HTTP; it looks like http://host:port")
    return proxy
