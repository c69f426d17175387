"""Stores in other processes: connections and locks do not survive a fork, and nothing secret is pickled."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from vtb.store import ObjectMissing, Store, open_store

if TYPE_CHECKING:
    from buckets import FaultyBucket

pytestmark = pytest.mark.store


def _work(store: Store, number: int) -> bytes:
    store.put_bytes(f"n/{number}", str(number).encode() * 1000)
    return store.get_bytes(f"n/{number}") + store.get_bytes("shared")


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_process_pools(faulty_s3: FaultyBucket, method: str) -> None:
    store = open_store(faulty_s3.uri)
    store.put_bytes("shared", b"!")
    # The parent's connections are open, and in use, when it forks.
    with (
        ThreadPoolExecutor(2) as threads,
        ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool,
    ):
        busy = [threads.submit(_work, store, 100 + number) for number in range(20)]
        found = list(pool.map(_work, [store] * 20, range(20)))
        assert found == [str(number).encode() * 1000 + b"!" for number in range(20)]
        assert [item.result() for item in busy] == [str(100 + number).encode() * 1000 + b"!" for number in range(20)]


def test_errors_come_back_from_other_processes(faulty_s3: FaultyBucket) -> None:
    store = open_store(faulty_s3.uri)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        future = pool.submit(store.get_bytes, "missing")
        with pytest.raises(ObjectMissing, match="/missing"):
            future.result()


def test_a_forked_process_never_uses_the_connections_of_its_parent(faulty_s3: FaultyBucket) -> None:
    store = open_store(faulty_s3.uri)
    store.put_bytes("k", b"1")
    assert faulty_s3.proxy.connections == 1
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("fork")) as pool:
        assert pool.submit(store.get_bytes, "k").result() == b"1"
    assert faulty_s3.proxy.connections == 2
    assert store.get_bytes("k") == b"1"
    assert faulty_s3.proxy.connections == 2
