"""Trying an image as a strict cluster would run it: a random user, a read-only root, no capabilities."""

from __future__ import annotations

import os
import re
import secrets
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from images.declaration import NAMES, PREFIX, Image, load_images, select, version
from images.engine import require_docker

HARDENED = ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges")
SCRATCH = ("--tmpfs=/tmp", "--tmpfs=/cache")
BUCKET = "trial"
STOPPED_IN = 20  # seconds that a server may take to end
ANSWERS_IN = 30  # seconds until it must listen


@click.command("test")
@NAMES
@PREFIX
def trial(names: Sequence[str], prefix: str) -> None:
    """Try images that are built: their help, then a small real run that images.yaml declares."""
    require_docker()
    for image in select(load_images(), names, parents=False):
        if image.parent:
            try_image(image, prefix)
            click.echo(f"==> {image.name}: works as any user on a read-only root")


def try_image(image: Image, prefix: str) -> None:
    """Run `--help` and the declared trial of one image; `click.ClickException` where something of it fails."""
    tag = f"{prefix}/{image.name}:{version()}"
    flags = [*HARDENED, *SCRATCH, f"--user={random_user()}:0"]
    _run(["docker", "run", "--rm", *flags, "--network=none", tag, "--help"], show=False)
    with _folder(tag) as out:
        if image.port:
            with _serving(image, tag, flags) as client:
                _lines(image, [], {"store": f"s3://{BUCKET}"}, client)
        else:
            container = ["docker", "run", "--rm", *flags, "--network=none", f"--volume={out}:{out}", tag]
            _lines(image, container, {"out": str(out)}, {})


def random_user() -> int:
    """A uid as OpenShift hands them out: in no passwd file."""
    return 1_000_000_000 + secrets.randbelow(1_000_000)


def _lines(image: Image, container: list[str], places: dict[str, str], client: Mapping[str, str]) -> None:
    """Run the lines of a trial: the image's own command in the image, others from this checkout."""
    for line in image.trial:
        command, *words = shlex.split(line.format(**places))
        own = container and command == image.command
        _run([*container, *words] if own else [str(Path(sys.executable).with_name(command)), *words], client)


def _run(command: list[str], client: Mapping[str, str] | None = None, show: bool = True) -> None:
    click.echo(f"    {shlex.join(command)}")
    env = {**os.environ, **(client or {})}
    code = subprocess.run(command, env=env, stdout=None if show else subprocess.DEVNULL, check=False).returncode
    if code:
        raise click.ClickException(f"ended with {code}: {shlex.join(command)}")


@contextmanager
def _folder(tag: str) -> Iterator[Path]:
    """A folder that everybody may write to; what the container's user left there only a container may remove."""
    with tempfile.TemporaryDirectory(prefix="vtb-trial-") as name:
        out = Path(name) / "out"
        out.mkdir()
        Path(name).chmod(0o755)
        out.chmod(0o777)
        try:
            yield out
        finally:
            clear = ["docker", "run", "--rm", "--user=0", f"--volume={out}:{out}", "--entrypoint=find"]
            subprocess.run([*clear, tag, str(out), "-mindepth", "1", "-delete"], check=True)


@contextmanager
def _serving(image: Image, tag: str, flags: list[str]) -> Iterator[dict[str, str]]:
    """The environment of a client of the image, which runs meanwhile, and ends in peace when it is told to."""
    keys = {"AWS_ACCESS_KEY_ID": secrets.token_hex(8), "AWS_SECRET_ACCESS_KEY": secrets.token_hex(16)}
    names = [f"--env={name}" for name in (*keys, "VTB_DEV_STORE_BUCKETS")]
    start = ["docker", "run", "--detach", *flags, f"--publish=127.0.0.1::{image.port}", "--volume=/data", *names, tag]
    env = {**os.environ, **keys, "VTB_DEV_STORE_BUCKETS": BUCKET}
    container = subprocess.run(start, env=env, capture_output=True, text=True, check=True).stdout.strip()
    try:
        yield {**keys, "AWS_REGION": "us-east-1", "S3_ENDPOINT_URL": _address(container, image.port)}
        _run(["docker", "stop", f"--time={STOPPED_IN}", container], show=False)
        code = _ask("wait", container)
        if code != "0":
            raise click.ClickException(f"{tag} ended with {code} when it was told to stop")
    finally:
        subprocess.run(["docker", "logs", container], check=False)
        subprocess.run(["docker", "rm", "--force", "--volumes", container], capture_output=True, check=False)


def _address(container: str, port: int) -> str:
    """Where the server listens on this machine, once it does."""
    found = re.search(r"127\.0\.0\.1:\d+", _ask("port", container, str(port)))
    if not found:
        raise click.ClickException("the server ended at once; its lines say why")
    address = f"http://{found[0]}"
    deadline = time.monotonic() + ANSWERS_IN
    while not _answers(address):
        if time.monotonic() > deadline:
            raise click.ClickException(f"nothing answers at {address} after {ANSWERS_IN} s")
        time.sleep(0.2)
    return address


def _answers(address: str) -> bool:
    """Whether an HTTP server answers, be it that it wants to know who asks."""
    try:
        urllib.request.urlopen(address, timeout=5).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def _ask(*arguments: str) -> str:
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False).stdout.strip()
