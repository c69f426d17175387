"""Reading the manifest of an artifact, which is what makes it complete."""

from __future__ import annotations

import os

from vtb.artifact.manifest import MANIFEST, MAX_MANIFEST, PLAN, Manifest
from vtb.errors import BadInput
from vtb.store import Store, is_remote, open_store


def find_manifest(store: Store, *, edited: bool = False) -> Manifest | None:
    """The manifest of a complete artifact, or None; ``edited`` to take one whose digest does not hold."""
    if store.stat(MANIFEST) is None:
        return None
    from vtb.artifact.parsing import parse_manifest  # msgspec: not for --help

    return parse_manifest(store.get_bytes(MANIFEST, MAX_MANIFEST), store.uri, edited=edited)


def read_manifest(uri: str, kinds: tuple[str, ...] = (), *, edited: bool = False) -> Manifest:
    """The manifest at ``uri``; bad input when it is missing, unfinished or of another kind."""
    store = open_store(uri)
    manifest = find_manifest(store, edited=edited)
    if manifest is None:
        state = "is an unfinished artifact: run its stage again" if store.stat(PLAN) else "holds no artifact"
        nothing = not is_remote(uri) and not os.path.exists(store.uri)
        why = "there is no such folder" if nothing else f"no {MANIFEST} there"
        raise BadInput(f"{store.uri}: {state} ({why})")
    if kinds and manifest.plan.kind not in kinds:
        wanted = " or ".join(kinds)
        raise BadInput(f"{store.uri}: holds {manifest.plan.kind}, but this command reads {wanted}")
    return manifest
