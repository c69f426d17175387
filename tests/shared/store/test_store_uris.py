"""URIs, and the environment that sets up S3."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vtb.errors import NotAvailable, UsageProblem
from vtb.store import is_remote, join_uri, open_store

_KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "very-secret"}


@pytest.fixture
def keys(no_s3_env: None, monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in _KEYS.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_local_uris_are_normalised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for uri in ("a b/", "./a b", f"{tmp_path}/x/../a b", f"file://{tmp_path}/a%20b/", f"FILE:{tmp_path}/a%20b"):
        assert open_store(uri).uri == f"{tmp_path}/a b"
    assert open_store("/").uri == "/"


def test_s3_uris_are_normalised(keys: pytest.MonkeyPatch) -> None:
    for uri in ("s3://bucket/a b//c/", "S3://bucket/a b/c"):
        assert open_store(uri).uri == "s3://bucket/a b/c"
    assert open_store("s3://bucket/").uri == "s3://bucket"


@pytest.mark.parametrize(
    "uri",
    ["", " ", "http://h/x", "gs://b/x", "s3://", "s3:///x", "s3://B_", "s3://a/b/../c", "file://host/x", "file://x"],
)
def test_other_uris_are_refused(keys: pytest.MonkeyPatch, uri: str) -> None:
    with pytest.raises(UsageProblem):
        open_store(uri)


def test_a_password_in_a_uri_is_not_repeated(keys: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageProblem) as caught:
        open_store("s3://user:hunter22@bucket/x")
    assert "hunter22" not in str(caught.value)


def test_join_and_is_remote() -> None:
    assert join_uri("s3://b/p/", "/x/y") == "s3://b/p/x/y"
    assert join_uri("/", "x") == "/x"
    assert join_uri("rel", "x") == "rel/x"
    assert open_store(join_uri("file:///a", "b c%")).uri == "/a/b c%"
    assert is_remote("s3://b")
    assert is_remote("S3://b")
    assert not is_remote("/s3")
    assert not is_remote("file:///x")


@pytest.mark.parametrize(
    "url",
    ["server:9000", "ftp://server", "http://", "http://server/path", "http://s?x=hunter22", "http://u:hunter22@server",
     "http://server:hunter22", "http://[hunter22"],
)  # fmt: skip
def test_an_unusable_endpoint_is_refused_without_repeating_it(keys: pytest.MonkeyPatch, url: str) -> None:
    keys.setenv("S3_ENDPOINT_URL", url)
    with pytest.raises(UsageProblem, match="S3_ENDPOINT_URL") as caught:
        open_store("s3://bucket")
    assert "hunter22" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("VTB_S3_RETRIES", "0"), ("VTB_S3_RETRIES", "1.5"), ("VTB_S3_TIMEOUT", "soon"), ("AWS_REGION", "not a region")],
)
def test_unusable_settings_are_refused(keys: pytest.MonkeyPatch, name: str, value: str) -> None:
    keys.setenv(name, value)
    with pytest.raises(UsageProblem, match=name):
        open_store("s3://bucket")


def test_without_credentials_the_variables_are_named(keys: pytest.MonkeyPatch) -> None:
    keys.delenv("AWS_SECRET_ACCESS_KEY")
    with pytest.raises(NotAvailable, match=r"set AWS_SECRET_ACCESS_KEY in"):
        open_store("s3://bucket")
    keys.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(NotAvailable, match=r"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"):
        open_store("s3://bucket")


def test_the_first_endpoint_wins_and_empty_ones_do_not_count(keys: pytest.MonkeyPatch) -> None:
    from vtb.store.s3_settings import read_settings

    assert read_settings().endpoint == "https://s3.us-east-1.amazonaws.com"
    keys.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert read_settings().endpoint == "https://s3.eu-west-1.amazonaws.com"
    keys.setenv("AWS_ENDPOINT_URL", "http://third:1")
    keys.setenv("AWS_ENDPOINT_URL_S3", "http://second:1/")
    assert read_settings().endpoint == "http://second:1"
    keys.setenv("S3_ENDPOINT_URL", "https://[::1]:9000")
    assert read_settings().endpoint == "https://[::1]:9000"
    keys.setenv("S3_ENDPOINT_URL", "")
    assert read_settings().endpoint == "http://second:1"


def test_nothing_shows_the_secret(keys: pytest.MonkeyPatch) -> None:
    import pickle

    from vtb.store.s3_settings import read_settings

    keys.setenv("AWS_SESSION_TOKEN", "tokentoken")
    store = open_store("s3://bucket")
    shown = repr(read_settings()) + repr(store) + repr(pickle.dumps(store)) + store.uri
    assert not [secret for secret in (*_KEYS.values(), "tokentoken") if secret in shown]


def test_a_missing_ca_bundle_is_told(keys: pytest.MonkeyPatch) -> None:
    keys.setenv("AWS_CA_BUNDLE", "/no/such.pem")
    with pytest.raises(NotAvailable, match=r"AWS_CA_BUNDLE is /no/such\.pem"):
        open_store("s3://bucket")


@pytest.mark.parametrize("uri", ["s3:/bucket/x", "S3:bucket/x", "s3:", "gs:/bucket", "http:/host/x", "s3:\\bucket"])
def test_a_mistyped_scheme_is_no_folder(uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageProblem, match="is no URI and hardly a path: write s3://"):
        open_store(uri)
    assert open_store(f"./{uri}").uri == str(tmp_path / uri)


def test_a_password_in_a_mistyped_uri_is_not_repeated() -> None:
    with pytest.raises(UsageProblem) as caught:
        open_store("s3:/user:hunter22@bucket/x")
    assert "hunter22" not in str(caught.value)


@pytest.mark.parametrize("uri", ["a:b", "12:/x", "runs/s3:/x", "c3:b/x"])
def test_other_colons_are_folders(uri: str) -> None:
    assert open_store(uri).uri == os.path.abspath(uri)


def test_missing_credentials_name_the_endpoint_too(no_s3_env: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nearly nobody's store is AWS; who has said which server it is need not hear of it."""
    with pytest.raises(NotAvailable, match=r"set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY .*S3_ENDPOINT_URL too"):
        open_store("s3://bucket").stat("x")
    monkeypatch.setenv("S3_ENDPOINT_URL", "http://127.0.0.1:1")
    with pytest.raises(NotAvailable) as caught:
        open_store("s3://bucket").stat("x")
    assert "S3_ENDPOINT_URL" not in str(caught.value)
