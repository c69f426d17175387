"""Several runs at one place: whose it is, and what becomes of an object that arrives after another has taken over.

Nothing can stop an upload that is under way. So each writer looks at the plan again when its object is stored, and
takes the object back when the place is another's by then. What a writer left that was killed before that look shows in
the sizes; where those are equal, only in the hash, which every reader of a shard compares.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from vtb.artifact.manifest import MAX_NOTE, PLAN, FileEntry, Plan
from vtb.artifact.reading import find_manifest
from vtb.artifact.sidecar import SIDECAR
from vtb.errors import BadInput
from vtb.store import ObjectMissing, ObjectTooLarge, Store


def stored_plan(store: Store) -> Plan | None:
    """The plan of the artifact at a place, finished or not; None where nothing has begun."""
    from vtb.artifact.parsing import parse_plan  # msgspec: not for --help

    try:
        return parse_plan(store.get_bytes(PLAN, MAX_NOTE))
    except ObjectMissing:
        return None
    except ValueError as error:
        raise BadInput(f"{store.uri}: {PLAN} is damaged: give --overwrite to make the artifact anew") from error


def check_plan(store: Store, plan: Plan) -> None:
    """Raise ``BadInput`` when the plan at a place is not this one."""
    found = stored_plan(store)
    if found is None or found.fingerprint != plan.fingerprint:
        how = "has removed it" if found is None else f"makes it differently ({difference(found, plan)})"
        raise BadInput(f"{store.uri}: another process {how}: stop one of the two, or give them different outputs")


def difference(found: Plan, wanted: Plan) -> str:
    """What differs between two plans, for one line of an error."""
    if (found.stage, found.kind) != (wanted.stage, wanted.kind):
        return f"{found.kind} by {found.stage}, not {wanted.kind} by {wanted.stage}"
    parts = [
        f"{name.replace('_', '-')}: there {found.config.get(name)!r}, here {wanted.config.get(name)!r}"
        for name in sorted({*found.config, *wanted.config})
        if found.config.get(name) != wanted.config.get(name)
    ]
    if found.stage_version != wanted.stage_version:
        parts.append(f"stage version: there {found.stage_version}, here {wanted.stage_version}")
    if [entry.digest for entry in found.inputs] != [entry.digest for entry in wanted.inputs]:
        parts.append("the content of its inputs")
    return "; ".join(parts)


@contextmanager
def fenced(store: Store, plan: Plan, *files: FileEntry) -> Iterator[None]:
    """Store objects here; they are taken back when the place is another plan's by then.

    An object of the new owner that is as large goes with them, since the two cannot be told apart, unless its sidecar
    says that it is the same: it is missing then, which its readers notice, and is made again.
    """
    yield
    try:
        check_plan(store, plan)
    except BadInput:
        store.delete([file.path for file in files if _is_late(store, file)])
        raise


def _is_late(store: Store, file: FileEntry) -> bool:
    there = store.stat(file.path)
    if there is None or there.size != file.bytes:
        return False
    with suppress(ObjectMissing, ObjectTooLarge):
        return file.sha256.encode() not in store.get_bytes(file.path + SIDECAR, MAX_NOTE)
    return True


def check_sizes(store: Store) -> None:
    """Whether every object of a complete artifact is there with its size; hashes are for `vtb show --verify`.

    Raises:
        BadInput: one is not.
    """
    manifest = find_manifest(store)
    wanted = {file.path: file.bytes for file in manifest.all_files()} if manifest else {}
    for info in store.list():
        size = wanted.pop(info.key, info.size)
        if size != info.size:
            raise _changed(store, f"{info.key} has {info.size} bytes, not {size}")
    for path in wanted:
        raise _changed(store, f"{path} is missing")


def _changed(store: Store, what: str) -> BadInput:
    return BadInput(f"{store.uri}: is complete, but {what}: give --overwrite to make the artifact again")
