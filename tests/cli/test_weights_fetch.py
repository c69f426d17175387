"""``vtb weights fetch``: whole, in parts, and by two at once."""

from __future__ import annotations

import fcntl
from pathlib import Path

import pytest

from cli.local_hub import StartHub, check, fetch, published
from cli.local_hub import hub as hub  # a fixture
from vtb.perception.published import WEIGHTS


@pytest.mark.parametrize("name", ["grounding-dino-tiny", "sam2.1-hiera-large", "orient-anything-large"])
def test_what_is_fetched_from_a_local_server_is_found_whole(name: str, hub: StartHub, tmp_path: Path) -> None:
    server = hub(published(WEIGHTS[name]))
    done = fetch(name, tmp_path)
    assert (done.code, done.out) == (0, f"{tmp_path / name}\n"), done.err
    assert done.err.splitlines()[0] == f"{WEIGHTS[name].title}: {WEIGHTS[name].terms}"
    code, found = check(tmp_path)
    assert code == 4
    assert found[name] == f"ok: {WEIGHTS[name].terms}"
    assert sorted(path.name for path in (tmp_path / name).iterdir()) == sorted(WEIGHTS[name].files)
    asked = len(server.asked)
    assert fetch(name, tmp_path).code == 0
    assert len(server.asked) == asked  # nothing is brought twice


def test_a_broken_download_goes_on_where_it_ended(hub: StartHub, tmp_path: Path) -> None:
    weights = WEIGHTS["orient-anything-large"]
    server = hub(published(weights), break_after=2_500_000)
    done = fetch(weights.name, tmp_path)
    assert done.code == 75
    assert "run it again, and it goes on where it ended" in done.error_lines[0]
    assert check(tmp_path)[1][weights.name].startswith("missing: ")
    assert fetch(weights.name, tmp_path).code == 0
    (_, first), (_, second) = server.asked
    assert first is None
    assert 1 << 20 < int(str(second).removeprefix("bytes=").removesuffix("-")) <= 2_500_000
    assert check(tmp_path)[1][weights.name] == "ok: CC BY 4.0"


def test_a_download_that_ended_before_its_last_step_is_not_repeated(hub: StartHub, tmp_path: Path) -> None:
    files = published(WEIGHTS["sam2.1-hiera-large"])
    server = hub(files)
    place = tmp_path / "sam2.1-hiera-large"
    place.mkdir()
    (content,) = (data for path, data in files.items() if path.endswith("model.safetensors"))
    (place / "model.safetensors.part").write_bytes(content)
    assert fetch("sam2.1-hiera-large", tmp_path).code == 0
    assert server.asked[-1][1] == f"bytes={len(content)}-"
    assert (place / "model.safetensors").read_bytes() == content


def test_a_folder_that_cannot_be_made_is_said(hub: StartHub, tmp_path: Path) -> None:
    hub({})
    (tmp_path / "weights").write_text("a file")
    done = fetch("pi3", tmp_path / "weights" / "below")
    assert done.code in (3, 4)
    assert "Traceback" not in done.err
    assert len(done.error_lines) == 1


@pytest.mark.parametrize("odd", ["another version", "another range", "too much"])
def test_a_part_that_does_not_fit_is_brought_anew(odd: str, hub: StartHub, tmp_path: Path) -> None:
    """Half of an older version before half of a newer one would be whole by its size, and wrong."""
    files = published(WEIGHTS["sam2.1-hiera-large"])
    (content,) = (data for path, data in files.items() if path.endswith("model.safetensors"))
    place = tmp_path / "sam2.1-hiera-large"
    place.mkdir()
    part = place / "model.safetensors.part"
    part.write_bytes(bytes(len(content) + 9 if odd == "too much" else 1000))
    (place / "model.safetensors.part.version").write_text("old")
    headers = {"another version": {"ETag": "new"}, "another range": {"Content-Range": "bytes 7-9/10"}}
    server = hub(files, headers=headers.get(odd, {"Content-Range": f"bytes */{len(content)}"}))
    done = fetch("sam2.1-hiera-large", tmp_path)
    assert done.code == 0, done.err
    assert (place / "model.safetensors").read_bytes() == content
    assert [asked for _, asked in server.asked[-2:]] == [
        f"bytes={1000 if odd != 'too much' else len(content) + 9}-",
        None,
    ]
    assert {path.name for path in place.iterdir()} == {"config.json", "model.safetensors"}


def test_two_that_bring_one_file_do_not_write_into_each_other(hub: StartHub, tmp_path: Path) -> None:
    hub(published(WEIGHTS["sam2.1-hiera-large"]))
    place = tmp_path / "sam2.1-hiera-large"
    place.mkdir()
    with (place / "config.json.part").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = fetch("sam2.1-hiera-large", tmp_path)
        assert (done.code, "by another process" in done.error_lines[0]) == (75, True), done.err
    assert fetch("sam2.1-hiera-large", tmp_path).code == 0
