"""What would end a pipeline after hours is told before its first step starts, all of it together."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

from vtb import errors
from vtb.artifact import find_manifest, read_manifest
from vtb.artifact.local import DRAWING_ADAPTER, DRAWING_MODEL, MODEL_KINDS, find_model
from vtb.errors import BadInput, NotAvailable, TryAgain, VtbError
from vtb.pipeline.step import Step, is_place
from vtb.store import is_remote, join_uri, open_store

TryStep = Callable[[Step, str], tuple[int, str]]
AT_A_TIME = 2
MIN_FREE = 100_000_000  # bytes; the smallest run needs them
PROBE = ".vtb-write-check"
SIGNALLED = 128  # and the number of the signal: the exit code of a container whose program a signal has ended
KINDS = {
    kind.exit_code: kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, VtbError)
}


# Which of them a step wants, it says itself.
_ANY_MODEL = DRAWING_MODEL
_ANY_ADAPTER = ("adapter_config.json", *DRAWING_ADAPTER)


def find_problems(
    steps: Sequence[Step], store: str, try_step: TryStep, *, write: bool, elsewhere: bool = False
) -> list[VtbError]:
    """Everything that can be known before the first step runs.

    Args:
        steps: those that will run.
        store: where they write.
        try_step: runs a step with ``--dry-run``; its exit code and what it prints.
        write: whether the store may be written to, to see that it can be.
        elsewhere: whether the steps run on other machines, whose files cannot be seen from here.
    """
    try:
        check_store(store, write=write)
    except VtbError as error:
        return [error]  # every step would say the same
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        found = list(pool.map(lambda step: list(_of_step(step, steps, store, try_step, elsewhere)), steps))
    # An image that several steps need is missing once.
    return list({str(problem): problem for problems in found for problem in problems}.values())


def check_store(store: str, *, write: bool) -> None:
    """Raise what keeps a store from being used."""
    opened = open_store(store)
    if not is_remote(store):
        _check_folder(Path(opened.uri))
        return
    next(iter(opened.list()), None)
    if write:
        opened.put_bytes(PROBE, b"")
        with suppress(VtbError):  # a store that keeps everything is good enough
            opened.delete([PROBE])


def _check_folder(folder: Path) -> None:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    if not there.is_dir():
        raise BadInput(f"--store {folder}: {there} is a file: choose another --store")
    if not os.access(there, os.W_OK | os.X_OK):
        raise NotAvailable(f"--store {folder}: {there} cannot be written by user {os.getuid()}: choose another --store")
    free = shutil.disk_usage(there).free
    if free < MIN_FREE:
        raise NotAvailable(f"--store {folder}: only {free / 1e6:.0f} MB are free there: free some or take another disk")


def _of_step(step: Step, steps: Sequence[Step], store: str, try_step: TryStep, elsewhere: bool) -> Iterator[VtbError]:
    missing = list(_missing_places(step, elsewhere))
    yield from missing
    try:
        code, said = try_step(step, store)
    except VtbError as error:  # its image is not here
        yield error
        return
    # What an earlier step will make is not there yet, and the step may say so.
    waits = (BadInput.exit_code, NotAvailable.exit_code) if missing or _waits(step, steps, store) else ()
    if code in waits and not elsewhere:  # so it has said nothing of its models
        yield from _bad_models(step)
    elif code < 0 or code > SIGNALLED:
        number = -code if code < 0 else code - SIGNALLED
        yield TryAgain(f"step {step.name}: signal {number} ended its check: run the same command again")
    elif code and code not in waits:
        line = next((line for line in reversed(said.splitlines()) if ": error: " in line), said.strip()[-300:])
        yield KINDS.get(code, VtbError)(
            f"step {step.name}: {line.partition(': error: ')[2] or line or f'exit code {code}'}"
        )


def _missing_places(step: Step, elsewhere: bool) -> Iterator[VtbError]:
    """Artifacts and models that the step reads, no step makes, and nobody has put there."""
    takes = step.installed.artifact_options
    for option, place in step.places:
        kinds = takes[option]
        try:
            if is_remote(place):
                read_manifest(place, kinds)
            elif elsewhere:
                _check_path_in_pod(place)
            elif not os.path.exists(open_store(place).uri):
                raise NotAvailable(f"nothing is there: give the place of a {' or '.join(kinds)}")
        except VtbError as error:
            yield type(error)(f"step {step.name}: --{option} {place}: {error}")


def _check_path_in_pod(place: str) -> None:
    """A volume of the site may hold it; what is relative means the folder here and nothing there."""
    if not place.startswith("/"):
        raise BadInput("a cluster does not see files of this machine: put it in the store, or on a volume of the site")


def _bad_models(step: Step) -> Iterator[VtbError]:
    """Local folders that the step reads as models or adapters, and that are none."""
    for option, place in step.places:
        kinds = step.installed.artifact_options[option]
        if set(kinds) <= {*MODEL_KINDS, "adapter"} and not is_remote(place) and os.path.exists(open_store(place).uri):
            try:
                find_model(place, kinds, _ANY_ADAPTER if "adapter" in kinds else _ANY_MODEL)
            except VtbError as error:
                yield type(error)(f"step {step.name}: --{option} {error}")


def _waits(step: Step, steps: Sequence[Step], store: str) -> bool:
    """Whether a step that runs before this one has yet to make what it reads."""
    names = {other.name for other in steps}
    sources = [source for found in step.inputs.values() for source in found if not is_place(source)]
    return any(find_manifest(open_store(join_uri(store, source))) is None for source in sources if source in names)
