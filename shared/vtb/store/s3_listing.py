"""Listings, page by page, from servers that may not know how to go on."""

from __future__ import annotations

from collections.abc import Iterator

from vtb.errors import NotAvailable
from vtb.store.s3_answers import Page, read_page
from vtb.store.s3_client import Client

_EMPTY_PAGES = 1000  # one after the other; a store may have that many removed objects to pass over, and no more


def names_and_sizes(client: Client, bucket: str, prefix: str, uri: str, page_size: int) -> Iterator[tuple[str, int]]:
    """Every object below a prefix; a page is asked for when it is needed.

    Raises:
        NotAvailable: The server repeats a page, or a name in the next one, or has nothing but empty pages: the listing
            would never end.
        TryAgain: Time and again a page is damaged, or has a name twice.
    """
    base = {"list-type": "2", "encoding-type": "url", "max-keys": str(page_size), "prefix": prefix}
    # The token of the page before leads on; servers without tokens are given the last name.
    where, asked, before, firsts, empty = dict[str, str](), set[str](), set[str](), set[str](), 0
    while True:
        page = _page(client, bucket, {**base, **where}, uri)
        before = _refuse_repeats(page, before | firsts, uri)
        firsts |= {name for name, _ in page.rows[:1]}  # tells a circle of several pages
        yield from page.rows
        if not page.more:
            return
        empty = 0 if page.rows else empty + 1
        if empty > _EMPTY_PAGES:
            raise NotAvailable(f"{uri}: the server's listing does not go on: it has one empty page after the other")
        where = {"continuation-token": page.token} if page.token else {"start-after": max(before, default="")}
        (value,) = where.values()
        if not value or value in asked:
            raise NotAvailable(f"{uri}: the server's listing does not go on: it gives the same page again and again")
        asked.add(value)


def _page(client: Client, bucket: str, query: dict[str, str], uri: str) -> Page:
    return client.attempt(uri, lambda: read_page(client.http.call("GET", bucket, query=query).body))


def _refuse_repeats(page: Page, before: set[str], uri: str) -> set[str]:
    """The names of a page, none of which may have been in the one before already."""
    names = {name for name, _ in page.rows}
    if again := names & before:
        raise NotAvailable(f"{uri}: the server's listing does not go on: {min(again)!r} comes in two pages")
    return names
