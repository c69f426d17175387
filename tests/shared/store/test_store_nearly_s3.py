"""Stores that are nearly S3, and answers that are wrong rather than late: each is told as what it is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from buckets import FaultyBucket
from vtb.errors import NotAvailable, TryAgain, VtbError
from vtb.store import ObjectInfo, Store, open_store, s3_client, s3_http, s3_listing
from vtb.store import s3 as s3_module

pytestmark = pytest.mark.store

KEYS = [f"k{number:02d} é&" for number in range(7)]
WORK: dict[str, Callable[[Store], object]] = {
    "get": lambda store: store.get_bytes("k"),
    "put": lambda store: store.put_bytes("k", b"1"),
    "stat": lambda store: store.stat("k"),
    "list": lambda store: list(store.list()),
    "delete": lambda store: store.delete(["k"]),
}


@pytest.fixture(autouse=True)
def short_waits(faulty_s3: FaultyBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_client, "_FIRST_WAIT", 0.01)


@pytest.fixture
def seven(faulty_s3: FaultyBucket, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A bucket with seven objects, listed three at a time."""
    monkeypatch.setattr(s3_module, "_PAGE", 3)
    store = open_store(faulty_s3.uri)
    for key in KEYS:
        store.put_bytes(key, key.encode())
    faulty_s3.proxy.requests.clear()
    return store


def failure(work: Callable[[], object]) -> VtbError:
    with pytest.raises((NotAvailable, TryAgain)) as caught:
        work()
    text = str(caught.value)
    assert "\n" not in text
    assert len(text) < 500
    return caught.value


def replaced(old: str, new: str, count: int = 0) -> Callable[[bytes], bytes]:
    def edit(body: bytes) -> bytes:
        changed, found = re.subn(old.encode(), new.encode(), body, count=count, flags=re.DOTALL)
        assert found, body
        return changed

    return edit


def test_a_listing_goes_on_page_by_page(faulty_s3: FaultyBucket, seven: Store) -> None:
    assert [item.key for item in seven.list()] == KEYS
    assert next(iter(seven.list())) == ObjectInfo(KEYS[0], len(KEYS[0].encode()))
    assert faulty_s3.proxy.requests["GET"] == 4


TOKEN = "<NextContinuationToken>[^<]*</NextContinuationToken>"


@pytest.mark.parametrize("tokens", ["same", "new", "none"])
def test_a_server_that_ignores_where_to_go_on(faulty_s3: FaultyBucket, seven: Store, tokens: str) -> None:
    pages: list[bytes] = []

    def first_page_again(body: bytes) -> bytes:
        pages.append(body)
        token = {"same": pages[0], "new": body, "none": b""}[tokens]
        found = re.search(TOKEN.encode(), token)
        return replaced(TOKEN, found[0].decode() if found else "")(pages[0])

    faulty_s3.proxy.add("edit", 50, method="GET", edit=first_page_again)
    error = failure(lambda: list(seven.list()))
    assert type(error) is NotAvailable
    assert "the server's listing does not go on" in str(error)
    assert faulty_s3.proxy.requests["GET"] == 2


def test_a_server_without_tokens_is_asked_with_the_last_key(faulty_s3: FaultyBucket, seven: Store) -> None:
    edit = replaced(TOKEN, "")
    faulty_s3.proxy.add("edit", 2, method="GET", edit=edit)
    assert [item.key for item in seven.list()] == KEYS


@pytest.mark.parametrize("body", ["", "<NextContinuationToken>same</NextContinuationToken>"])
def test_a_listing_of_empty_pages_that_never_ends(faulty_s3: FaultyBucket, seven: Store, body: str) -> None:
    page = f"<ListBucketResult><IsTruncated>true</IsTruncated>{body}</ListBucketResult>"
    faulty_s3.proxy.add("edit", 50, method="GET", edit=lambda _: page.encode())
    assert "does not go on" in str(failure(lambda: list(seven.list())))
    assert faulty_s3.proxy.requests["GET"] <= 2


def page_of(keys: Sequence[str], token: int) -> bytes:
    """A page that says there is another."""
    rows = "".join(f"<Contents><Key>{key}</Key><Size>1</Size></Contents>" for key in keys)
    # The server refuses other tokens.
    more = f"<IsTruncated>true</IsTruncated><NextContinuationToken>{token:08d}</NextContinuationToken>"
    return f"<ListBucketResult>{more}{rows}</ListBucketResult>".encode()


def test_empty_pages_that_each_lead_to_another(
    faulty_s3: FaultyBucket, seven: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some are well-behaved: a store passes over what was removed."""
    monkeypatch.setattr(s3_listing, "_EMPTY_PAGES", 5)
    tokens = itertools.count()
    faulty_s3.proxy.add("edit", 5, method="GET", edit=lambda _: page_of([], next(tokens)))
    faulty_s3.proxy.add("edit", 1, method="GET", edit=lambda _: replaced("true", "false")(page_of(["k"], 0)))
    assert list(seven.list()) == [ObjectInfo("k", 1)]
    faulty_s3.proxy.add("edit", 50, method="GET", edit=lambda _: page_of([], next(tokens)))
    assert "one empty page after the other" in str(failure(lambda: list(seven.list())))
    assert faulty_s3.proxy.requests["GET"] == 6 + 6


def test_pages_that_go_round_in_a_circle(faulty_s3: FaultyBucket, seven: Store) -> None:
    pages, tokens = itertools.cycle((["a", "b"], ["c", "d"], [])), itertools.count()
    faulty_s3.proxy.add("edit", 50, method="GET", edit=lambda _: page_of(next(pages), next(tokens)))
    assert "'a' comes in two pages" in str(failure(lambda: list(seven.list())))
    assert faulty_s3.proxy.requests["GET"] == 4


def test_a_key_that_comes_twice_in_a_page(faulty_s3: FaultyBucket, seven: Store) -> None:
    faulty_s3.proxy.add("edit", 50, method="GET", edit=replaced("k01", "k00"))
    assert "names 'k00 é&' twice" in str(failure(lambda: list(seven.list())))


def test_a_key_that_comes_twice_while_it_is_written(faulty_s3: FaultyBucket, seven: Store) -> None:
    """Seen of a server over a folder: a file that takes its place during a listing is read at both."""
    faulty_s3.proxy.add("edit", 1, method="GET", edit=replaced("k01", "k00"))
    assert [item.key for item in seven.list()] == KEYS


LISTINGS: dict[str, Callable[[bytes], bytes]] = {
    "entry without a key": replaced("<Key>[^<]*</Key>", "", 1),
    "entry with an empty key": replaced("<Key>[^<]*</Key>", "<Key></Key>", 1),
    "entry without a size": replaced("<Size>[^<]*</Size>", "", 1),
    "size that is no number": replaced("<Size>[^<]*</Size>", "<Size>1O</Size>", 1),
    "negative size": replaced("<Size>[^<]*</Size>", "<Size>-1</Size>", 1),
    "no keys, but a count": replaced("<Contents>.*</Contents>", ""),
    "does not say whether it is whole": replaced("<IsTruncated>[a-z]*</IsTruncated>", ""),
    "a flipped bit in a tag": replaced("<Contents>", "<Contentr>", 1),
    "a flipped bit in true": lambda body: re.sub(b"<IsTruncated>..", b"<IsTruncated>xx", body),
    "a flipped bit in the prolog": lambda _: b"<?xml version='1.0' encoding='UTF-9'?><ListBucketResult/>",
    "bytes that are no text": lambda body: body.replace(b"<Key>", b"<Key>\xff", 1),
    "cut to nothing": lambda _: b"",
    "something else": lambda _: b"<Something/>",
    "a page of the web": lambda _: b"<!doctype html><p>hello",
}


@pytest.mark.parametrize("name", LISTINGS)
def test_a_damaged_listing_is_asked_for_again(faulty_s3: FaultyBucket, seven: Store, name: str) -> None:
    faulty_s3.proxy.add("edit", 1, method="GET", edit=LISTINGS[name])
    assert [item.key for item in seven.list()] == KEYS
    assert faulty_s3.proxy.requests["GET"] == 4
    faulty_s3.proxy.add("edit", 50, method="GET", edit=LISTINGS[name])
    error = failure(lambda: list(seven.list()))
    assert type(error) is TryAgain
    assert "listing" in str(error)


@pytest.mark.parametrize(("status", "code"), [(501, "NotImplemented"), (405, "MethodNotAllowed")])
def test_a_store_without_bulk_delete(faulty_s3: FaultyBucket, seven: Store, status: int, code: str) -> None:
    faulty_s3.proxy.add("status", 50, method="POST", status=status, code=code)
    seven.delete([*KEYS, "never/was"])
    assert list(seven.list()) == []
    assert faulty_s3.proxy.requests["DELETE"] == 8
    assert faulty_s3.proxy.requests["POST"] == 1


@pytest.mark.parametrize("name", WORK)
@pytest.mark.parametrize("length", ["1O", "-5", "1e3", "5, 6"])
def test_a_content_length_that_is_none(faulty_s3: FaultyBucket, name: str, length: str) -> None:
    store = open_store(faulty_s3.uri)
    store.put_bytes("k", b"1")
    method = {"stat": "HEAD", "put": "PUT", "delete": "POST"}.get(name, "GET")
    faulty_s3.proxy.add("length", 1, method=method, length=length)
    WORK[name](store)
    store.put_bytes("k", b"1")
    faulty_s3.proxy.add("length", 50, method=method, length=length)
    error = failure(lambda: WORK[name](store))
    assert type(error) is TryAgain


@pytest.mark.parametrize("name", WORK)
@pytest.mark.parametrize(
    ("status", "kind", "says"),
    [(409, TryAgain, "409"), (500, TryAgain, "500"), (429, TryAgain, "429"), (507, NotAvailable, "no space left"),
     (402, NotAvailable, "402"), (418, NotAvailable, "418"), (301, NotAvailable, "")],
)  # fmt: skip
def test_statuses_are_told_as_what_they_are(
    faulty_s3: FaultyBucket, name: str, status: int, kind: type[VtbError], says: str
) -> None:
    """With the code that a server of S3 would give, and (HEAD has no body) without one."""
    code = {409: "OperationAborted", 301: "PermanentRedirect"}.get(status, "Odd")
    faulty_s3.proxy.add("status", 99, status=status, code=code)
    error = failure(lambda: WORK[name](open_store(faulty_s3.uri)))
    assert type(error) is kind
    assert says in str(error)


@pytest.mark.parametrize("how", ["cut", "short"])
@pytest.mark.parametrize("name", ["get", "list"])
def test_a_refusal_that_is_cut_short_is_no_answer(faulty_s3: FaultyBucket, name: str, how: str) -> None:
    uri = faulty_s3.uri if name == "get" else f"{faulty_s3.uri}-not"
    faulty_s3.proxy.add(how, 50, method="GET")
    error = failure(lambda: WORK[name](open_store(uri)))
    assert type(error) is TryAgain
    assert faulty_s3.proxy.requests["GET"] == 3


def test_a_page_of_the_web_is_no_store(faulty_s3: FaultyBucket) -> None:
    faulty_s3.proxy.add("edit", 50, method="GET", edit=lambda _: b"<!doctype html><p>not found")
    assert "check S3_ENDPOINT_URL" in str(failure(lambda: open_store(faulty_s3.uri).get_bytes("k")))
    assert faulty_s3.proxy.requests["GET"] == 1


def test_an_endless_answer_is_not_kept(faulty_s3: FaultyBucket, seven: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_http, "_MAX_ANSWER", 1000)
    faulty_s3.proxy.add("edit", 50, method="GET", edit=lambda body: body + b" " * 2000)
    assert type(failure(lambda: list(seven.list()))) is TryAgain


@pytest.mark.parametrize("how", ["size", "parts"])
def test_an_upload_that_is_not_confirmed(faulty_s3: FaultyBucket, how: str) -> None:
    """The last answer of an upload in parts may be an error although its status is 200."""
    body: Any = b"<Error><Code>InternalError</Code></Error>" if how == "size" else b"<Odd/>"
    faulty_s3.proxy.add("edit", 1, method="POST", part="uploadId=", edit=lambda _: body)
    store = open_store(faulty_s3.uri)
    store.put_bytes("k", bytes(20 << 20))
    assert store.stat("k") == ObjectInfo("k", 20 << 20)
