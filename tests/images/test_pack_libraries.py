"""Libraries without what only debuggers and linkers read: smaller, and they do what they did."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "images" / "base" / "pack-libraries"
PROGRAM = """
import cv2, msgspec, numpy, PIL.Image, Crypto.Cipher.AES, av
assert all(module.__file__.startswith({folder!r}) for module in (numpy, cv2, msgspec, PIL, Crypto, av))
print(numpy.linalg.svd(numpy.eye(3))[1], cv2.solve(numpy.eye(2), numpy.ones((2, 1)))[1].ravel())
print(msgspec.json.encode([1]), Crypto.Cipher.AES.new(b"k" * 16, Crypto.Cipher.AES.MODE_ECB).encrypt(b"t" * 16).hex())
print(PIL.Image.new("RGB", (8, 8)).resize((4, 4)).size, sorted(av.codecs_available)[:3])
"""
PACKAGES = ("numpy", "numpy.libs", "cv2", "opencv_python_headless.libs", "msgspec", "PIL", "pillow.libs", "Crypto",
            "av", "av.libs")  # fmt: skip


def pack(*folders: Path) -> None:
    subprocess.run([sys.executable, str(SCRIPT), *map(str, folders)], check=True, timeout=300)


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def output(folder: Path) -> str:
    """What the program says with the packages of a folder before those of the tests."""
    path = f"import sys; sys.path.insert(0, {str(folder)!r})\n"
    command = [sys.executable, "-c", path + PROGRAM.format(folder=str(folder))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of packages that have libraries."""
    folder = tmp_path_factory.mktemp("packages")
    spec = importlib.util.find_spec("numpy")
    assert spec is not None
    assert spec.origin is not None
    for name in PACKAGES:
        found = Path(spec.origin).parents[1] / name
        if found.exists():
            shutil.copytree(found, folder / name, ignore=shutil.ignore_patterns("tests", "SelfTest", "__pycache__"))
    return folder


def test_packed_libraries_do_what_they_did(packages: Path) -> None:
    before, large = output(packages), size(packages)
    pack(packages)
    small = size(packages)
    assert small < 0.95 * large
    assert output(packages) == before
    pack(packages)
    assert size(packages) == small


def test_what_is_no_library_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "lib.so").write_bytes(b"\x7fELF, or so it says")
    (tmp_path / "words.txt").write_text("words")
    pack(tmp_path)
    assert (tmp_path / "lib.so").read_bytes() == b"\x7fELF, or so it says"
    assert (tmp_path / "words.txt").read_text() == "words"


def test_one_library_under_three_names_is_there_once(tmp_path: Path) -> None:
    for name in ("lib.so", "lib.so.1", "lib.so.1.2"):
        (tmp_path / name).write_bytes(b"the same")
    pack(tmp_path)
    assert [path.name for path in sorted(tmp_path.iterdir()) if not path.is_symlink()] == ["lib.so"]
    assert (tmp_path / "lib.so.1.2").read_bytes() == b"the same"
