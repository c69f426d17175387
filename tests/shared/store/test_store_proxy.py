"""Programs in offices reach the network through a proxy: http_proxy, https_proxy and no_proxy, as everywhere."""

from __future__ import annotations

import pytest

from buckets import Bucket
from faulty_proxy import FaultyProxy
from s3_server import free_port
from vtb.errors import NotAvailable, TryAgain, UsageProblem
from vtb.store import open_store
from vtb.store.s3_proxy import proxy_for

P, Q = "http://proxy:3128", "http://other:80"
NAMES = ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY")


@pytest.mark.parametrize(
    ("environ", "url", "proxy"),
    [
        ({}, "https://s3:9000", ""),
        ({"https_proxy": P}, "https://s3:9000", P),
        ({"HTTPS_PROXY": P}, "https://s3:9000", P),
        ({"https_proxy": P, "HTTPS_PROXY": Q}, "https://s3:9000", P),
        ({"https_proxy": "", "HTTPS_PROXY": Q}, "https://s3:9000", ""),
        ({"http_proxy": P}, "https://s3:9000", ""),
        ({"http_proxy": P}, "http://s3:9000", P),
        ({"http_proxy": "proxy:3128"}, "http://s3", P),
        ({"all_proxy": P}, "http://s3", P),
        ({"all_proxy": P, "http_proxy": Q}, "http://s3", Q),
        ({"http_proxy": P, "no_proxy": "*"}, "http://s3", ""),
        ({"http_proxy": P, "NO_PROXY": "a.b, s3"}, "http://s3:9000", ""),
        ({"http_proxy": P, "no_proxy": "cluster.local"}, "http://minio.ns.svc.cluster.local:9000", ""),
        ({"http_proxy": P, "no_proxy": ".cluster.local"}, "http://minio.ns.svc.cluster.local:9000", ""),
        ({"http_proxy": P, "no_proxy": "luster.local"}, "http://minio.ns.svc.cluster.local:9000", P),
        ({"http_proxy": P, "no_proxy": "S3.Example.COM:9000"}, "http://s3.example.com:9000", ""),
        ({"http_proxy": P, "no_proxy": "s3.example.com:9000"}, "http://s3.example.com:9001", P),
        ({"http_proxy": P, "no_proxy": "10.0.0.0/8"}, "http://10.1.2.3:9000", ""),
        ({"http_proxy": P, "no_proxy": "10.0.0.0/8"}, "http://11.1.2.3:9000", P),
        ({"http_proxy": P, "no_proxy": "fd00::/8, ::1"}, "http://[fd00::5]:9000", ""),
        ({"http_proxy": P, "no_proxy": "::1"}, "http://[::1]:9000", ""),
        ({"http_proxy": P, "no_proxy": "300.0.0.0/8,/,,"}, "http://10.1.2.3", P),
    ],
)
def test_which_proxy(environ: dict[str, str], url: str, proxy: str) -> None:
    assert proxy_for(url, environ) == proxy


@pytest.mark.parametrize("value", ["socks5://user:secret@proxy:1080", "http://", "http://user:secret@[::", "ftp://x"])
def test_a_proxy_that_cannot_be_used_is_named_without_its_value(value: str) -> None:
    with pytest.raises(UsageProblem, match="http_proxy") as caught:
        proxy_for("http://s3", {"http_proxy": value})
    assert "secret" not in str(caught.value)


@pytest.fixture
def proxied(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VTB_S3_RETRIES", "1")
    return s3


@pytest.mark.store
def test_requests_go_through_the_proxy(proxied: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultyProxy(proxied.server.url) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        store = open_store(proxied.uri)
        store.put_bytes("a b", b"1")
        assert [item.key for item in store.list()] == ["a b"]
        assert proxy.requests == {"PUT": 1, "GET": 1}
        monkeypatch.setenv("no_proxy", "localhost,127.0.0.1")
        assert open_store(proxied.uri).get_bytes("a b") == b"1"
        assert proxy.requests == {"PUT": 1, "GET": 1}


@pytest.mark.store
def test_a_proxy_that_is_not_there_or_refuses(proxied: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://user:secret@127.0.0.1:{free_port()}")
    with pytest.raises(TryAgain, match="proxy") as caught:
        open_store(proxied.uri).get_bytes("k")
    assert "secret" not in str(caught.value)
    with FaultyProxy(proxied.server.url) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        proxy.add("status", 9, status=407)
        with pytest.raises(NotAvailable, match="the proxy wants a user and password"):
            open_store(proxied.uri).get_bytes("k")


@pytest.mark.store
def test_a_secure_server_behind_a_proxy_that_refuses(proxied: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_ENDPOINT_URL", "https://s3.example.com")
    with FaultyProxy(proxied.server.url) as proxy:
        monkeypatch.setenv("https_proxy", proxy.url)
        proxy.add("status", 9, method="CONNECT", status=407)
        with pytest.raises(NotAvailable, match="the proxy wants a user and password"):
            open_store(proxied.uri).get_bytes("k")
        assert proxy.requests == {"CONNECT": 1}
