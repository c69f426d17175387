"""How large the light images are on a slim base, and that what was left out of them is not missed."""

from __future__ import annotations

import subprocess
import sys
import zlib

import pytest

from container_tools import CLUSTER, LIGHT, ROOT, build, docker, inspect, tag

pytestmark = pytest.mark.docker
PULLED = 400e6
# What lies on the disk of a node, with some room. More cannot go without patching other people's libraries: of curate's
# 541 MB the base has 131, OpenCV 151 (FFmpeg 35 and OpenBLAS 41 of it, which it is linked to), Arrow 80, av with FFmpeg
# 78, numpy with OpenBLAS 53, Pillow 19, all else 27.
ON_DISK = {"gen-maze": 475e6, "curate": 560e6, "prepare": 560e6, "launcher": 400e6, "dev-store": 400e6}
CHUNK = 1 << 20


@pytest.fixture(scope="module", autouse=True)
def images() -> None:
    build((*LIGHT, *CLUSTER))


@pytest.mark.parametrize("name", ON_DISK)
def test_small_on_disk(name: str) -> None:
    assert inspect(tag(name))["Size"] < ON_DISK[name]


def test_small_to_pull() -> None:
    assert compressed(tag("curate")) < PULLED  # it contains every package that the others contain, but for clients


def compressed(image: str) -> int:
    """Bytes of an image as a registry keeps and a node pulls it, or somewhat more: registries compress harder."""
    size, squeeze = 0, zlib.compressobj(1)
    with subprocess.Popen(["docker", "save", image], stdout=subprocess.PIPE) as save:
        assert save.stdout is not None
        while chunk := save.stdout.read(CHUNK):
            size += len(squeeze.compress(chunk))
    assert save.returncode == 0
    return size + len(squeeze.flush())


@pytest.mark.parametrize("name", ON_DISK)
def test_the_declared_trial(name: str) -> None:
    """`make test-image/NAME`: --help and a small real run, as a random user on a read-only root."""
    command = [sys.executable, str(ROOT / "images" / "build.py"), "test", name]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{name}: works as any user" in done.stdout


def test_parquet_is_read_without_what_was_left_out() -> None:
    code = (
        "import io, pyarrow as a, pyarrow.parquet as p\n"
        "for codec in ('snappy', 'zstd', 'gzip', 'lz4', 'brotli'):\n"
        "    f = io.BytesIO(); p.write_table(a.table({'x': [1, 2]}), f, compression=codec); f.seek(0)\n"
        "    print(p.read_table(f).column('x').to_pylist())\n"
    )
    done = docker("run", "--rm", "--entrypoint", "python", tag("curate"), "-c", code)
    assert done.out == "[1, 2]\n" * 5, done.err
