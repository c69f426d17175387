"""Build the container images that images.yaml lists, lock what they contain, and collect wheels for them.

Needs only click and PyYAML, and the ``docker`` command; ``lock`` also needs uv (or packaging, for ``--check``).
"""

from __future__ import annotations

import dataclasses
import importlib
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any

import click
import yaml

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "images"

# The Python and the platform that the locks are resolved for. Ubuntu's newer Python takes the same pins.
LOCK_PYTHON = "3.11"
LOCK_PLATFORM = "x86_64-manylinux_2_28"

# What torch's CUDA wheel asks for with exact versions of its own, and torch's CPU wheel does without.
CUDA_PACKAGE = re.compile(r"^(cuda|nvidia)-|^triton$")

# No image name here: two images with the same pins then have the same file, and BuildKit installs it once for both.
LOCK_HEADER = f"""\
# Written by `python images/build.py lock` from pyproject.toml, for Python {LOCK_PYTHON}.
# No hashes, and no CUDA packages (torch's own metadata pins those): a folder with torch's CPU wheel satisfies the same
# lock as the CUDA wheel from the package index does.
"""

# A fixed time for every file of a build context, so that the context depends on what the files hold and nothing else.
CONTEXT_TIME = 315532800  # 1980-01-01, the oldest time that zip files can hold


class Unavailable(click.ClickException):
    """Something the command needs is missing: Docker, uv, a wheel, a lock."""

    exit_code = 4


@dataclasses.dataclass(frozen=True)
class Image:
    """One entry of images.yaml, which says what the fields mean."""

    name: str
    description: str
    folder: str
    parent: str = ""
    target: str = ""
    extra: str = ""
    source: str = ""
    command: str = ""
    module: str = ""

    @property
    def lock(self) -> Path:
        """The pinned packages of the image."""
        return IMAGES / self.folder / "requirements.lock"


def load_images(path: Path = IMAGES / "images.yaml") -> dict[str, Image]:
    """Read the declaration of all images, in its order."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))["images"]
    return {name: Image(name=name, **entry) for name, entry in entries.items()}


def version() -> str:
    """Read the version of the project without importing it."""
    text = (ROOT / "shared" / "vtb" / "__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "(.+)"', text, re.MULTILINE)
    if not found:
        raise Unavailable("shared/vtb/__init__.py does not say __version__")
    return found[1]


def select(images: dict[str, Image], names: Sequence[str], parents: bool = True) -> list[Image]:
    """Order the named images (all, when none is named) so that each comes after its parent."""
    ordered: dict[str, Image] = {}

    def add(name: str) -> None:
        image = images[name]
        if parents and image.parent:
            add(image.parent)
        ordered[name] = image

    for name in names or images:
        add(name)
    return list(ordered.values())


# --- The build context: only what one image needs, so that an edit elsewhere neither grows nor rebuilds it


def normal(name: str) -> str:
    """Write a package name the way indexes compare them."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: Path) -> dict[str, str]:
    """Read the versions that a lock pins, by normal package name."""
    if not lock.exists():
        raise Unavailable(f"{lock.relative_to(ROOT)} is missing; write it with: python images/build.py lock")
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    return {normal(name): pin for name, pin in pins}


def wheels_for(image: Image, folder: Path) -> list[Path]:
    """Pick the wheels of one lock out of a folder, or say which it lacks."""
    pins = locked(image.lock)
    found = [(normal(wheel.name.split("-")[0]), wheel) for wheel in sorted(folder.glob("*.whl"))]
    missing = sorted(set(pins) - {name for name, _ in found})
    if missing:
        raise Unavailable(
            f"{folder} has no wheel of {', '.join(missing[:5])}{', ...' if missing[5:] else ''} for {image.name}; "
            f"get them with: python images/build.py wheels {folder} {image.name}"
        )
    return [wheel for name, wheel in found if name in pins or ("torch" in pins and CUDA_PACKAGE.match(name))]


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


def size_of(tag: str) -> str:
    """Ask Docker how large an image is."""
    command = ["docker", "image", "inspect", "--format={{.Size}}", tag]
    return megabytes(int(subprocess.run(command, capture_output=True, text=True, check=True).stdout))


def megabytes(size: int) -> str:
    """Write a size for people."""
    return f"{size / 1e6:,.1f} MB"


# --- Locks


def project() -> dict[str, Any]:
    """Read the [project] table of pyproject.toml."""
    # Python 3.10 has no tomllib; there, pytest and mypy bring tomli.
    toml = importlib.import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    table: dict[str, Any] = toml.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return table


def declared(image: Image) -> list[str]:
    """List what pyproject.toml asks for on behalf of an image: what the library needs, and the image's own extra."""
    table = project()
    return [*table["dependencies"], *table["optional-dependencies"][image.extra]]


def resolve(image: Image, upgrade: bool) -> str:
    """Let uv choose a version for everything the image needs; it keeps the versions of the present lock."""
    beside = Path(sys.executable).with_name("uv")
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if not uv:
        raise Unavailable("uv is not installed; run: pip install uv")
    command = [uv, "pip", "compile", "-", "--quiet", "--no-header", "--no-annotate", f"--output-file={image.lock}"]
    command += [f"--python-version={LOCK_PYTHON}", f"--python-platform={LOCK_PLATFORM}", *["--upgrade"][:upgrade]]
    done = subprocess.run(command, input="\n".join(declared(image)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise click.ClickException(f"uv cannot lock {image.name}: {done.stderr.strip()}")
    return image.lock.read_text(encoding="utf-8")


def write_lock(image: Image, upgrade: bool) -> None:
    """Write the lock of one image."""
    lines = resolve(image, upgrade).splitlines()
    pins = [line for line in lines if line[0] not in "#-" and not CUDA_PACKAGE.match(line.split("==")[0])]
    image.lock.write_text(LOCK_HEADER + "".join(f"{pin}\n" for pin in pins), encoding="utf-8")
    click.echo(f"{image.lock.relative_to(ROOT)}: {len(pins)} packages")


def lock_problems(image: Image) -> list[str]:
    """Compare a lock with pyproject.toml, offline; what those packages need in turn is not looked at."""
    from packaging.requirements import Requirement

    pins = locked(image.lock)
    where = image.lock.relative_to(ROOT)
    problems = []
    for requirement in map(Requirement, declared(image)):
        pin = pins.get(normal(requirement.name))
        if requirement.marker and not requirement.marker.evaluate({"python_version": LOCK_PYTHON}):
            continue
        if pin is None:
            problems.append(f"{where}: {requirement.name} is not pinned")
        elif not requirement.specifier.contains(pin, prereleases=True):
            problems.append(f"{where}: {requirement.name}=={pin} is not {requirement.specifier}")
    return problems


def with_locks(names: Sequence[str]) -> list[Image]:
    """Pick the named images that have a lock, one for each lock."""
    return list({image.lock: image for image in select(load_images(), names, parents=False) if image.extra}.values())


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


names_argument = click.argument("names", nargs=-1, type=click.Choice(list(load_images())), metavar="[NAME]...")
folder_type = click.Path(file_okay=False, path_type=Path)


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
@names_argument
@click.option("--base-image", metavar="IMG", envvar="VTB_BASE_IMAGE", help="Start the base from this image.")
@click.option("--wheels", metavar="DIR", envvar="VTB_WHEELS", type=folder_type, help="Install from these wheels only.")
@click.option("--tag-prefix", metavar="PREFIX", default="vtb", show_default=True, help="Tag PREFIX/NAME:VERSION.")
@click.option("--source", metavar="URL", envvar="VTB_SOURCE_URL", default="", help="Label: where the source lives.")
@click.option("--only", is_flag=True, help="Build no parents; they are there already.")
@click.option("--docker-arg", metavar="ARG", multiple=True, help="Hand this to `docker build`, as --docker-arg=ARG.")
@click.option("--dry-run", is_flag=True, help="Show what would be built; needs no Docker.")
@click.option("--list", "show_list", is_flag=True, help="List the images and exit.")
def build(
    names: Sequence[str],
    base_image: str | None,
    wheels: Path | None,
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
    contexts = [context_files(image, wheels) for image in chosen]  # all of them first: a missing wheel shows at once
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
    if code := run_build(command, files):
        hint = "" if image.parent else " (where no registry can be reached, give --base-image)"
        raise click.ClickException(f"docker build of {image.name} ended with {code}; its lines above say why{hint}")
    tag = next(part.partition("=")[2] for part in command if part.startswith("--tag="))
    click.echo(f"==> {tag}: {size_of(tag)}, built in {time.monotonic() - start:.1f} s")


@cli.command()
@names_argument
@click.option("--check", is_flag=True, help="Only say whether the locks still satisfy pyproject.toml; works offline.")
@click.option("--upgrade", is_flag=True, help="Choose the newest versions, not those of the present locks.")
def lock(names: Sequence[str], check: bool, upgrade: bool) -> None:
    """Write requirements.lock of the images from pyproject.toml.

    A lock pins the dependencies of the project, the extra of the image, and all that those need.
    """
    if not check:
        for image in with_locks(names):
            write_lock(image, upgrade)
        return
    problems = [problem for image in with_locks(names) for problem in lock_problems(image)]
    if problems:
        raise click.ClickException("\n".join([*problems, "fix it with: python images/build.py lock"]))


@cli.command()
@click.argument("folder", metavar="DIR", type=folder_type)
@names_argument
@click.option("--python-version", metavar="X.Y", default=LOCK_PYTHON, show_default=True, help="Python of the images.")
def wheels(folder: Path, names: Sequence[str], python_version: str) -> None:
    """Fill DIR with the wheels that the locks of the images ask for.

    Uses pip as it is configured here. Debian 12 images have Python 3.11, Ubuntu 24.04 images 3.12. Run this with the
    same Python: packages that exist as source only are then made into wheels; else they are an error.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if importlib.util.find_spec("pip") is None:
        raise Unavailable("this Python has no pip; run: python -m ensurepip")
    for image in with_locks(names):
        click.echo(f"==> {image.name}")
        command = [sys.executable, "-m", "pip", *pip_arguments(folder, python_version), f"--requirement={image.lock}"]
        if subprocess.run(command, check=False).returncode:
            raise click.ClickException(f"pip did not get the wheels of {image.name}; its lines above say why")
    found = list(folder.glob("*.whl"))
    click.echo(f"{folder}: {len(found)} wheels, {megabytes(sum(wheel.stat().st_size for wheel in found))}")


def pip_arguments(folder: Path, python_version: str) -> list[str]:
    """Choose between making wheels here and fetching those of another Python."""
    if python_version == f"{sys.version_info[0]}.{sys.version_info[1]}":
        return ["wheel", f"--wheel-dir={folder}", f"--find-links={folder}"]
    fetch = ["download", f"--dest={folder}", f"--find-links={folder}", "--only-binary=:all:"]
    # The newest platform tag that Debian 12 takes, down to the oldest in use: pip does not work out the others.
    platforms = [f"--platform=manylinux{tag}_x86_64" for tag in ("_2_36", "_2_28", "_2_17", "2014", "2010", "1")]
    return [*fetch, *platforms, f"--python-version={python_version}"]


if __name__ == "__main__":
    cli()
