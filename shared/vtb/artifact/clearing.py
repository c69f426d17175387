"""Removing an artifact to make it anew: what it lists, what its killed runs left, and nothing of anybody else's."""

from __future__ import annotations

import re
from contextlib import suppress

from vtb.artifact.manifest import MANIFEST, MAX_MANIFEST, MAX_NOTE, PLAN
from vtb.artifact.sidecar import SIDECAR
from vtb.errors import BadInput
from vtb.store import ObjectTooLarge, Store

# Objects of an unfinished artifact that no manifest lists: named as the stages name them, at their own depth only.
_OURS = re.compile(
    r"(shards|verdicts|quarantine)/([a-z]+-)?\d{5,}\.(tar|jsonl)(\.done\.json)?"
    r"|media/\d{5,}/[^/]+\.png"
    r"|checkpoints/(checkpoint-\d+|side)/.+"
)


CLEARING = "clearing.json"  # the manifest of an artifact that is being removed, so that it can be removed to the end


def clear(store: Store) -> None:
    """Remove the artifact: the manifest first, so that nobody takes the rest for complete; the plan last.

    What names other objects goes after them, so that a rerun can finish what a killed run has begun.
    """
    if store.stat(MANIFEST) is not None:
        store.put_bytes(CLEARING, _manifest(store))
    keys = {*_listed(store), *_left(store)}
    store.delete([MANIFEST])
    for sidecars in (False, True):
        store.delete(sorted(key for key in keys if key.endswith(SIDECAR) == sidecars))
    store.delete([CLEARING])
    store.delete([PLAN])


def clearing_was_broken_off(store: Store) -> bool:
    """Whether a killed run has removed some of the artifact here."""
    return store.stat(CLEARING) is not None


def _manifest(store: Store) -> bytes:
    """The manifest; nothing where what lies there is too large for one, and so lists nothing."""
    try:
        return store.get_bytes(MANIFEST, MAX_MANIFEST)
    except ObjectTooLarge:
        return b""


def _listed(store: Store) -> list[str]:
    """What the manifest lists; nothing when it is damaged."""
    from vtb.artifact.parsing import parse_manifest  # msgspec: not for --help

    with suppress(BadInput):
        return [file.path for file in parse_manifest(store.get_bytes(CLEARING), store.uri, edited=True).all_files()]
    return []


def _left(store: Store) -> list[str]:
    """What killed runs left: shards, sidecars, and the files that the sidecars name."""
    from vtb.artifact.parsing import parse_sidecar  # msgspec: not for --help

    keys = [info.key for info in store.list() if _OURS.fullmatch(info.key)]
    for key in [key for key in keys if key.endswith(SIDECAR)]:
        with suppress(BadInput, ValueError):
            keys += [file.path for file in parse_sidecar(store.get_bytes(key, MAX_NOTE))[0].files]
    return keys
