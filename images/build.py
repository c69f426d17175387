"""Build the container images that images.yaml lists, lock what they contain, and collect wheels for them.

Needs only click and PyYAML, and the ``docker`` command; ``lock`` also needs uv (or packaging, for ``--check``).
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # run as a script, and with PYTHONSAFEPATH too

from images.declaration import (
    FOLDER,
    IMAGES,
    NAMES,
    ROOT,
    Image,
    Unavailable,
    load_images,
    megabytes,
    select,
    version,
)
from images.lock import lock
from images.wheels import wheels, wheels_for

# A fixed time for every file of a build context, so that the context depends on what the files hold and nothing else.
CONTEXT_TIME = 315532800  # 1980-01-01, the oldest time that zip files can hold

# --- The build context: only what one image needs, so that an edit elsewhere neither grows nor rebuilds it


def files_under(folder: Path) -> Iterator[Path]:
    """List the files that belong to an image: no caches, nothing hidden."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder).parts
        if path.is_file() and path.suffix != ".pyc" and not any(p == "__pycache__" or p[0] == "." for p in inside):
            yield path


def context_files(image: Image, wheels: Path | None) -> dict[str, Path]:
    """Name every file that the build of one image may see, under its path in the repository."""
    folders = [IMAGES / image.folder]
    if image.source:
        folders += [ROOT / "shared", ROOT / "stages" / image.source]
    files = {path.relative_to(ROOT).as_posix(): path for folder in folders for path in files_under(folder)}
    if image.extra and wheels:
        files.update({f"wheels/{wheel.name}": wheel for wheel in wheels_for(image, wheels)})
    return files


def write_context(files: dict[str, Path], out: IO[bytes]) -> None:
    """Write the build context as a tar stream that depends only on names, contents and the executable bit."""
    with tarfile.open(fileobj=out, mode="w|") as tar:
        for name, path in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            status = path.stat()
            entry.size = status.st_size
            entry.mode = 0o755 if status.st_mode & 0o100 else 0o644
            entry.mtime = CONTEXT_TIME
            with path.open("rb") as content:
                tar.addfile(entry, content)


# --- Docker


def git(*arguments: str) -> str:
    """Ask git about the repository; empty when there is no git or no repository."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def revision(image: Image) -> str:
    """Name the last commit that changed what the image holds, so that other commits leave the image as it is."""
    paths = [f"images/{image.folder}"]
    if image.source:
        paths += ["shared", f"stages/{image.source}"]
    commit = git("log", "-1", "--format=%H", "--", *paths)
    if not commit:
        return "unknown"
    return f"{commit}-dirty" if git("status", "--porcelain", "--", *paths) else commit


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
        command += [f"--build-arg={key}={value}" for key, value in made_by.items() if value != "unknown"]
        # The rest of the labels comes with the parent. These are set last of all and so spoil no cached layer.
        return command + [f"--label=org.opencontainers.image.{key}={value}" for key, value in about.items()]
    arguments = {**about, "version": version(), "source": source, "base_image": base_image}
    return command + [f"--build-arg={key.upper()}={value}" for key, value in arguments.items() if value]


def require_docker() -> None:
    """Fail early, and in one line, when images cannot be built here."""
    if not shutil.which("docker"):
        raise Unavailable("docker is not installed; install Docker, or run on a machine that has it")
    done = subprocess.run(["docker", "version"], capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines() or ["no answer"]
        raise Unavailable(f"the Docker engine is not available: {reason[-1]}")


def run_build(command: Sequence[str], files: dict[str, Path]) -> int:
    """Run one `docker build`, feed it its context and return its exit code."""
    process = subprocess.Popen([*command, "-"], stdin=subprocess.PIPE)
    assert process.stdin is not None
    try:
        with process.stdin as stdin:
            write_context(files, stdin)
    except BrokenPipeError:
        pass  # Docker gave up before it had read everything, and has said why.
    return process.wait()


def image_id(tag: str) -> str:
    """Ask Docker which image has a tag; empty when none has."""
    command = ["docker", "image", "inspect", "--format={{.Id}}", tag]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def remove_replaced(before: str, tag: str) -> None:
    """Remove the image that has lost its tag to another one; one that a container still runs stays."""
    if before not in ("", image_id(tag)):
        subprocess.run(["docker", "image", "rm", before], capture_output=True, check=False)


def name_build_stage(image: Image, prefix: str) -> None:
    """Tag what the older builder leaves of the build stage: the next build's cache, else an image without a name."""
    filters = ["--filter=dangling=true", f"--filter=label=vtb.build-stage={image.folder}"]
    command = ["docker", "image", "ls", "--quiet", "--no-trunc", *filters]
    newest, *older = [*subprocess.run(command, capture_output=True, text=True, check=False).stdout.split(), ""]
    if newest:
        tag = f"{prefix}/{image.folder}-build:latest"
        before = image_id(tag)
        subprocess.run(["docker", "image", "tag", newest, tag], capture_output=True, check=False)
        for replaced in (before, *older):
            remove_replaced(replaced, tag)


def size_of(tag: str) -> str:
    """Ask Docker how large an image is."""
    command = ["docker", "image", "inspect", "--format={{.Size}}", tag]
    return megabytes(int(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


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
@click.option("--tag-prefix", metavar="PREFIX", default="vtb", show_default=True, help="Tag PREFIX/NAME:VERSION.")
@click.option("--source", metavar="URL", envvar="VTB_SOURCE_URL", default="", help="Label: where the source lives.")
@click.option("--only", is_flag=True, help="Build no parents; they are there already.")
@click.option("--docker-arg", metavar="ARG", multiple=True, help="Hand this to `docker build`, as --docker-arg=ARG.")
@click.option("--dry-run", is_flag=True, help="Show what would be built; needs no Docker.")
@click.option("--list", "show_list", is_flag=True, help="List the images and exit.")
def build(
    names: Sequence[str],
    base_image: str | None,
    wheel_folder: Path | None,
    tag_prefix: str,
    source: str,
    only: bool,
    docker_arg: Sequence[str],
    dry_run: bool,
    show_list: bool,
) -> None:
    """Build images, each after its parent; all of them when no NAME is given."""
    chosen = select(load_images(), names, parents=not only)
    if show_list:
        return list_images(chosen, tag_prefix)
    contexts = [
        context_files(image, wheel_folder) for image in chosen
    ]  # all of them first: a missing wheel shows at once
    if not dry_run:
        require_docker()
    for image, files in zip(chosen, contexts, strict=True):
        command = [*build_command(image, tag_prefix, base_image, source), *docker_arg]
        build_one(image, command, files, dry_run)


def list_images(images: Iterable[Image], prefix: str) -> None:
    """Print one line per image."""
    for image in images:
        tag = f"{prefix}/{image.name}:{version()}"
        click.echo(f"{tag:<24} {image.command or '-':<14} {image.description}")


def build_one(image: Image, command: Sequence[str], files: dict[str, Path], dry_run: bool) -> None:
    """Build one image, and say so."""
    size = sum(path.stat().st_size for path in files.values())
    click.echo(f"==> {image.name}: {len(files)} files, {megabytes(size)}")
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
    click.echo(f"==> {tag}: {size_of(tag)}, built in {time.monotonic() - start:.1f} s")


cli.add_command(lock)
cli.add_command(wheels)


if __name__ == "__main__":
    cli()
