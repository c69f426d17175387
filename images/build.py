"""Build the container images that images.yaml lists, lock what they contain, try them, and bring them to a cluster.

Needs only click and PyYAML, and the ``docker`` command; ``lock`` also needs uv (or packaging, for ``--check``).
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script, and with PYTHONSAFEPATH too

from images.context import Content, context_files, context_size, revision, write_context
from images.declaration import FOLDER, NAMES, PREFIX, ROOT, Image, load_images, megabytes, select, version
from images.engine import image_id, name_build_stage, remove_replaced, require_docker, size_of
from images.lock import lock
from images.metadata import write_sbom
from images.ship import archive, push
from images.trial import trial
from images.wheels import wheels

SBOMS = ROOT / "build" / "sbom"


def build_command(image: Image, prefix: str, base_image: str | None, source: str) -> list[str]:
    """Put together the `docker build` that reads a context from its standard input."""
    about = {"title": f"{prefix}/{image.name}", "description": image.description, "revision": revision(image)}
    command = ["docker", "build", f"--file=images/{image.folder}/Dockerfile"]
    command += [f"--tag={prefix}/{image.name}:{version()}", f"--tag={prefix}/{image.name}"]
    if image.target:
        command += [f"--target={image.target}"]
    if image.parent:
        command += [f"--build-arg=PARENT={prefix}/{image.parent}:{version()}"]
        made_by = {"IMAGE": f"{prefix}/{image.name}:{version()}", "REVISION": about["revision"]}
        if image.module:  # what makes artifacts says in their manifests what it was
            command += [f"--build-arg={key}={value}" for key, value in made_by.items() if value != "unknown"]
        # The rest of the labels comes with the parent. These are set last of all and so spoil no cached layer.
        return command + [f"--label=org.opencontainers.image.{key}={value}" for key, value in about.items()]
    arguments = {**about, "version": version(), "source": source, "base_image": base_image}
    return command + [f"--build-arg={key.upper()}={value}" for key, value in arguments.items() if value]


def run_build(command: Sequence[str], files: Mapping[str, Content]) -> int:
    """Run one `docker build`, feed it its context and return its exit code."""
    process = subprocess.Popen([*command, "-"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    try:
        with process.stdin as stdin:
            write_context(files, stdin)
    except BrokenPipeError:
        pass  # Docker gave up before it had read everything, and has said why.
    return process.wait()


def base_option(env: Mapping[str, str]) -> str:
    """How the one who runs this says which base to take: make has names of its own."""
    return "BASE_IMAGE=..." if "MAKELEVEL" in env else "--base-image"


# --- The command line


class BuildByDefault(click.Group):
    """A group whose first command may be left out: `build.py gen-maze` is `build.py build gen-maze`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default command in front of arguments that name none."""
        if not args or args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["build", *args]
        return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show the options of the default command, then the commands."""
        build.format_options(ctx, formatter)
        self.format_commands(ctx, formatter)


EXAMPLES = """\
\b
On a machine that reaches the registries:
  python images/build.py

\b
Offline, on a small Debian base, with packages from a folder:
  sudo images/base/make_local_base.sh
  python images/build.py wheels wheels
  python images/build.py --base-image vtb/local-base --wheels wheels
"""


@click.group(
    cls=BuildByDefault,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=EXAMPLES,
    subcommand_metavar="[NAME]... | COMMAND [ARGS]...",
)
def cli() -> None:
    """Build container images, each after its parent; all of them when no NAME is given."""


@cli.command()
@NAMES
@click.option("--base-image", metavar="IMG", envvar="VTB_BASE_IMAGE", help="Start the base from this image.")
@click.option(
    "--wheels", "wheel_folder", metavar="DIR", envvar="VTB_WHEELS", type=FOLDER, help="Install from these wheels only."
)
@PREFIX
@click.option("--source", metavar="URL", envvar="VTB_SOURCE_URL", default="", help="Label: where the source lives.")
@click.option("--only", is_flag=True, help="Build no parents; they are there already.")
@click.option("--docker-arg", metavar="ARG", multiple=True, help="Hand this to `docker build`, as --docker-arg=ARG.")
@click.option("--dry-run", is_flag=True, help="Show what would be built; needs no Docker.")
@click.option("--list", "show_list", is_flag=True, help="List the images and exit.")
def build(
    names: Sequence[str],
    base_image: str | None,
    wheel_folder: Path | None,
    prefix: str,
    source: str,
    only: bool,
    docker_arg: Sequence[str],
    dry_run: bool,
    show_list: bool,
) -> None:
    """Build images, each after its parent; all of them when no NAME is given."""
    chosen = select(load_images(), names, parents=not only)
    if show_list:
        return list_images(chosen, prefix)
    contexts = [
        context_files(image, wheel_folder) for image in chosen
    ]  # all of them first: a missing wheel shows at once
    if not dry_run:
        require_docker()
    for image, files in zip(chosen, contexts, strict=True):
        command = [*build_command(image, prefix, base_image, source), *docker_arg]
        build_one(image, command, files, dry_run)


def list_images(images: Iterable[Image], prefix: str) -> None:
    """Print one line per image."""
    for image in images:
        tag = f"{prefix}/{image.name}:{version()}"
        click.echo(f"{tag:<24} {image.command or '-':<14} {image.description}")


def build_one(image: Image, command: Sequence[str], files: Mapping[str, Content], dry_run: bool) -> None:
    """Build one image, and say so."""
    click.echo(f"==> {image.name}: {len(files)} files, {megabytes(context_size(files))}")
    click.echo(f"    {shlex.join(command)} -")
    if dry_run:
        return
    start = time.monotonic()
    tag = next(part.partition("=")[2] for part in command if part.startswith("--tag="))
    before = image_id(tag)
    if code := run_build(command, files):
        hint = "" if image.parent else f" (where no registry can be reached, give {base_option(os.environ)})"
        raise click.ClickException(f"docker build of {image.name} ended with {code}; its lines above say why{hint}")
    remove_replaced(before, tag)
    name_build_stage(image, tag.rpartition("/")[0])
    listed = f", contents in {write_sbom(image, SBOMS).relative_to(ROOT)}" if image.extra else ""
    click.echo(f"==> {tag}: {size_of(tag)}, built in {time.monotonic() - start:.1f} s{listed}")


for command in (lock, wheels, trial, push, archive):
    cli.add_command(command)


if __name__ == "__main__":
    cli()
