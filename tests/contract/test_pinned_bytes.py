"""Small runs of every data stage give the bytes that ``pinned_bytes.json`` names.

A change of how the code is arranged may not change one byte. Where bytes change on purpose the stage's version is
raised, and the pins are written anew: ``python tests/contract/test_pinned_bytes.py``.
"""

from __future__ import annotations

import hashlib
import io
import json
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # to be run by hand as well

from contract.command_line import call

PINS = Path(__file__).with_name("pinned_bytes.json")
KINDS = {
    ".png": "pictures", ".jpg": "pictures", ".mp4": "clips", ".json": "records", ".jsonl": "records",
    ".html": "pages", ".md": "pages",
}  # fmt: skip
CLIP = ("--video", "--frames", "5", "--clip-size")
GENERATORS: dict[str, tuple[str, ...]] = {
    "squares": ("vtb-gen-maze", "--size", "7", "--size", "9", "--count", "3", "--show-cell-ids", *CLIP, "64x64"),
    "hexagons": ("vtb-gen-maze", "--shape", "hexagon", "--count", "3", "--algorithm", "dfs", *CLIP, "320x320"),
    "circles": ("vtb-gen-maze", "--shape", "circle", "--count", "3", *CLIP, "480x480"),
    "eyeballing": ("vtb-gen-eyeballing", "--count", "2", *CLIP, "224x224"),
    "benchmark": ("vtb-gen-eyeballing", "--count", "2", "--sampling", "videothinkbench", "--task", "arc_connect"),
    "visual": ("vtb-gen-visual", "--count", "2", "--target-size", "256x256", *CLIP, "256x256"),
    "arc": ("vtb-gen-arc", "--count", "3", *CLIP, "480x480"),
    "folder": ("vtb-gen-maze", "--layout", "folder", "--size", "9", "--count", "3"),
}


def make_all(root: Path) -> Iterator[tuple[str, Path]]:
    """Every artifact that is pinned, in the order in which they are made."""
    for name, (program, *words) in GENERATORS.items():
        yield name, _made(root / name, program, *words, "--workers", "1")
    inputs = [word for name in GENERATORS if name != "folder" for word in ("--input", str(root / name))]
    yield "curated", _made(root / "curated", "vtb-curate", *inputs, "--test", "0.3", "--workers", "1")
    reads = ("--input", str(root / "curated"))
    yield "dataset", _made(root / "dataset", "vtb-prepare", "vlm", *reads, "--workers", "1")
    size = ("--rooms", "2", "--picture-size", "192x144", "--clip-frames", "48", "--frames", "8", "--clips")
    yield "rooms", _made(root / "rooms", "vtb-gen-rooms", *size, "--workers", "1")
    small = (
        "--scenes",
        "2",
        "--picture-size",
        "160x120",
        "--clip-frames",
        "32",
        "--frames",
        "12",
        "--clips",
        "--legacy",
    )
    yield "dynamic", _made(root / "dynamic", "vtb-gen-dynamic", *small, "--workers", "1")
    answers = _write_answers(root)
    yield "scores", _made(root / "scores", "vtb-eval", "score", *reads, "--answers", str(answers), "--workers", "1")


def _made(output: Path, program: str, *words: str) -> Path:
    done = call(program, *words, "--output", output)
    assert done.code == 0, done.err
    return output


def _write_answers(root: Path) -> Path:
    """Right and wrong pictures: the solution of every other sample, the puzzle of the rest."""
    folder = root / "answers"
    folder.mkdir()
    keys = [name for name, _ in parts(root / "curated") if name.endswith(".puzzle.png")]
    found = dict(parts(root / "curated"))
    for number, key in enumerate(sorted(keys)):
        stem = key.removesuffix(".puzzle.png")
        data = found[f"{stem}.solution.png"] if number % 2 else found[key]
        (folder / f"{stem.rpartition('/')[2]}.png").write_bytes(data)
    return folder


def parts(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of an artifact but its manifest and plan; of tar files, their members."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or path.name in ("manifest.json", "plan.json") or name.endswith(".done.json"):
            continue
        if path.suffix == ".tar":
            with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as tar:
                for member in tar:
                    file = tar.extractfile(member)
                    assert file is not None
                    yield f"{name}/{member.name}", file.read()
        else:
            yield name, path.read_bytes()


def digests(folder: Path) -> dict[str, str]:
    """One hash for each kind of file."""
    hashes: dict[str, hashlib._Hash] = {}
    for name, data in parts(folder):
        kind = KINDS[Path(name).suffix]
        if kind == "pages":  # a report names its inputs
            data = data.replace(str(folder.parent).encode(), b"ROOT")
        hashes.setdefault(kind, hashlib.sha256()).update(name.encode() + b"\0" + hashlib.sha256(data).digest())
    return {kind: found.hexdigest()[:16] for kind, found in sorted(hashes.items())}


def encoder() -> str:
    """The library whose version decides what a clip's bytes are."""
    return f"av {version('av')}"


def test_small_runs_give_the_pinned_bytes(tmp_path: Path) -> None:
    pinned = json.loads(PINS.read_text())
    found = {name: digests(folder) for name, folder in make_all(tmp_path)}
    if pinned["encoder"] != encoder():  # another x264 writes other bytes; what it shows is tested elsewhere
        for table in (found, pinned["artifacts"]):
            for entry in table.values():
                entry.pop("clips", None)
    assert found == pinned["artifacts"]


def main() -> None:
    """Write the pins anew."""
    with tempfile.TemporaryDirectory() as folder:
        found = {name: digests(path) for name, path in make_all(Path(folder))}
    PINS.write_text(json.dumps({"encoder": encoder(), "artifacts": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
