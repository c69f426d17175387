"""Artifacts and models as local folders: engines read files, whatever store the artifact lies in."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vtb.artifact import InputEntry, Manifest, read_manifest
from vtb.artifact.manifest import MANIFEST
from vtb.artifact.model_folder import check_model_folder
from vtb.artifact.model_weights import check_weights
from vtb.artifact.output import file_sha256
from vtb.errors import BadInput, NotAvailable
from vtb.formats.leftovers import without_leftovers
from vtb.progress import Progress
from vtb.store import download, is_remote, open_store

log = logging.getLogger("vtb.copy")
MODEL_KINDS = ("checkpoint",)
MODEL_FOLDER = "model-folder"
# What folders of models that draw have at their top, of whom DiffSynth-Studio and diffusers know some.
DRAWING_MODEL = ("model_index.json", "configuration.json", "config.json")
DRAWING_ADAPTER = ("adapter.json",)
_SAMPLE = 1 << 20


def cache_folder() -> Path:
    """Where downloaded artifacts are kept: ``$VTB_CACHE``, else below the user's cache folder."""
    if folder := os.environ.get("VTB_CACHE"):
        return Path(folder)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base) / "vtb"


def local_folder(uri: str, manifest: Manifest) -> Path:
    """A complete artifact as a local folder: its own where it is local, else a copy in the cache, kept by digest."""
    if not is_remote(uri):
        return Path(open_store(uri).uri)
    folder = cache_folder() / "artifacts" / manifest.digest
    if not folder.is_dir():
        _fetch(uri, manifest, folder)
    return folder


def _fetch(uri: str, manifest: Manifest, folder: Path) -> None:
    log.info("downloading %s", uri)
    with made_whole(folder) as part:
        files = [file.path for file in manifest.all_files()]
        with Progress(len(files), "downloaded") as progress:
            download(open_store(uri), [*files, MANIFEST], part, on_done=lambda _: progress.update(progress.done + 1))
        verify(uri, manifest, part)


@contextmanager
def made_whole(place: Path) -> Iterator[Path]:
    """A folder to fill beside a place in the cache; it is renamed at the end, so that what lies there is always whole.

    Raises:
        NotAvailable: the cache cannot be written.
    """
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(prefix=".part-", dir=place.parent))
    except OSError as error:
        why = f"{place.parent}: cannot be written ({error.strerror})"
        raise NotAvailable(f"{why}: set VTB_CACHE to a folder that can") from error
    try:
        yield part
        if not place.is_dir():
            part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)


def verify(uri: str, manifest: Manifest, folder: Path) -> None:
    """Check that every file of a local copy is what the manifest says; about a second per gibibyte.

    Raises:
        BadInput: a file is missing, or has other content.
    """
    for file in manifest.all_files():
        path = folder / file.path
        if not path.is_file() or path.stat().st_size != file.bytes or file_sha256(path) != file.sha256:
            raise BadInput(f"{uri}: {file.path} is not what the manifest says: make the artifact again")


@dataclass(frozen=True)
class Model:
    """A model or an adapter that is there; of an artifact only the manifest has been read, nothing fetched.

    Attributes:
        entry: what it is, for the plan.
        manifest: of an artifact; None for a plain folder.
    """

    entry: InputEntry
    manifest: Manifest | None

    def folder(self) -> Path:
        """Its files in a local folder, with nothing among them that an engine would run.

        Raises:
            BadInput: There is code in it, or a configuration that cannot be one.
        """
        uri = self.entry.uri
        folder = Path(uri) if self.manifest is None else local_folder(uri, self.manifest)
        check_model_folder(folder)
        return folder


def find_model(uri: str, kinds: tuple[str, ...] = MODEL_KINDS, names: tuple[str, ...] = ()) -> Model:
    """A model or an adapter: an artifact, or any local folder with its configuration.

    Args:
        uri: where it is.
        kinds: of the artifact.
        names: of the files one of which a folder must have; without any, the configuration that transformers or PEFT
            reads, and its weights.

    Checked before an engine starts, because engines take a missing folder for the name of a model on a hub and go to
    the network.

    Raises:
        NotAvailable: There is no such folder.
        BadInput: The folder holds something else.
    """
    store = open_store(uri)
    if is_remote(uri) or store.stat(MANIFEST) is not None:
        manifest = read_manifest(uri, kinds)
        return Model(InputEntry(store.uri, manifest.plan.kind, manifest.digest), manifest)
    folder = Path(store.uri)
    what = "adapter" if "adapter" in kinds else "model"
    wanted = names or ("adapter_config.json" if what == "adapter" else "config.json",)
    if not folder.is_dir():
        raise NotAvailable(
            f"{uri}: no {what} there: give a folder with its files or a {' or '.join(kinds)} artifact "
            "(nothing is downloaded by name; `vtb-train-vlm tiny-model OUT` makes a tiny model)"
        )
    if not any((folder / name).is_file() for name in wanted):
        raise BadInput(f"{folder}: is no {what} folder, it has no {' or '.join(wanted)}")
    if not names:
        check_weights(folder)
    return Model(InputEntry(store.uri, MODEL_FOLDER, folder_digest(folder)), None)


def folder_digest(folder: Path) -> str:
    """A hash of a model folder: names, sizes, and the first and last mebibyte of each file.

    Hashing every byte of a large model would take minutes at each start; two checkpoints of one model differ nearly
    everywhere, so their ends tell them apart.
    """
    return ends_digest(folder, sorted(path for path in without_leftovers(folder, folder.rglob("*")) if path.is_file()))


def ends_digest(folder: Path, paths: Iterable[Path]) -> str:
    """The same hash of some files of a folder, in their order."""
    digest = hashlib.sha256()
    for path in paths:
        size = path.stat().st_size
        digest.update(f"{path.relative_to(folder)}\0{size}\0".encode())
        with path.open("rb") as file:
            digest.update(file.read(_SAMPLE))
            file.seek(max(0, size - _SAMPLE))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()
