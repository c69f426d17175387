"""``vtb weights``: what there is, what a folder lacks, and bringing it from a local server in the place of the hub."""

from __future__ import annotations

import fcntl
import io
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import Result, call, run
from tiny_perception import published_orienter, tiny_detector, tiny_orienter, tiny_tracker
from vtb.artifact.output import file_sha256
from vtb.perception import weight_folder
from vtb.perception.published import WEIGHTS, Weights, licenses


class LocalHub:
    """A server in the place of the Hugging Face hub: serves files, keeps what was asked, and breaks off once."""

    def __init__(self, files: Mapping[str, bytes], break_after: int | None = None, status: int = 200,
                 headers: Mapping[str, str] | None = None, moved: str = "") -> None:  # fmt: skip
        asked: list[tuple[str, str | None]] = []
        breaks = [] if break_after is None else [break_after]

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append((self.path, self.headers.get("Range")))
                assert "Authorization" not in self.headers
                content = files.get(self.path.lstrip("/"))
                if moved:
                    self.send_response(302)
                    self.send_header("Location", moved)
                    self.end_headers()
                    return
                if content is None or status != 200:
                    self.send_error(404 if content is None else status)
                    return
                start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
                if start >= len(content) > 0:
                    self.send_response(416)
                    self._more({"Content-Length": "0"})
                    return
                self.send_response(206 if start else 200)
                self._more({"Content-Length": str(len(content) - start)})
                if breaks:
                    self.wfile.write(content[start : start + breaks.pop()])
                    self.close_connection = True
                else:
                    self.wfile.write(content[start:])

            def _more(self, own: dict[str, str]) -> None:
                for name, value in {**own, **(headers or {})}.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                pass

        self.asked = asked
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"


StartHub = Callable[..., LocalHub]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[StartHub]:
    """Starts a hub of these files; the next ``fetch`` goes there."""
    running: list[LocalHub] = []

    def start(files: Mapping[str, bytes], break_after: int | None = None, status: int = 200, **more: Any) -> LocalHub:
        running.append(LocalHub(files, break_after, status, **more))
        monkeypatch.setenv("HF_ENDPOINT", running[-1].url + "/")
        return running[-1]

    yield start
    for one in running:
        one.server.shutdown()
        one.server.server_close()


def _published(weights: Weights) -> dict[str, bytes]:
    """Tiny weights of that model at the places where the hub has the large ones."""
    below = f"{weights.repository}/resolve/main"
    if weights.pickle:
        import torch

        content = io.BytesIO()
        torch.save(published_orienter(), content)
        return {f"{below}/{weights.pickle}": content.getvalue()}
    folder = {"grounding-dino-tiny": tiny_detector, "sam2.1-hiera-large": tiny_tracker}[weights.name]()
    return {f"{below}/{name}": (folder / name).read_bytes() for name in weights.files}


def _fetch(name: str, folder: Path) -> Result:
    return call("vtb", "weights", "fetch", name, "--to", folder)


def _check(folder: Path) -> tuple[int, dict[str, str]]:
    done = call("vtb", "weights", "check", folder)
    lines = [line.split(maxsplit=2) for line in done.out.splitlines()]
    return done.code, {name: f"{state}: {rest}" for state, name, rest in lines}


def test_the_list_tells_terms_sources_and_what_needs_them() -> None:
    done = run("vtb", "weights", "list")
    assert (done.code, done.err) == (0, "")
    for one in WEIGHTS.values():
        assert one.name in done.out
        assert one.repository in done.out
    assert "CC BY-NC 4.0, non-commercial use alone" in done.out
    assert "head.safetensors (SHA-256 unknown)" in done.out


def test_the_page_says_the_same() -> None:
    page = " ".join((Path(__file__).parents[2] / "docs" / "perception.md").read_text().replace("**", "").split())
    for one in WEIGHTS.values():
        assert f"weights/{one.name}/ {' '.join(one.files)}" in page
        row = page[page.index(f"| `{one.name}` |") :]
        assert one.license in row.split("|")[3]
        assert ("non-commercial" in row.split("|")[3]) == (not one.commercial)


def test_the_terms_of_what_is_used_can_be_carried_along() -> None:
    assert licenses()["pi3"] == "CC BY-NC 4.0, non-commercial use alone"
    assert licenses(["sam2.1-hiera-large"]) == {"sam2.1-hiera-large": "Apache-2.0"}


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    done = run("vtb", "weights", "check", tmp_path / "none")
    assert (done.code, done.out, len(done.error_lines)) == (4, "", 1)
    assert f"{tmp_path / 'none'}: no such folder" in done.err


def test_an_empty_folder_lacks_everything(tmp_path: Path) -> None:
    done = run("vtb", "weights", "check", tmp_path)
    assert done.code == 4
    assert done.out.count("missing") == len(WEIGHTS)
    assert f"vtb weights fetch pi3 --to {tmp_path}" in done.out
    assert done.error_lines == [
        f"vtb: error: {tmp_path}: 4 of 4 models have no weights yet: the lines above say how to bring them"
    ]


@pytest.mark.parametrize("name", ["grounding-dino-tiny", "sam2.1-hiera-large", "orient-anything-large"])
def test_what_is_fetched_from_a_local_server_is_found_whole(name: str, hub: StartHub, tmp_path: Path) -> None:
    server = hub(_published(WEIGHTS[name]))
    done = _fetch(name, tmp_path)
    assert (done.code, done.out) == (0, f"{tmp_path / name}\n"), done.err
    assert done.err.splitlines()[0] == f"{WEIGHTS[name].title}: {WEIGHTS[name].terms}"
    code, found = _check(tmp_path)
    assert code == 4
    assert found[name] == f"ok: {WEIGHTS[name].terms}"
    assert sorted(path.name for path in (tmp_path / name).iterdir()) == sorted(WEIGHTS[name].files)
    asked = len(server.asked)
    assert _fetch(name, tmp_path).code == 0
    assert len(server.asked) == asked  # nothing is brought twice


def test_a_broken_download_goes_on_where_it_ended(hub: StartHub, tmp_path: Path) -> None:
    weights = WEIGHTS["orient-anything-large"]
    server = hub(_published(weights), break_after=2_500_000)
    done = _fetch(weights.name, tmp_path)
    assert done.code == 75
    assert "run it again, and it goes on where it ended" in done.error_lines[0]
    assert _check(tmp_path)[1][weights.name].startswith("missing: ")
    assert _fetch(weights.name, tmp_path).code == 0
    (_, first), (_, second) = server.asked
    assert first is None
    assert 1 << 20 < int(str(second).removeprefix("bytes=").removesuffix("-")) <= 2_500_000
    assert _check(tmp_path)[1][weights.name] == "ok: CC BY 4.0"


def test_a_download_that_ended_before_its_last_step_is_not_repeated(hub: StartHub, tmp_path: Path) -> None:
    files = _published(WEIGHTS["sam2.1-hiera-large"])
    server = hub(files)
    place = tmp_path / "sam2.1-hiera-large"
    place.mkdir()
    (content,) = (data for path, data in files.items() if path.endswith("model.safetensors"))
    (place / "model.safetensors.part").write_bytes(content)
    assert _fetch("sam2.1-hiera-large", tmp_path).code == 0
    assert server.asked[-1][1] == f"bytes={len(content)}-"
    assert (place / "model.safetensors").read_bytes() == content


def test_a_folder_that_cannot_be_made_is_said(hub: StartHub, tmp_path: Path) -> None:
    hub({})
    (tmp_path / "weights").write_text("a file")
    done = _fetch("pi3", tmp_path / "weights" / "below")
    assert done.code in (3, 4)
    assert "Traceback" not in done.err
    assert len(done.error_lines) == 1


def test_a_pickle_that_lies_there_needs_no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    place = tmp_path / "orient-anything-large"
    place.mkdir()
    (place / "dino_weight.pt").write_bytes((tiny_orienter() / "dino_weight.pt").read_bytes())
    assert "still to be converted: vtb weights fetch" in _check(tmp_path)[1]["orient-anything-large"]
    assert _fetch("orient-anything-large", tmp_path).code == 0
    assert (place / "dino_weight.pt").is_file()  # which is the user's
    done = _fetch("pi3", tmp_path)
    assert done.code == 75
    assert "Traceback" not in done.err


def test_without_torch_a_pickle_is_brought_and_it_is_said_where_to_convert_it(
    hub: StartHub, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    hub(_published(WEIGHTS["orient-anything-large"]))
    with monkeypatch.context() as without:
        without.setitem(sys.modules, "torch", None)
        done = _fetch("orient-anything-large", tmp_path)
    assert done.code == 4
    assert "converting published weights needs torch and safetensors: run this where models run" in done.error_lines[0]
    assert [path.name for path in (tmp_path / "orient-anything-large").iterdir()] == ["dino_weight.pt"]
    assert _fetch("orient-anything-large", tmp_path).code == 0


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [(200, 4, "has no such file (HTTP 404)"), (401, 4, "asks for an account"), (503, 75, "the hub answers 503")],
)
def test_what_the_hub_refuses_is_said(status: int, code: int, words: str, hub: StartHub, tmp_path: Path) -> None:
    files = {"yyfz233/Pi3/resolve/main/config.json": b"{}"} if status != 200 else {}
    hub(files, status=status)
    done = _fetch("pi3", tmp_path)
    assert done.code == code
    assert words in done.error_lines[0]


@pytest.mark.parametrize("odd", ["another version", "another range", "too much"])
def test_a_part_that_does_not_fit_is_brought_anew(odd: str, hub: StartHub, tmp_path: Path) -> None:
    """Half of an older version before half of a newer one would be whole by its size, and wrong."""
    files = _published(WEIGHTS["sam2.1-hiera-large"])
    (content,) = (data for path, data in files.items() if path.endswith("model.safetensors"))
    place = tmp_path / "sam2.1-hiera-large"
    place.mkdir()
    part = place / "model.safetensors.part"
    part.write_bytes(bytes(len(content) + 9 if odd == "too much" else 1000))
    (place / "model.safetensors.part.version").write_text("old")
    headers = {"another version": {"ETag": "new"}, "another range": {"Content-Range": "bytes 7-9/10"}}
    server = hub(files, headers=headers.get(odd, {"Content-Range": f"bytes */{len(content)}"}))
    done = _fetch("sam2.1-hiera-large", tmp_path)
    assert done.code == 0, done.err
    assert (place / "model.safetensors").read_bytes() == content
    assert [asked for _, asked in server.asked[-2:]] == [
        f"bytes={1000 if odd != 'too much' else len(content) + 9}-",
        None,
    ]
    assert {path.name for path in place.iterdir()} == {"config.json", "model.safetensors"}


def test_two_that_bring_one_file_do_not_write_into_each_other(hub: StartHub, tmp_path: Path) -> None:
    hub(_published(WEIGHTS["sam2.1-hiera-large"]))
    place = tmp_path / "sam2.1-hiera-large"
    place.mkdir()
    with (place / "config.json.part").open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = _fetch("sam2.1-hiera-large", tmp_path)
        assert (done.code, "by another process" in done.error_lines[0]) == (75, True), done.err
    assert _fetch("sam2.1-hiera-large", tmp_path).code == 0


@pytest.mark.parametrize(
    "headers", [{"Content-Length": "many"}, {"Content-Length": "9" * 30}, {"Content-Length": "100000"}]
)
def test_a_hub_that_counts_wrongly(headers: dict[str, str], hub: StartHub, tmp_path: Path) -> None:
    hub(_published(WEIGHTS["sam2.1-hiera-large"]), headers=headers)
    done = _fetch("sam2.1-hiera-large", tmp_path)
    assert done.code in (0, 75), done.err
    assert "internal" not in done.err


@pytest.mark.parametrize(
    "url", ["http://[::1", "ftp://hub", "not a url", "http://me:secret@hub", "http://hub?key=secret"]
)
def test_a_hub_that_is_none(url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_ENDPOINT", url)
    done = _fetch("pi3", tmp_path)
    assert (done.code, len(done.error_lines), "secret" in done.err) == (2, 1, False), done.err


def test_where_the_hub_sends_us_is_in_no_log(monkeypatch: pytest.MonkeyPatch, hub: StartHub, tmp_path: Path) -> None:
    hub({"yyfz233/Pi3/resolve/main/config.json": b""}, moved="http://127.0.0.1:9/x?Signature=secret")
    done = _fetch("pi3", tmp_path)
    assert (done.code, len(done.error_lines), "secret" in done.err) == (75, 1, False), done.err
    assert list((tmp_path / "pi3").iterdir()) == []


PICKLES: dict[str, Callable[[], object]] = {
    "shared": lambda: (lambda tensor: {"a": tensor, "b": tensor})(_torch().zeros(4)),
    "larger than its file": lambda: {"a": _torch().zeros(1).expand(1 << 40)},
    "no shapes": lambda: {"dinov2.embeddings.cls_token": _torch().zeros(())},
    "a list": lambda: [_torch().zeros(1)],
}


def _torch() -> Any:
    import torch

    return torch


@pytest.mark.parametrize("case", PICKLES)
def test_pickles_of_odd_tensors(case: str, tmp_path: Path) -> None:
    place = tmp_path / "orient-anything-large"
    place.mkdir()
    _torch().save(PICKLES[case](), place / "dino_weight.pt")
    done = _fetch("orient-anything-large", tmp_path)
    assert (done.code, len(done.error_lines), "internal" in done.err) == (3, 1, False), done.err


def test_damage_and_other_models_are_told_one_line_each(tmp_path: Path) -> None:
    for model in (tiny_detector(), tiny_tracker(), tiny_orienter()):
        place = tmp_path / model.name
        place.mkdir()
        for name in WEIGHTS[model.name].files:
            (place / name).write_bytes((model / name).read_bytes())
    weights = {name: tmp_path / name / "model.safetensors" for name in WEIGHTS}
    weights["grounding-dino-tiny"].write_bytes(weights["grounding-dino-tiny"].read_bytes()[:-1])
    weights["sam2.1-hiera-large"].write_bytes(weights["orient-anything-large"].read_bytes())
    (tmp_path / "orient-anything-large" / "config.json").write_text("{")
    code, found = _check(tmp_path)
    assert code == 3
    assert "is no whole safetensors file" in found["grounding-dino-tiny"]
    assert "has no tensors vision_encoder., mask_decoder., memory_attention.: these are" in found["sam2.1-hiera-large"]
    assert "config.json: is no JSON" in found["orient-anything-large"]
    assert found["pi3"].startswith("missing: ")


def test_a_known_hash_is_compared(tmp_path: Path) -> None:
    place = tmp_path / "sam2.1-hiera-large"
    place.mkdir()
    for name in ("config.json", "model.safetensors"):
        (place / name).write_bytes((tiny_tracker() / name).read_bytes())
    known = replace(WEIGHTS["sam2.1-hiera-large"], sha256={"model.safetensors": "0" * 64})
    found = weight_folder.check_weights(tmp_path, known)
    assert found.wrong.endswith("model.safetensors: has another SHA-256 than the published file: bring it again")
    right = replace(known, sha256={"model.safetensors": file_sha256(place / "model.safetensors")})
    assert not weight_folder.check_weights(tmp_path, right).wrong


def test_names_that_are_not_known_are_refused_with_those_that_are(tmp_path: Path) -> None:
    done = _fetch("pi4", tmp_path)
    assert done.code == 2
    assert "pi3" in done.err
    assert not list(tmp_path.iterdir())
