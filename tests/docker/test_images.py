"""The light images, as `docker run` runs them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import pytest

from container_tools import (
    BUILD_SECRET,
    CLUSTER,
    GENERATORS,
    HARDENED,
    LABEL,
    LIGHT,
    ROOT,
    Done,
    build,
    builder,
    docker,
    inspect,
    tag,
)
from contract.command_line import run
from vtb.artifact import read_manifest

pytestmark = pytest.mark.docker
SMALL = ("--size", 7, "--cell-px", 8, "--count", 3)
each_image = pytest.mark.parametrize("name", LIGHT)
each_light_image = pytest.mark.parametrize("name", [*LIGHT, *CLUSTER])


@pytest.fixture(scope="module", autouse=True)
def images() -> None:
    build((*LIGHT, *GENERATORS, *CLUSTER))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """A folder that everybody may write to, as the README makes it."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out").chmod(0o777)
    return tmp_path / "out"


def gen_maze(out: Path, *arguments: object, flags: tuple[object, ...] = ()) -> Done:
    mount = ("-v", f"{out}:/out")
    return docker("run", "--rm", *flags, *mount, tag("gen-maze"), *SMALL, *arguments, "--output", "/out/mazes")


def python(name: str, code: str, *flags: str) -> Done:
    return docker("run", "--rm", *flags, "--entrypoint", "python", tag(name), "-c", code)


def readme_line() -> str:
    """The one command that a new user copies."""
    line: str
    (line,) = re.findall(r"^docker run --rm -v \$PWD/out:/out .*$", (ROOT / "README.md").read_text(), re.M)
    return line


@pytest.mark.parametrize("name", GENERATORS)
def test_every_generator_runs_in_its_image(name: str, out: Path) -> None:
    amount = ("--rooms", 1, "--clip-frames", 32) if name == "gen-rooms" else ("--count", 1)
    done = docker("run", "--rm", *HARDENED, "-v", f"{out}:/out", tag(name), *amount, "--output", "/out/made")
    assert done.code == 0, done.err
    manifest = read_manifest(str(out / "made"), ("questions" if name == "gen-rooms" else "puzzles",))
    assert manifest.plan.stage == f"vtb-{name}"
    assert manifest.rows == {"gen-eyeballing": 21, "gen-visual": 10, "gen-arc": 1, "gen-rooms": 10}[name]


def test_the_line_of_the_readme(out: Path) -> None:
    assert readme_line() == "docker run --rm -v $PWD/out:/out vtb/gen-maze --count 100 --size 9 --output /out"
    done = subprocess.run(readme_line(), shell=True, cwd=out.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "/out\n"
    manifest = read_manifest(str(out), ("puzzles",))
    assert manifest.rows == 100
    assert run("vtb", "show", "--verify", out).code == 0
    assert (out / "gallery.png").read_bytes().startswith(b"\x89PNG")
    assert "100" in (out / "README.md").read_text()


@pytest.mark.parametrize("user", [None, "12345:0", "65534:65534"])
def test_runs_hardened_as_anybody(user: str | None, out: Path, tmp_path: Path) -> None:
    flags = (*HARDENED, "--network", "none", *(("--user", user) if user else ()))
    done = gen_maze(out, "--video", "--frames", 5, "--clip-size", "64x64", flags=flags)
    assert done.code == 0, done.err
    manifest = read_manifest(str(out / "mazes"))
    owner = (out / "mazes" / "manifest.json").stat()
    assert (owner.st_uid, owner.st_gid) == (tuple(map(int, user.split(":"))) if user else (1000, 0))
    same = run("vtb-gen-maze", *SMALL, "--video", "--frames", 5, "--clip-size", "64x64", "--output", tmp_path / "here")
    assert same.code == 0
    assert manifest.digest == read_manifest(str(tmp_path / "here")).digest


@pytest.mark.parametrize(
    ("flags", "output", "why"),
    [
        (("-v", "{out}:/out"), "/out/x", "as user 1000: Permission denied"),
        (("-v", "{out}:/out", "--user", "4321:4321"), "/out", "as user 4321: Permission denied"),
        (("-v", "{out}:/out:ro"), "/out/x", "Read-only file system"),
        (HARDENED, "/data", "cannot use /data as user 1000: Read-only file system"),
    ],
    ids=["of another", "of another still", "read-only", "the image's own root"],
)
def test_an_output_that_cannot_be_written_is_one_line(
    flags: tuple[str, ...], output: str, why: str, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir(mode=0o755)
    words = [flag.format(out=tmp_path / "out") for flag in flags]
    done = docker("run", "--rm", *words, tag("gen-maze"), *SMALL, "--output", output)
    assert (done.code, len(done.err.splitlines()), done.out) == (4, 1, ""), done.err
    assert why in done.err
    assert "create the folder before mounting it, or pass --user" in done.err
    assert list((tmp_path / "out").iterdir()) == []


@each_light_image
def test_not_root_and_labelled(name: str) -> None:
    about = inspect(tag(name))
    config, labels = about["Config"], about["Config"]["Labels"]
    assert re.fullmatch(r"[1-9]\d*", config["User"])
    assert labels[f"{LABEL}revision"] == builder().revision(builder().load_images()[name])
    assert re.match(r"[0-9a-f]{40}(-dirty)?$", labels[f"{LABEL}revision"])
    assert labels[f"{LABEL}title"] == f"vtb/{name}"
    assert labels[f"{LABEL}version"] == builder().version()
    assert labels[f"{LABEL}licenses"] == "MIT"
    assert config["Entrypoint"][:3] == ["tini", "-g", "--"]
    ids = python(name, "import os; print(os.getuid(), os.getgid(), os.getenv('HOME'))")
    assert ids.out == "1000 0 /cache\n"


@each_image
def test_answers_without_any_rights(name: str) -> None:
    words = ("vlm",) if name == "prepare" else ()
    for flag, part in (("--help", "--output"), ("--version", builder().version()), ("--describe", '"command"')):
        done = docker("run", "--rm", *HARDENED, "--network", "none", tag(name), *words, flag)
        assert (done.code, part in done.out) == (0, True), done.err
    missing = docker("run", "--rm", tag(name), *words)
    assert (missing.code, len(missing.err.splitlines())) == (2, 1)


def test_nothing_in_the_working_folder_is_imported(out: Path, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    for name in ("click", "queue", "json", "vtb", "numpy", "pickle", "socket"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(99)\n")
    done = gen_maze(out, "--samples-per-shard", 1, "--workers", 2, flags=("-v", f"{tmp_path}:/work"))
    assert done.code == 0, done.err


@each_image
def test_other_stages_are_not_in_it(name: str) -> None:
    packages = {"gen-maze": "vtb_generate", "curate": "vtb_curate", "prepare": "vtb_prepare"}
    stages = sorted(path.name for path in ROOT.glob("stages/*/vtb_*"))
    heavy = ["torch", "transformers", "swift", "docker", "kubernetes", "pytest", "pip"]
    code = f"import importlib.util as u; print([n for n in {[*stages, *heavy]!r} if u.find_spec(n)])"
    assert python(name, code).out.strip() == repr([packages[name]])
    found = python(name, "import os; print(sorted(os.listdir('/app')))").out.strip()
    assert "tests" not in found
    assert "images" not in found


@each_light_image
def test_no_secret_in_layers_history_or_settings(name: str) -> None:
    about = json.dumps(inspect(tag(name))) + docker("history", "--no-trunc", tag(name)).out
    words = ("TOKEN", "SECRET", "PASSW", "CREDENTIAL", "API_KEY", "ACCESS_KEY")
    given = [value for key, value in os.environ.items() if any(word in key for word in words) and len(value) > 7]
    assert not [value for value in (BUILD_SECRET, *given) if value in about]
    names = [entry.partition("=")[0] for entry in inspect(tag(name))["Config"]["Env"]]
    assert not [entry for entry in names if any(word in entry.upper() for word in words)]
    assert not re.search(r"://[^/\s\"]+:[^/\s\"]+@", about)
    # Files of the build machine that have no business here, and what a build leaves lying about.
    code = (
        "import os\n"
        "odd = ('.git', '.env', '.netrc', '.pypirc', 'pip.conf', '.aws', '.ssh', '.docker', 'build', '.venv')\n"
        "skip = ('/proc', '/sys', '/dev')\n"
        "for folder, folders, files in os.walk('/'):\n"
        "    folders[:] = [f for f in folders if os.path.join(folder, f) not in skip]\n"
        "    inside = '/site-packages/' in folder + '/' or '/usr/' in folder + '/'\n"
        "    for name in folders + files:\n"
        "        if (name in odd or name.endswith('.whl')) and not inside:\n"
        "            print(os.path.join(folder, name))\n"
    )
    seen = python(name, code, "--user", "0")
    assert (seen.code, seen.out) == (0, ""), seen.err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 75), (signal.SIGINT, 130)])
def test_a_signal_ends_it_at_once_and_it_can_go_on(number: signal.Signals, code: int, out: Path) -> None:
    words = ("run", "-d", *HARDENED, "-v", f"{out}:/out", tag("gen-maze"), "--size", 7, "--cell-px", 8)
    started = docker(*words, "--count", 400_000, "--workers", 2, "--output", "/out/mazes")
    assert started.code == 0, started.err
    container = started.out.strip()
    try:
        deadline = time.monotonic() + 60
        while not list(out.glob("mazes/shards/*.done.json")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        began = time.monotonic()
        docker("kill", f"--signal={number.name}", container)
        assert docker("wait", container, timeout=30).out.strip() == str(code)
        assert time.monotonic() - began < 10
        assert "run the same command again to continue" in docker("logs", container).err
    finally:
        docker("rm", "-f", container)
    assert not (out / "mazes" / "manifest.json").exists()
