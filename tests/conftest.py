"""Fixtures: an S3 server for the whole run, a bucket a test, a proxy that breaks requests, a cluster in memory."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator

import pytest

from buckets import Bucket, FaultyBucket
from faulty_proxy import FaultyProxy
from forked_engines import engines_fork  # noqa: F401 -- a fixture
from in_memory_kubernetes.fixture import kubernetes  # noqa: F401 -- a fixture
from s3_server import S3Server
from vtb.store import s3_client

# As many processes as cores run tests: more threads of one would only wait for another's.
os.environ.setdefault("OMP_NUM_THREADS", "1")

_S3_NAMES = (
    "S3_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CA_BUNDLE",
    "SSL_CERT_FILE",
    "VTB_S3_RETRIES",
    "VTB_S3_TIMEOUT",
)


@pytest.fixture
def no_s3_env(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment that says nothing of S3."""
    for name in _S3_NAMES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[S3Server]:
    """One server for the whole run; tests that kill a server start their own."""
    with S3Server() as server:
        yield server


@pytest.fixture
def s3(s3_server: S3Server, no_s3_env: None, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A fresh bucket, with the environment set for it."""
    name = f"bucket-{secrets.token_hex(6)}"
    s3_server.make_bucket(name)
    for variable, value in s3_server.env.items():
        monkeypatch.setenv(variable, value)
    return Bucket(s3_server.env, f"s3://{name}", name, s3_server)


@pytest.fixture
def faulty_s3(s3: Bucket, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyBucket]:
    """A fresh bucket behind a proxy, with the environment set for it and short patience."""
    with FaultyProxy(s3.server.url) as proxy:
        env = {**s3.env, "S3_ENDPOINT_URL": proxy.url, "VTB_S3_TIMEOUT": "1.5", "VTB_S3_RETRIES": "3"}
        for variable, value in env.items():
            monkeypatch.setenv(variable, value)
        monkeypatch.setattr(s3_client, "_FIRST_WAIT", 0.1)
        yield FaultyBucket(env, s3.uri, s3.name, s3.server, proxy)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that run engines first: they are the slowest, and the last of them would keep one process busy alone."""
    engines = {item.path for item in items if item.get_closest_marker("engine")}
    items.sort(key=lambda item: item.path not in engines)
    if not os.environ.get("VTB_SLOW_TESTS"):
        for item in items:
            if item.get_closest_marker("slow"):
                item.add_marker(pytest.mark.skip(reason="takes minutes: make test-slow"))
