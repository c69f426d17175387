"""``vtb stages`` and ``vtb doctor``: what is installed, and what works here."""

from __future__ import annotations

import json
import os
import re
import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.command_line import programs, run
from s3_server import free_port
from shared.benchmarks.videothinkbench.benchmark_like import write_folder
from shared.datasets import toy_task
from vtb.cli.doctor import MODULES
from vtb.formats.webdataset import Sample
from vtb.store import open_store

if TYPE_CHECKING:
    from buckets import Bucket

STAGES = ["curate", "eval predict", "eval score", "gen-maze", "prepare vlm", "train-vlm sft", "train-vlm tiny-model"]


def test_stages_lists_what_is_installed() -> None:
    done = run("vtb", "stages")
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert {f"vtb-{name}" for name in STAGES} <= {re.split(r"  +", line)[0] for line in lines}
    assert "vtb-gen-maze               nothing -> puzzles: Generate mazes" in done.out
    assert re.search(r"vtb-train-vlm sft +swift-dataset -> adapter or checkpoint: ", done.out)


def test_stages_json_is_what_describe_says() -> None:
    done = run("vtb", "stages", "--json")
    assert done.code == 0, done.err
    contracts = {contract["name"]: contract for contract in json.loads(done.out)}
    assert set(STAGES) <= set(contracts)
    assert contracts["gen-maze"] == json.loads(run("vtb-gen-maze", "--describe").out)
    assert {contract["command"].split()[0] for contract in contracts.values()} == set(programs()) - {"vtb"}


@pytest.fixture
def broken_plugin(tmp_path: Path) -> dict[str, str]:
    """The environment of a machine with a package whose stage cannot be imported."""
    about = tmp_path / "plugins" / "odd-1.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: odd\nVersion: 1\n")
    (about / "entry_points.txt").write_text(
        "[vtb.stages]\nodd = odd_stage:main\n[vtb.puzzles]\nodd_family = odd_stage:F\n"
        "[vtb.benchmarks]\nodd_bench = odd_stage:B\nodd_kind = json:loads\nodd_end = odd_end:B\n"
    )
    (tmp_path / "plugins" / "odd_stage.py").write_text("raise RuntimeError('old API')\n")
    (tmp_path / "plugins" / "odd_end.py").write_text("raise SystemExit(1)\n")
    return {"PYTHONPATH": f"{os.environ.get('PYTHONPATH', '')}:{tmp_path}/plugins"}


def test_a_broken_plugin_is_named_and_left_out(broken_plugin: dict[str, str], tmp_path: Path) -> None:
    done = run("vtb", "stages", env=broken_plugin)
    assert (done.code, "vtb-gen-maze" in done.out) == (0, True), done.err
    (line,) = [line for line in done.err.splitlines() if "stage odd" in line]
    assert "stage odd is left out: odd_stage:main cannot be loaded (RuntimeError: old API)" in line
    (tmp_path / "p.yaml").write_text("name: x\nsteps: [{name: a, stage: gen-maze}]\n")
    good = run("vtb", "run", tmp_path / "p.yaml", "--store", tmp_path / "out", "--dry-run", env=broken_plugin)
    assert good.code == 0, good.err
    (tmp_path / "p.yaml").write_text("name: x\nsteps: [{name: a, stage: odd}]\n")
    bad = run("vtb", "run", tmp_path / "p.yaml", "--store", tmp_path / "out", env=broken_plugin)
    assert (bad.code, len(bad.error_lines)) == (4, 1), bad.err
    assert "stage 'odd' cannot be used: odd_stage:main cannot be loaded" in bad.error_lines[0]


def test_a_broken_family_is_named_and_left_out(broken_plugin: dict[str, str], tmp_path: Path) -> None:
    done = run("vtb", "gallery", "maze_square", "--output", tmp_path / "g.html", env=broken_plugin)
    assert (done.code, (tmp_path / "g.html").exists()) == (0, True), done.err
    assert done.err.count("puzzle family 'odd_family' of odd_stage:F: cannot be loaded: old API: it is left out") == 1
    none = run("vtb", "gallery", "odd_family", "--output", tmp_path / "o.html", env=broken_plugin)
    assert (none.code, len(none.error_lines)) == (2, 1), none.err
    assert "there is no puzzle family 'odd_family'" in none.error_lines[0]


def test_a_broken_benchmark_is_named_and_left_out(broken_plugin: dict[str, str], tmp_path: Path) -> None:
    """By commands that read a benchmark's records; one that needs the broken one says that it is not there."""
    write_folder(tmp_path / "theirs", ["midpoint"], 2)
    words = ("vtb-curate", "--workers", "2", "--output", tmp_path / "out", "--input")
    done = run(*words, tmp_path / "theirs", env=broken_plugin)
    assert (done.code, (tmp_path / "out" / "manifest.json").exists()) == (0, True), done.err
    for name in (
        "'odd_bench' of odd_stage:B: cannot be loaded: old API", "'odd_end' of odd_end:B: cannot be loaded: 1",
        "'odd_kind' of json:loads: cannot be loaded: it is no Benchmark",
    ):  # fmt: skip
        assert done.err.count(f"benchmark {name}: it is left out") == 1, done.err
    sample = toy_task.sample("k", toy_task.pictures(1, 2), (1, 2))
    theirs = sample.parts["json"].replace(b'"toy"', b'"odd_bench"')
    toy_task.write(tmp_path / "need", [Sample("k", {**sample.parts, "json": theirs})])
    needs = run("vtb-prepare", "vlm", "--input", tmp_path / "need", "--output", tmp_path / "o", env=broken_plugin)
    assert (needs.code, len(needs.error_lines)) == (3, 1), needs.err
    assert "there is no benchmark 'odd_bench', only " in needs.error_lines[0]


def test_doctor_says_what_works(tmp_path: Path) -> None:
    done = run("vtb", "doctor", "--store", tmp_path / "store")
    assert done.code == 0, done.err
    found = {line.split()[1]: line.split()[0] for line in done.out.splitlines()}
    assert {"python", "cpus", "gpu", "docker", "cache", "store", *MODULES} == set(found)
    assert found["python"] == found["generate"] == found["store"] == "ok"
    assert [path for path in (tmp_path / "store").rglob("*") if path.is_file()] == []


def test_doctor_names_the_extra_that_is_missing(tmp_path: Path) -> None:
    done = run("vtb", "doctor", env={"PATH": "/nowhere", "DOCKER_HOST": f"unix://{tmp_path}/none"})
    assert done.code == 0, done.err
    assert re.search(r"missing +gpu +no NVIDIA driver", done.out)
    assert re.search(r"missing +docker +no Docker engine answers", done.out)


def test_doctor_says_where_the_cache_is_and_how_large(tmp_path: Path) -> None:
    cache = tmp_path / "xdg/vtb"
    for env, said in (
        ({"XDG_CACHE_HOME": str(tmp_path / "xdg"), "VTB_CACHE": ""}, "0.0 MB"),
        ({"VTB_CACHE": str(cache)}, "1.5 MB"),
    ):
        assert f"{cache}: {said}; may be removed" in run("vtb", "doctor", env=env).out
        (cache / "artifacts").mkdir(parents=True, exist_ok=True)
        (cache / "artifacts/one").write_bytes(bytes(1_500_000))
    (tmp_path / "file").touch()
    unusable = run("vtb", "doctor", env={"VTB_CACHE": str(tmp_path / "file/x")})
    assert re.search(r"missing +cache +.*/file/x cannot be written: set VTB_CACHE", unusable.out)


@pytest.mark.store
def test_doctor_tries_the_store_and_cleans_up(s3: Bucket) -> None:
    done = run("vtb", "doctor", "--store", f"{s3.uri}/demo")
    assert done.code == 0, done.err
    assert re.search(rf"ok +store +{s3.uri}/demo can be written, read and cleaned up", done.out)
    assert list(open_store(s3.uri).list()) == []


@pytest.mark.store
def test_doctor_with_a_wrong_secret(s3: Bucket) -> None:
    wrong = secrets.token_hex(16)
    done = run("vtb", "doctor", "--store", s3.uri, env={"AWS_SECRET_ACCESS_KEY": wrong})
    assert (done.code, len(done.error_lines)) == (4, 1), done.err
    assert re.search(r"missing +store ", done.out)
    assert not [secret for secret in (wrong, s3.env["AWS_SECRET_ACCESS_KEY"]) if secret in done.out + done.err]
    assert "Traceback" not in done.err


@pytest.mark.store
def test_doctor_with_stores_that_do_not_work(s3: Bucket, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    nobody = {"S3_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}", "VTB_S3_RETRIES": "1", "VTB_S3_TIMEOUT": "1"}
    for store, env, code in (
        ("s3://no-such-bucket", {}, 4),
        (s3.uri, nobody, 75),
        (s3.uri, {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, 4),
        (str(tmp_path / "file"), {}, 3),
    ):
        done = run("vtb", "doctor", "--store", store, env=env)
        assert (done.code, len(done.error_lines)) == (code, 1), done.err
        assert done.error_lines[0].startswith("vtb: error: ")
        assert ".vtb-doctor" not in done.out + done.err
        assert done.error_lines[0].removeprefix("vtb: error: ") not in done.out


def test_version_and_help() -> None:
    assert re.fullmatch(r"vtb-train \d+\.\d+\.\d+\S*\n", run("vtb", "--version").out)
    for words in ((), ("run",), ("show",), ("stages",), ("render",), ("doctor",)):
        done = run("vtb", *words, "--help")
        assert done.code == 0
        assert not words or "Example: vtb" in done.out
    assert run("vtb", "runn").code == 2
