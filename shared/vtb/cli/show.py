"""``vtb show``: what an artifact holds and where it comes from."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import click

from vtb import log as vtb_log
from vtb.artifact import FileEntry, InputEntry, Manifest, find_manifest, read_manifest
from vtb.artifact.manifest import MANIFEST, MAX_MANIFEST
from vtb.artifact.output import file_sha256
from vtb.cli.scores_table import cut_off_line, refused_line, same_choice_line, scores_table
from vtb.errors import BadInput, VtbError
from vtb.progress import Progress
from vtb.report.against import against_lines
from vtb.report.latents import latent_lines
from vtb.store import LocalStore, ObjectMissing, ObjectTooLarge, Store, open_store

THREADS = 8
RANGE = {"min", "mean", "max"}
DEEPEST = 20  # stages between an artifact and its generator; real chains have six
AT_ONCE = 1024  # objects that are handed to the threads in one go: a million would wait in memory
NAMED = 3  # damaged objects that a message names
IN_MEMORY = 1 << 26  # larger objects are not read into memory, several at a time


@dataclass(frozen=True)
class Ancestor:
    """One artifact in the lineage: how far back, and its manifest or why it cannot be shown."""

    depth: int
    entry: InputEntry
    manifest: Manifest | None
    note: str


@click.command()
@click.argument("uri")
@click.option("--verify", is_flag=True, help="Read every object again and compare its hash with the manifest's.")
@click.option("--json", "as_json", is_flag=True, help="Print the manifest as it is stored.")
def show(uri: str, verify: bool, as_json: bool) -> None:
    """Show an artifact: its manifest, its counts, and its lineage back to the generators.

    With --verify every object is read and its hash compared; the command exits 3 when one differs.

    Example: vtb show --verify out/curated
    """
    vtb_log.configure()
    manifest = read_manifest(uri, edited=True)
    if as_json:
        for piece in manifest.pieces():
            click.echo(piece.decode(), nl=False)
    else:
        for line in [*describe(uri, manifest), *(line_of(ancestor) for ancestor in lineage(manifest))]:
            click.echo(line)
    if verify:
        check_all(open_store(uri), manifest)


def describe(uri: str, manifest: Manifest) -> Iterator[str]:
    """The artifact itself, line by line."""
    plan, run, objects, size = manifest.plan, manifest.run, 0, 0
    for file in manifest.all_files():
        objects, size = objects + 1, size + file.bytes
    yield f"{open_store(uri).uri}"
    yield f"  kind      {plan.kind}, {manifest.rows:,} rows, {objects:,} objects, {size / 1e6:,.1f} MB"
    if manifest.splits:
        yield "  splits    " + ", ".join(f"{name} {rows:,}" for name, rows in manifest.splits.items())
    yield f"  made by   {plan.stage} (stage version {plan.stage_version}, vtb-train {run.get('vtb')})"
    yield f"  run       {run.get('id')}, {run.get('started')}, {run.get('duration_s')} s"
    yield f"  source    git {run.get('git') or 'unknown'}, image {run.get('image') or 'none'}"
    yield f"  digest    {manifest.digest}"
    yield f"  config    {plan.fingerprint}"
    yield from (f"    {name.replace('_', '-')}: {value}" for name, value in plan.config.items() if value is not None)
    table = scores_table(manifest.metrics) if plan.kind == "scores" else []
    if table:
        yield "  scores"
        metrics = manifest.metrics
        table += [*cut_off_line(metrics), *same_choice_line(metrics), *refused_line(metrics)]
        table += [*latent_lines(metrics), *against_lines(metrics)]
        yield from (f"    {line}" for line in table)
        yield f"  report    {open_store(uri).uri}/report.html, and every figure in scores.json"
    elif manifest.metrics:
        yield "  metrics"
        yield from (f"    {line}" for line in flat(manifest.metrics))
    yield "  tools     " + ", ".join(f"{name} {version}" for name, version in run.get("tools", {}).items())


def flat(values: Any, name: str = "") -> Iterator[str]:
    """Nested figures as ``a.b: value``; ranges of one puzzle, such as how hard it is, stand in one line."""
    if isinstance(values, dict) and values and all(map(_is_range, values.values())):
        yield f"{name}: " + ", ".join(f"{key} {_range(value)}" for key, value in values.items())
    elif isinstance(values, dict):
        for key, value in values.items():
            yield from flat(value, f"{name}.{key}" if name else str(key))
    else:
        yield f"{name}: {values}"


def _is_range(value: Any) -> bool:
    return (
        isinstance(value, dict) and set(value) == RANGE and all(isinstance(end, (int, float)) for end in value.values())
    )


def _range(value: dict[str, float]) -> str:
    low, high = value["min"], value["max"]
    return f"{low:g}" if low == high else f"{low:g} to {high:g} (mean {value['mean']:g})"


def lineage(manifest: Manifest, depth: int = 1, shown: set[str] | None = None) -> Iterator[Ancestor]:
    """The inputs, and theirs, as far as they can still be read; each is followed once: no circle."""
    shown = set() if shown is None else shown
    for entry in manifest.plan.inputs:
        if entry.uri in shown:
            yield Ancestor(depth, entry, None, "as above")
            continue
        shown.add(entry.uri)
        found, note = _read_input(entry)
        yield Ancestor(depth, entry, found, note)
        if found is not None and depth < DEEPEST:
            yield from lineage(found, depth + 1, shown)


def _read_input(entry: InputEntry) -> tuple[Manifest | None, str]:
    try:
        found = find_manifest(open_store(entry.uri), edited=True)
    except VtbError as error:
        return None, f"cannot be read now: {error}"
    if found is None:
        return None, "no artifact (a plain folder, or gone)"
    return found, "" if found.digest == entry.digest else "has changed since: its digest is another"


def line_of(ancestor: Ancestor) -> str:
    """One line of the lineage, indented by its distance."""
    made = f" by {ancestor.manifest.plan.stage}" if ancestor.manifest else ""
    note = f" ({ancestor.note})" if ancestor.note else ""
    return f"  {'  ' * ancestor.depth}from {ancestor.entry.uri} ({ancestor.entry.kind}{made}){note}"


def check_all(store: Store, manifest: Manifest) -> None:
    """Compare every object with the manifest, several at a time.

    Raises:
        BadInput: some differ or are missing.
    """
    check_figures(store, manifest)
    total, seen, bad, first = sum(1 for _ in manifest.all_files()), 0, 0, list[str]()
    files = manifest.all_files()
    with ThreadPoolExecutor(THREADS) as pool, Progress(total, "verified") as progress:
        while some := list(islice(files, AT_ONCE)):
            for problem in pool.map(lambda file: _problem(store, file), some):
                seen += 1
                progress.update(seen)
                if problem:
                    bad += 1
                    first += [problem] if bad <= NAMED else []
    if bad:
        raise BadInput(f"{store.uri}: {bad} of {total} objects are damaged ({'; '.join(first)})")
    logging.getLogger("vtb.show").info("all %d objects are as the manifest says", total)


def check_figures(store: Store, manifest: Manifest) -> None:
    """Compare what the manifest says of itself (digest, counts) with what follows from it."""
    from vtb.artifact.parsing import parse_said  # msgspec: not for --help

    try:
        said = parse_said(store.get_bytes(MANIFEST, MAX_MANIFEST))
    except ValueError as error:
        raise BadInput(f"{store.uri}: {MANIFEST} was edited: {error}") from error
    computed = {
        "digest": manifest.digest, "config_hash": manifest.plan.fingerprint, "rows": manifest.rows,
        "splits": manifest.splits,
    }  # fmt: skip
    wrong = [name for name, value in computed.items() if getattr(said, name) != value]
    if wrong:
        raise BadInput(f"{store.uri}: {MANIFEST} was edited: its {' and '.join(wrong)} do not fit its content")


def _problem(store: Store, file: FileEntry) -> str | None:
    try:
        digest = _sha256(store, file)
    except (ObjectMissing, FileNotFoundError):
        return f"{file.path} is missing"
    except ObjectTooLarge:
        return f"{file.path} has another content"
    return None if digest == file.sha256 else f"{file.path} has another content"


def _sha256(store: Store, file: FileEntry) -> str:
    """The hash of what is stored; a large object, such as a model's weights, goes by way of the disk."""
    if file.bytes <= IN_MEMORY:
        return hashlib.sha256(store.get_bytes(file.path, file.bytes)).hexdigest()
    if isinstance(store, LocalStore):
        return file_sha256(Path(store.uri, file.path))
    with tempfile.TemporaryDirectory() as folder:
        store.get_file(file.path, Path(folder, "object"))
        return file_sha256(Path(folder, "object"))
