"""Making the shards of an artifact: one process or many, resumable, with progress, ending in one commit.

Every data stage is the same loop: a list of tasks, a pure function that turns one task into the bytes of one shard,
and a closing function that sees the figures of all shards. Since a shard's bytes follow from its task alone, neither
workers nor shard ranges nor restarts can change the artifact.
"""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.context import SpawnContext
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Generic, TypeVar

from vtb import log as vtb_log
from vtb.artifact.fence import check_plan, fenced
from vtb.artifact.manifest import FileEntry, Manifest, Plan, ShardEntry
from vtb.artifact.output import Output
from vtb.artifact.sidecar import announce
from vtb.errors import NotAvailable
from vtb.progress import Progress
from vtb.signals import Stopped, held
from vtb.stage.sharding import ShardRange, useful
from vtb.store import Store, open_store

log = logging.getLogger("vtb.sharded")
T = TypeVar("T")
Tick = Callable[[int], None]
POLL_S = 0.2


@dataclass(frozen=True)
class Task(Generic[T]):
    """One shard to make: its path in the artifact, how many rows it takes to make, and what the maker needs."""

    path: str
    rows: int
    work: T
    split: str | None = None


@dataclass(frozen=True)
class ShardResult:
    """The bytes of one shard, the files beside it, and its figures."""

    data: bytes
    rows: int
    files: Mapping[str, bytes] = field(default_factory=dict)
    stats: Mapping[str, Any] = field(default_factory=dict)


Maker = Callable[[T, Tick], ShardResult]
Finish = Callable[[Sequence[ShardEntry]], tuple[Sequence[FileEntry], Mapping[str, Any]]]


def make_missing(
    output: Output, tasks: Sequence[Task[T]], make: Maker[T], *, part: ShardRange, workers: int, what: str
) -> bool:
    """Make those shards of this part that are not done; says whether every shard of the artifact is there now."""
    paths = [task.path for task in tasks]
    done = output.done(paths)
    mine = [tasks[index] for index in part.of(len(tasks))]
    missing = [task for task in mine if task.path not in done]
    if len(missing) < len(mine):
        log.info("%d of %d shards are there already", len(mine) - len(missing), len(mine))
    total, ready = sum(task.rows for task in mine), sum(task.rows for task in mine if task.path in done)
    with Progress(total, what, ready) as progress:
        workers = useful(min(workers, len(missing)))
        runner = partial(_make_by_workers, workers=workers) if workers > 1 else _make_here
        try:
            if missing:
                runner(output, missing, make, lambda rows: progress.update(ready + rows))
        except (Stopped, KeyboardInterrupt):
            kept = len(done) + output.added
            log.info("%d of %d shards are done%s", kept, len(tasks), "" if kept else ": nothing of this run is kept")
            raise
    # Of a whole run `finish` looks again.
    return part.whole or len(output.done(paths)) == len(paths)


def finish(output: Output, tasks: Sequence[Task[T]], close: Finish) -> Manifest:
    """Read all sidecars, write the files about the whole, and commit."""
    shards = output.read_shards([task.path for task in tasks])
    files, metrics = close(shards)
    return output.commit(shards, files, metrics)


def store_shard(store: Store, plan: Plan, task: Task[T], made: ShardResult) -> ShardEntry:
    """Store one shard: its files, then its data; the sidecar that marks it done comes after."""
    check_plan(store, plan)
    data = _entry(task.path, made.data)
    files = tuple(_entry(path, content) for path, content in made.files.items())
    entry = ShardEntry(task.path, made.rows, data.bytes, data.sha256, task.split, files, made.stats)
    with fenced(store, plan, *files, data):
        if files:
            announce(store, entry)
        for path, content in made.files.items():
            store.put_bytes(path, content)
        store.put_bytes(task.path, made.data)
    return entry


def _entry(path: str, data: bytes) -> FileEntry:
    return FileEntry(path, len(data), hashlib.sha256(data).hexdigest())


def _make_here(output: Output, missing: Sequence[Task[T]], make: Maker[T], report: Tick) -> None:
    """Make the shards one after the other in this process."""
    rows = 0

    def tick(more: int) -> None:
        nonlocal rows
        rows += more
        report(rows)

    finished = 0
    for task in missing:
        output.add_shard(store_shard(output.store, output.plan, task, make(task.work, tick)))
        finished += task.rows
        tick(finished - rows)


def _make_by_workers(output: Output, missing: Sequence[Task[T]], make: Maker[T], report: Tick, *, workers: int) -> None:
    """Make the shards in worker processes, which store the data themselves; this process adds the sidecars."""
    if sys.version_info < (3, 11):
        _isolate_workers()
    context = multiprocessing.get_context("spawn")  # fork would copy locks held by the store's threads
    counter = _shared_counter(context)
    settings = (counter, vtb_log.current_format(), logging.getLogger("vtb").level)
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=settings)
    waiting: set[Future[ShardEntry]] = set()
    queue = iter(missing)
    try:
        while True:
            for task in _take(queue, 2 * workers - len(waiting)):
                with held():  # the first of these start the workers
                    waiting.add(pool.submit(_work, output.uri, output.plan, task, make))
            if not waiting:
                return
            ready, waiting = wait(waiting, timeout=POLL_S, return_when=FIRST_COMPLETED)
            for future in ready:
                output.add_shard(future.result())
            report(counter.value)
    except BrokenProcessPool as error:
        raise NotAvailable("a worker process was killed, most likely out of memory: lower --workers") from error
    finally:
        _stop(pool, finished=not waiting)


def _isolate_workers() -> None:
    """Start workers with ``python -I``, for Python 3.10: later versions follow PYTHONSAFEPATH, which a program sets.

    Python starts them by ``-c``, which imports from the working folder first. They get this process's path later.
    """
    from multiprocessing import util

    usual: Callable[[], list[str]] = util._args_from_interpreter_flags  # type: ignore[attr-defined]
    if "-I" not in usual():
        util._args_from_interpreter_flags = lambda: ["-I", *usual()]  # type: ignore[attr-defined]


def _shared_counter(context: SpawnContext) -> Synchronized[int]:
    try:
        return context.Value("q", 0)
    except OSError as error:
        raise NotAvailable(
            f"worker processes need /dev/shm ({error.strerror}): mount it, or use --workers 1"
        ) from error


def _take(queue: Iterator[Task[T]], count: int) -> list[Task[T]]:
    """Only a few tasks are handed out at a time, so memory does not grow with the run."""
    return [task for _, task in zip(range(count), queue, strict=False)]


def _stop(pool: ProcessPoolExecutor, *, finished: bool) -> None:
    if not finished:
        for process in multiprocessing.active_children():
            process.terminate()
    pool.shutdown(wait=True, cancel_futures=True)


_counter: Synchronized[int] | None = None
_stores: dict[str, Store] = {}


def _start_worker(counter: Synchronized[int], log_format: str, level: int) -> None:
    """Prepare a worker: logs as in the parent, no reaction to Ctrl-C (the parent decides), no life after the parent."""
    import signal

    global _counter
    _counter = counter
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    vtb_log.configure(log_format, logging.getLevelName(level))
    threading.Thread(target=_die_with_parent, daemon=True).start()


def _die_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _tick(rows: int) -> None:
    if _counter is not None:
        with _counter.get_lock():
            _counter.value += rows


def _work(uri: str, plan: Plan, task: Task[T], make: Maker[T]) -> ShardEntry:
    """Make and store one shard in a worker."""
    if uri not in _stores:
        _stores[uri] = open_store(uri)
    ticked = 0

    def tick(rows: int) -> None:
        nonlocal ticked
        ticked += rows
        _tick(rows)

    entry = store_shard(_stores[uri], plan, task, make(task.work, tick))
    _tick(task.rows - ticked)
    return entry


def wait_note(output: Output, tasks: Sequence[Task[T]]) -> str:
    """What a part says that has finished before its siblings."""
    done = output.seen if output.seen is not None else output.done([task.path for task in tasks])
    return f"{output.uri}: {len(done)} of {len(tasks)} shards are done; the last part to finish writes the manifest"
