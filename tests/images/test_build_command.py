"""``images/build.py``: what it asks of Docker, and what it tells; Docker itself is played."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from click.testing import Result as ClickResult

from images import build, declaration

ALL = declaration.load_images()


def run(*arguments: str, env: dict[str, str] | None = None) -> ClickResult:
    return CliRunner().invoke(build.cli, list(arguments), env=env)


def test_parents_come_first() -> None:
    assert [image.name for image in declaration.select(ALL, ["eval", "prepare"])] == ["base", "eval", "prepare"]


def test_dry_run_needs_no_docker() -> None:
    result = run("gen-maze", "--base-image", "debian:12", "--dry-run", env={"PATH": ""})
    assert result.exit_code == 0, result.output
    lines = [line for line in result.output.splitlines() if "docker build" in line]
    assert "--build-arg=BASE_IMAGE=debian:12" in lines[0]
    assert f"--build-arg=PARENT=vtb/base:{declaration.version()} " in lines[1]
    assert "--target=gen-maze" in lines[1]


FAKE_DOCKER = """\
#!/bin/sh
echo "$*" >>{log}
case "$1 $2" in
    "build "*) cat >/dev/null; touch {log}.built ;;
    "image inspect") case "$*" in *Size*) echo 5 ;; *) test -e {log}.built && echo new || echo {before} ;; esac ;;
esac
"""


@pytest.mark.parametrize(("before", "removed"), [("old", ["image rm old"]), ("new", []), ("", [])])
def test_an_image_that_is_replaced_leaves_nothing(before: str, removed: list[str], tmp_path: Path) -> None:
    log = tmp_path / "log"
    (tmp_path / "docker").write_text(FAKE_DOCKER.format(log=log, before=before))
    (tmp_path / "docker").chmod(0o755)
    result = run("base", env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert result.exit_code == 0, result.output
    assert [line for line in log.read_text().splitlines() if line.startswith("image rm")] == removed


def fake_docker(folder: Path, script: str) -> dict[str, str]:
    (folder / "docker").write_text(f'#!/bin/sh\necho "$*" >>{folder}/log\n{script}\n')
    (folder / "docker").chmod(0o755)
    return {"PATH": f"{folder}:/usr/bin:/bin"}


def test_push_goes_where_the_cluster_looks(tmp_path: Path) -> None:
    env = fake_docker(tmp_path, "echo id")
    result = run("push", "--registry", "registry.example.org/team/", "curate", env=env)
    assert result.exit_code == 0, result.output
    tag = f"vtb/curate:{declaration.version()}"
    there = f"registry.example.org/team/{tag}"
    assert (tmp_path / "log").read_text().splitlines()[-2:] == [f"tag {tag} {there}", f"push {there}"]


def test_push_sends_all_but_the_base_and_nothing_when_one_is_not_built(tmp_path: Path) -> None:
    assert run("push", "--registry", "r", env=fake_docker(tmp_path, "echo id")).exit_code == 0
    pushed = re.findall(r"^push r/vtb/([\w-]+):", (tmp_path / "log").read_text(), re.M)
    assert pushed == [name for name, image in ALL.items() if image.parent]
    (tmp_path / "log").unlink()
    env = fake_docker(tmp_path, 'case "$*" in *vtb/eval*) exit 1 ;; esac; echo id')
    result = run("push", "--registry", "r", env=env)
    assert (result.exit_code, "not built: eval" in result.output) == (4, True)
    assert "push" not in (tmp_path / "log").read_text()


@pytest.mark.parametrize("script", ['case "$*" in *--help) exit 1 ;; esac', 'case "$*" in *dry-run*) exit 3 ;; esac'])
def test_a_trial_that_fails_says_so(script: str, tmp_path: Path) -> None:
    result = run("test", "launcher", env=fake_docker(tmp_path, script))
    assert result.exit_code == 1
    assert "ended with" in result.output
    assert "works as any user" not in result.output


def test_a_trial_runs_as_a_user_that_nobody_knows(tmp_path: Path) -> None:
    assert run("test", "launcher", env=fake_docker(tmp_path, "true")).exit_code == 0
    runs = [line for line in (tmp_path / "log").read_text().splitlines() if "--read-only" in line]
    assert len(runs) == 2
    assert all(re.search(r"--user=1000\d{6}:0 ", line) and "--cap-drop=ALL" in line for line in runs)


def test_missing_docker_is_one_line_and_exit_code_4() -> None:
    result = run("base", env={"PATH": ""})
    assert result.exit_code == 4
    assert len(result.output.splitlines()) == 1
    assert "docker is not installed" in result.output


def test_a_wheel_folder_that_lacks_something_says_what_to_do(tmp_path: Path) -> None:
    result = run("eval", "--wheels", str(tmp_path), "--dry-run")
    assert result.exit_code == 4
    assert f"python images/build.py wheels {tmp_path} eval" in result.output


def test_list_shows_every_image() -> None:
    result = run("--list")
    assert result.exit_code == 0
    assert re.findall(r"^vtb/([\w-]+):", result.output, re.M) == list(ALL)


def test_help_shows_the_options_of_the_default_command() -> None:
    result = run("--help")
    assert {"--wheels", "--base-image", "lock", "wheels", "test", "push", "archive"} <= set(result.output.split())
