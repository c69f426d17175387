"""The ways of images to a cluster: a registry that it pulls from, or a file that is loaded into its nodes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

import click
from images.declaration import NAMES, PREFIX, Image, Unavailable, load_images, megabytes, select, version
from images.engine import image_id, require_docker


def shipped(names: Sequence[str]) -> list[Image]:
    """The named images, else all that run something: a cluster has no use for what they start from."""
    return [image for image in select(load_images(), names, parents=False) if image.parent or names]


def built(images: Iterable[Image], prefix: str) -> list[str]:
    """The tags of images; one that was not built is an error."""
    require_docker()
    tags = {image.name: f"{prefix}/{image.name}:{version()}" for image in images}
    missing = [name for name, tag in tags.items() if not image_id(tag)]
    if missing:
        raise Unavailable(f"not built: {', '.join(missing)}; run: make images IMAGES='{' '.join(missing)}'")
    return list(tags.values())


def docker(*arguments: str) -> None:
    """Run a docker command that talks to the user itself."""
    if code := subprocess.run(["docker", *arguments], check=False).returncode:
        raise click.ClickException(f"docker {arguments[0]} ended with {code}; its lines above say why")


@click.command()
@NAMES
@click.option("--registry", metavar="HOST[/PATH]", required=True, help="Where to: REGISTRY/PREFIX/NAME:VERSION.")
@PREFIX
def push(names: Sequence[str], registry: str, prefix: str) -> None:
    """Push images, all but the base when no NAME is given, to a registry that `docker login` has opened."""
    for tag in built(shipped(names), prefix):
        there = f"{registry.rstrip('/')}/{tag}"
        docker("tag", tag, there)
        docker("push", there)
        click.echo(there)


@click.command()
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@NAMES
@PREFIX
def archive(file: Path, names: Sequence[str], prefix: str) -> None:
    """Write images, all but the base when no NAME is given, into one tar FILE for nodes that cannot pull.

    Load it with `ctr --namespace k8s.io images import FILE`, `kind load image-archive FILE`, or `docker load -i FILE`.
    """
    tags = built(shipped(names), prefix)
    file.parent.mkdir(parents=True, exist_ok=True)
    docker("save", f"--output={file}", *tags)
    click.echo(f"{file}: {megabytes(file.stat().st_size)}, {len(tags)} images")
