"""Which URLs are an endpoint's; apart from what asks them, so that launchers can check it."""

from __future__ import annotations

from urllib.parse import urlsplit

from vtb.errors import UsageProblem


def check_endpoint(endpoint: str, option: str = "--endpoint") -> None:
    """Refuse what is no base URL of a server, without repeating it where it may hold a key.

    Raises:
        UsageProblem: it is none.
    """
    try:
        url = urlsplit(endpoint)
        whole = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        whole, url = False, urlsplit("")
    if url.username or url.password or url.query or url.fragment:
        raise UsageProblem(
            f"{option}: holds more than scheme, host and path: a key belongs into OPENAI_API_KEY, never into a URL"
        )
    if not whole or not (endpoint.isascii() and endpoint.isprintable()) or " " in endpoint:
        raise UsageProblem(f"{option}: is no URL of a server: write it like http://localhost:8000/v1")
    if url.path.rstrip("/").endswith("/chat/completions"):
        raise UsageProblem(f"{option}: leave out /chat/completions: the URL ends before it, in /v1 at most servers")
