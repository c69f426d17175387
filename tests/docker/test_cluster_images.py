"""The images that only a cluster needs: the launcher, and the S3 server for trials."""

from __future__ import annotations

import io
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from minio import Minio
from minio.error import MinioException

from container_tools import CLUSTER, HARDENED, ROOT, build, docker, inspect, tag
from contract.command_line import run

pytestmark = pytest.mark.docker
KEY, SECRET = "trial-key", secrets.token_hex(16)
KEYS = ("-e", f"AWS_ACCESS_KEY_ID={KEY}", "-e", f"AWS_SECRET_ACCESS_KEY={SECRET}")
ANYBODY = ("--user", "1000650000:0")


@pytest.fixture(scope="module", autouse=True)
def images() -> None:
    build((*CLUSTER, "gen-maze"))


# --- the launcher


def test_the_launcher_lists_the_stages_of_this_tree() -> None:
    done = docker("run", "--rm", *HARDENED, *ANYBODY, "--network", "none", tag("launcher"), "stages")
    assert (done.code, done.err) == (0, "")
    assert done.out == run("vtb", "stages").out
    assert "vtb-train-vlm sft" in done.out


def test_it_plans_the_demo_that_it_contains() -> None:
    words = ("run", "pipelines/demo.yaml", "--dry-run", "--store", "/tmp/demo")
    done = docker("run", "--rm", *HARDENED, *ANYBODY, "--network", "none", tag("launcher"), *words)
    assert done.code == 0, done.err
    assert [line.split()[0] for line in done.out.splitlines()].count("vtb-train-vlm") == 2
    assert "vtb-eval score --input /tmp/demo/answers" in done.out


def test_it_has_a_client_of_kubernetes_and_no_engine() -> None:
    code = (
        "import importlib.util as u, kubernetes.client, kubernetes.config, kubernetes.watch, docker\n"
        "print([n for n in ('torch', 'cv2', 'av', 'PIL', 'swift', 'pyarrow') if u.find_spec(n)])"
    )
    done = docker("run", "--rm", "--entrypoint", "python", tag("launcher"), "-c", code)
    assert (done.code, done.out) == (0, "[]\n"), done.err


def test_a_stage_image_names_its_own_stages_only() -> None:
    code = "from vtb.stage.registry import installed; print(sorted(installed()))"
    done = docker("run", "--rm", "--entrypoint", "python", tag("gen-maze"), "-c", code)
    assert done.out == "['gen-arc', 'gen-dynamic', 'gen-eyeballing', 'gen-maze', 'gen-rooms', 'gen-visual']\n", done.err


# --- the S3 server


@pytest.fixture
def volume() -> Iterator[str]:
    name = f"vtb-test-{secrets.token_hex(4)}"
    yield name
    docker("volume", "rm", "-f", name)


@pytest.fixture
def server(volume: str) -> Iterator[str]:
    """A running server on a named volume, as an arbitrary user on a read-only root."""
    flags = ("-d", *HARDENED, *ANYBODY, "-p", "127.0.0.1::9000", "-v", f"{volume}:/data", *KEYS)
    started = docker("run", *flags, "-e", "VTB_DEV_STORE_BUCKETS=runs, models", tag("dev-store"))
    assert started.code == 0, started.err
    yield started.out.strip()
    docker("rm", "-f", started.out.strip())


def client(container: str, secret: str = SECRET) -> Minio:
    """A client of the server, once it answers."""
    address = docker("port", container, "9000").out.split()[0]
    found = Minio(address, access_key=KEY, secret_key=secret, secure=False, region="us-east-1")
    deadline = time.monotonic() + 30
    while "Starting s3 server" not in docker("logs", container).err:
        assert time.monotonic() < deadline, docker("logs", container).err
        time.sleep(0.1)
    return found


def test_it_serves_and_keeps_what_it_got(server: str) -> None:
    store = client(server)
    assert sorted(bucket.name for bucket in store.list_buckets()) == ["models", "runs"]
    big = secrets.token_bytes(6 << 20)
    store.put_object("runs", "a/b", io.BytesIO(big), -1, part_size=5 << 20)
    docker("restart", server)
    store = client(server)
    assert store.get_object("runs", "a/b").data == big
    with pytest.raises(MinioException, match="SignatureDoesNotMatch"):
        client(server, "another").get_object("runs", "a/b")


def test_it_ends_in_peace_and_says_what_it_is(server: str) -> None:
    client(server)
    began = time.monotonic()
    docker("kill", "--signal=TERM", server)
    assert docker("wait", server).out.strip() == "0"
    assert time.monotonic() - began < 10
    log = docker("logs", server).err
    assert "for trials only" in log.splitlines()[0]
    assert SECRET not in log
    assert KEY not in log


def test_no_process_shows_the_keys(server: str) -> None:
    client(server)
    (own,) = [process for process in psutil.process_iter() if process.pid == inspect(server)["State"]["Pid"]]
    lines = [" ".join(process.cmdline()) for process in (own, *own.children(recursive=True))]
    assert any("rclone serve s3" in line for line in lines)
    assert not [line for line in lines if SECRET in line or KEY in line]


@pytest.mark.parametrize(
    ("flags", "code", "why"),
    [
        ((), 4, "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY not set"),
        (KEYS[:2], 4, "AWS_SECRET_ACCESS_KEY not set"),
        ((*KEYS, "-e", "AWS_SECRET_ACCESS_KEY=a,b"), 2, "has a comma"),
        ((*KEYS, "-e", "VTB_DEV_STORE_BUCKETS=runs,../etc"), 2, "'../etc' is no bucket name"),
        ((*KEYS, "-e", "VTB_DEV_STORE_BUCKETS=runs"), 4, "/data cannot be written as user 1000650000"),
        (KEYS, 4, "/data cannot be written as user 1000650000"),
    ],
)
def test_what_keeps_it_from_starting_is_one_line(flags: tuple[str, ...], code: int, why: str) -> None:
    done = docker("run", "--rm", *HARDENED, *ANYBODY, *flags, tag("dev-store"), timeout=30)
    assert (done.code, len(done.err.splitlines())) == (code, 1), done.err
    assert why in done.err


# --- the ways to a cluster


def test_an_archive_holds_the_images_under_their_tags(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "images" / "build.py"), "archive", str(tmp_path / "x" / "images.tar")]
    done = subprocess.run([*command, "dev-store"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    names = subprocess.run(
        ["tar", "-xOf", str(tmp_path / "x" / "images.tar"), "manifest.json"], capture_output=True, text=True, check=True
    ).stdout
    assert tag("dev-store") in names


def test_what_was_not_built_is_named(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "images" / "build.py"), "archive", str(tmp_path / "images.tar")]
    done = subprocess.run(
        [*command, "--tag-prefix", "nobody", "dev-store", "curate"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, len(done.stderr.splitlines())) == (4, 1)
    assert "not built: dev-store, curate; run: make images" in done.stderr
