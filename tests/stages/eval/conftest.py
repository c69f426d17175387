"""The puzzles to which the tests of this folder give answers, and what ``vtb-eval predict`` needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chat_server import ChatServer
from stages.eval.answer_folders import write_puzzles
from stages.eval.endpoint_runs import KEY, ask
from stages.eval.predict_runs import complete, curate, predict, texts, tiny
from vtb.chat import connection

FROM_OUTSIDE = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir")


@pytest.fixture(scope="session")
def curated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mazes of one size, so that every prompt is equally long: 10 to train on, 3 for validation, 7 for the test."""
    return curate(tmp_path_factory.mktemp("curated"), ("--size", "7", "--count", "24"))


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mazes of two sizes, so that prompts are padded."""
    return curate(tmp_path_factory.mktemp("mixed"), ("--size", "7", "--size", "13", "--count", "8"))


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny(tmp_path_factory.mktemp("models"), "qwen3_vl")


@pytest.fixture(scope="session")
def adapter(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An adapter with random weights: a PEFT folder."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForImageTextToText

    torch.manual_seed(1)
    targets = r".*language_model.*\.(q_proj|up_proj)"
    config = LoraConfig(r=4, target_modules=targets, init_lora_weights=False)
    folder = tmp_path_factory.mktemp("adapter")
    get_peft_model(AutoModelForImageTextToText.from_pretrained(model), config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def asked(curated: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The answers of the bare model to the test split, in two shards."""
    out = tmp_path_factory.mktemp("asked") / "answers"
    complete(predict(curated, model, out, "--samples-per-shard", 4))
    return out


@pytest.fixture(scope="module")
def puzzles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_puzzles(tmp_path_factory.mktemp("world") / "puzzles")


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """A server of chat completions."""
    with ChatServer() as chat:
        yield chat


@pytest.fixture
def whole(curated: Path, tmp_path: Path) -> dict[str, str]:
    """The answers of such a server where nothing is at fault."""
    with ChatServer() as chat:
        complete(ask(curated, chat.url, tmp_path / "whole"))
    return texts(tmp_path / "whole")


@pytest.fixture
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """The key of that server."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def alone_with_a_key(key: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxies and certificates of this machine, and little patience."""
    for name in FROM_OUTSIDE:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(connection, "FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(connection, "SAY_EVERY_S", 0.0)
