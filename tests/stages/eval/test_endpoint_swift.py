"""``vtb-eval predict --endpoint`` with ms-swift's own server around a tiny model, on the CPU."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from moving_clips import clip
from s3_server import free_port
from shared.datasets.toy_task import frames, installed, pictures, sample, write
from stages.curate.videos_runs import ask as curate_videos
from stages.curate.videos_runs import captions, rows
from stages.eval.endpoint_runs import KEY, ask
from stages.eval.predict_runs import answers, complete, predict, texts

pytestmark = pytest.mark.engine
START_S = 240
LENGTH = ("--max-new-tokens", "12")


@pytest.fixture(scope="module")
def plain(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model without rules of its own for sampling, which the server follows and we do not."""
    folder = tmp_path_factory.mktemp("plain") / "model"
    shutil.copytree(model, folder)
    settings = json.loads((folder / "generation_config.json").read_text())
    kept = {name: settings[name] for name in ("eos_token_id", "pad_token_id")}
    (folder / "generation_config.json").write_text(json.dumps(kept))
    return folder


@pytest.fixture(scope="module")
def swift(plain: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The base URL of the server, which wants a key."""
    place, port = tmp_path_factory.mktemp("swift"), free_port()
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "OMP_NUM_THREADS": "1"}
    line = [
        Path(__file__).with_name("swift_server.py"), "--model", plain, "--model_type", "qwen3_vl", "--use_hf", "true",
        "--infer_backend", "transformers", "--torch_dtype", "float32", "--host", "127.0.0.1", "--port", port,
        "--served_model_name", "tiny", "--api_key", KEY,
    ]  # fmt: skip
    with (place / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, *map(str, line)], cwd=place, env=env, stdout=log, stderr=log)
    try:
        wait_until_it_serves(process, port, place / "log")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.kill()
        process.wait()


def wait_until_it_serves(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
            return
        time.sleep(0.3)
    pytest.fail(log.read_text(errors="replace")[-3000:])


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


def test_the_same_answers_as_the_model_gives_here(curated: Path, plain: Path, swift: str, tmp_path: Path) -> None:
    """Its pictures and words are those of our own backend, so are the answers to the last token.

    ms-swift's server leaves special tokens in what it returns; a random model says some.
    """
    complete(predict(curated, plain, tmp_path / "here"))
    served = complete(ask(curated, swift, tmp_path / "there", *LENGTH, model="tiny"))
    there = {key: re.sub(r"<\|\w+\|>", "", text) for key, text in texts(tmp_path / "there").items()}
    assert there == texts(tmp_path / "here")
    assert len(set(texts(tmp_path / "here").values())) > 1
    finishes = [answer["finish"] for answer in answers(tmp_path / "there").values()]
    assert finishes == [answer["finish"] for answer in answers(tmp_path / "here").values()]
    tokens = served.metrics["tokens"]
    assert tokens["completion"] == 7 * 12  # all were cut off
    assert tokens["prompt"] > 7 * 100


def test_several_pictures_and_frames(
    plain: Path, swift: str, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Pictures as our own backend shows them; frames as pictures, which it shows as a video, so only that they come."""
    with installed(tmp_path_factory.mktemp("site")):
        two = [sample("a", pictures(40, 200), (40, 200)), sample("b", pictures(200, 40), (200, 40))]
        puzzles = write(tmp_path / "in", two)
        complete(predict(puzzles, plain, tmp_path / "here"))
        complete(ask(puzzles, swift, tmp_path / "there", *LENGTH, model="tiny"))
        assert texts(tmp_path / "there") == texts(tmp_path / "here")
        prompts = {}
        for name, shades in {"three": (40, 90, 140), "six": (40, 90, 140) * 2}.items():
            clip = write(tmp_path / f"in-{name}", [sample("c", frames(*shades), (1,))])
            manifest = complete(ask(clip, swift, tmp_path / name, *LENGTH, model="tiny"))
            prompts[name] = manifest.metrics["tokens"]["prompt"]
    assert prompts["six"] - prompts["three"] >= 3 * 4  # 64 x 64 pixels are 2 x 2 merged patches


def test_it_follows_the_options(curated: Path, swift: str, tmp_path: Path) -> None:
    few = complete(ask(curated, swift, tmp_path / "few", "--max-new-tokens", 2, "--limit", 3, model="tiny"))
    assert (few.metrics["cut_off"], few.metrics["tokens"]["completion"]) == (3, 6)
    few_texts = {}
    for heat in (0, 2):
        how = ("--temperature", heat, "--limit", 3)
        complete(ask(curated, swift, tmp_path / str(heat), *LENGTH, *how, model="tiny"))
        few_texts[heat] = texts(tmp_path / str(heat))
    assert few_texts[0] != few_texts[2]  # its transformers backend does not follow the seed


def test_a_wrong_key_and_a_wrong_name(
    curated: Path, swift: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ms-swift says 400 of both; what it says is told."""
    done = ask(curated, swift, tmp_path / "out", *LENGTH, model="tinny")
    assert (done.code, len(done.error_lines)) == (2, 1), done.err
    assert "`tinny` is not in the model_list: `['tiny']`" in done.error_lines[0]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong")
    done = ask(curated, swift, tmp_path / "out", *LENGTH, model="tiny")
    assert (done.code, len(done.error_lines)) == (2, 1), done.err
    assert "API key error" in done.error_lines[0]
    done = ask(curated, swift.removesuffix("/v1"), tmp_path / "out", *LENGTH, model="tiny")
    assert (done.code, len(done.error_lines)) == (2, 1), done.err


def test_videos_are_curated_by_the_same_server(swift: str, tmp_path: Path) -> None:
    """A random model never answers in the form: each video is asked about twice, and quarantined with its words."""
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips/one.mp4").write_bytes(clip())
    table = captions(tmp_path / "captions.csv", "one", "two")
    how = ("--reasks", 1, "--max-new-tokens", 8, "--model", "tiny")
    by_frames = ("--videos", tmp_path / "clips", "--frames", 4, "--max-pixels", 4096)
    found = {}
    for name, more in {"captions": ("--captions", table), "frames": by_frames}.items():
        done = curate_videos(tmp_path / name, swift, *more, *how)
        found[name] = rows(tmp_path / name)  # of the shards, which stay: nothing is kept, but the answers were paid for
        assert (done.code, f"{len(found[name])} times: cut off" in done.err) == (5, True), done.err
        assert {row["why"] for row in found[name]} == {"cut off"}
        assert all(row["tokens"]["completion"] == 8 * len(row["answers"]) for row in found[name])
    assert [len(row["answers"]) for row in found["captions"] + found["frames"]] == [2, 2, 2]
    assert all(text for row in found["captions"] for text in row["answers"])
    (shown,) = found["frames"]
    assert shown["tokens"]["prompt"] > 2 * (300 + 4 * 4)  # the prompt, and four frames of 2 x 2 merged patches
