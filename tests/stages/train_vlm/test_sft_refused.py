"""What ``vtb-train-vlm sft`` refuses before an engine starts, and an engine that fails."""

from __future__ import annotations

import json
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.command_line import call
from stages.train_vlm.stage_runs import Place, no_engine
from vtb.artifact import read_manifest
from vtb.store.local import LocalStore

pytestmark = pytest.mark.engine


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine, no name look-ups, no connections."""
    monkeypatch.setattr("vtb.engine.train.run_engine", no_engine)
    for name in ("getaddrinfo", "create_connection"):
        monkeypatch.setattr(socket, name, _no_network)
    monkeypatch.setattr(socket.socket, "connect", _no_network)


def _no_network(*_arguments: object, **_more: object) -> None:
    raise AssertionError("the network was asked")


REFUSED: dict[str, tuple[tuple[str, ...], int, str]] = {
    "no such model": (("--model", "{tmp}/nowhere"), 4, "no model there"),
    "a name of a hub": (("--model", "Qwen/Qwen3-VL-2B-Instruct"), 4, "nothing is downloaded by name"),
    "a folder without config.json": (("--model", "{tmp}"), 3, "config.json"),
    "a dataset as model": (("--model", "{dataset}"), 3, "holds swift-dataset"),
    "a model as dataset": (("--input", "{model}"), 3, "holds checkpoint"),
    "no dataset": (("--input", "{tmp}"), 3, "no artifact"),
    "no gpu": (("--device", "cuda"), 4, "no usable NVIDIA GPU"),
    "deepspeed on the cpu": (("--deepspeed", "zero2"), 2, "needs a GPU"),
    "a secret": (("--", "--hub_token", "abc123"), 2, "--hub_token: give secrets in the environment"),
    "a secret with a dash": (("--", "--hub-token=abc123"), 2, "--hub-token: give secrets"),
    "a secret in a file": (("--engine-config", "{tmp}/secret.yaml"), 2, "hub_token: give secrets"),
    "our own folder": (("--", "--output_dir", "x"), 2, "output_dir"),
    "another model": (("--", "--model", "Qwen/Qwen3-VL-2B-Instruct"), 2, "engine argument model"),
    "a dataset of a hub": (("--", "--dataset", "AI-ModelScope/alpaca-gpt4-data-zh"), 2, "engine argument dataset"),
    "no checkpoints": (("--", "--save-only-model=true"), 2, "save_only_model"),
    "a row that leads out": (("--input", "{tmp}/leads-out"), 3, "row 1 names a file that is not of this dataset"),
    "a row with a turn in it": (("--input", "{tmp}/turns"), 3, "row 1 has '<|im_end|>' among its words"),
    "a changed picture": (("--input", "{tmp}/changed"), 3, "images/1.png is not what the manifest says"),
    "a missing picture": (("--input", "{tmp}/missing"), 3, "images/1.png is not what the manifest says"),
    "a model with code": (("--model", "{tmp}/code"), 3, "evil.py is code in a model's folder"),
    "a model without a type": (("--model", "{tmp}/typeless"), 3, "model_type that is no name"),
    "a model without weights": (("--model", "{tmp}/weightless", "--dry-run"), 3, "has no weights (*.safetensors"),
    "a stray word": (("--", "stray"), 2, "unexpected argument 'stray'"),
    "no engine config": (("--engine-config", "{tmp}/none.yaml"), 2, "none.yaml"),
    "a broken engine config": (("--engine-config", "{tmp}/broken.yaml"), 2, "broken.yaml"),
    "a mistyped option": (("--lora-rnak", "8"), 2, "lora-rnak"),
    "an unknown tuner": (("--tuner", "qlora"), 2, "qlora"),
    "no learning": (("--learning-rate", "0"), 2, "learning-rate"),
    "no rows": (("--input", "{tmp}/empty"), 3, "no rows to train on"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused_in_one_line_and_nothing_written(
    case: str, place: Place, tmp_path: Path, offline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    words, code, part = REFUSED[case]
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    (tmp_path / "secret.yaml").write_text("hub_token: abc123\n")
    (tmp_path / "broken.yaml").write_text("a: [\n")
    _odd_inputs(tmp_path, Path(place.model))
    where = {"tmp": tmp_path, "dataset": place.dataset, "model": place.model}
    if words[0] == "--input":  # in place of the good one
        place, words = replace(place, dataset=words[1].format(**where)), words[2:]
    done = call(*place.sft(tmp_path / "out"), *(word.format(**where) for word in words))
    assert (done.code, len(done.err.splitlines())) == (code, 1), done.err
    assert part in done.error_lines[0]
    assert "abc123" not in done.err
    assert not (tmp_path / "out").exists()


def _odd_inputs(folder: Path, model: Path) -> None:
    _dataset(folder / "empty", {"train": 0, "val": 3}, "")
    turns = [{"role": "user", "content": "<image>?"}, {"role": "assistant", "content": "4"}]
    for name, picture, words in (
        ("leads-out", "/etc/hostname", "4"), ("turns", "images/1.png", "<|im_end|>"),
        ("changed", "images/1.png", "4"), ("missing", "images/1.png", "4"),
    ):  # fmt: skip
        answer = {"role": "assistant", "content": words}
        row = {"messages": [turns[0], answer], "images": [picture]}
        _dataset(folder / name, {"train": 1, "val": 0}, json.dumps(row) + "\n")
    (folder / "changed" / "images" / "1.png").write_bytes(b"other")
    (folder / "missing" / "images" / "1.png").unlink()
    for name in ("code", "typeless", "weightless"):
        shutil.copytree(model, folder / name)
        (folder / name / "manifest.json").unlink()
    for path in (folder / "weightless").glob("*.safetensors"):
        path.unlink()
    (folder / "code" / "evil.py").write_text("raise SystemExit('ran')")
    (folder / "typeless" / "config.json").write_text('{"model_type": ["qwen3_vl"]}')


def _dataset(folder: Path, rows: dict[str, int], text: str) -> None:
    from vtb.artifact import Plan
    from vtb.artifact.output import Output

    output = Output(str(folder), Plan("swift-dataset", "vtb-prepare vlm", 1, {}))
    output.begin()
    files = [output.put("train_sft.jsonl", text.encode()), output.put("images/1.png", b"a png")]
    output.commit([], files, {"rows": rows})


def test_dry_run_says_what_and_writes_nothing(place: Place, tmp_path: Path, offline: None) -> None:
    done = call(*place.sft(tmp_path / "out", "--dry-run", "--tuner", "full"))
    assert done.code == 0, done.err
    assert "trained on 13 rows on cpu, 1 process(es)" in done.out
    assert f"write  {tmp_path / 'out'} (checkpoint)" in done.out
    assert f"read   {place.model} (checkpoint, digest {read_manifest(place.model).digest:.12})" in done.out
    assert "state  fresh" in done.out
    assert not (tmp_path / "out").exists()


def test_the_manifest_of_a_dataset_is_read_once(
    place: Place, tmp_path: Path, offline: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dataset of a million pictures has a large one."""
    read, get = list[str](), LocalStore.get_bytes

    def noted(store: LocalStore, key: str, *limit: Any) -> bytes:
        read.append(f"{store.uri}/{key}")
        return get(store, key, *limit)

    monkeypatch.setattr(LocalStore, "get_bytes", noted)
    assert call(*place.sft(tmp_path / "out", "--dry-run")).code == 0
    assert read.count(f"{place.dataset}/manifest.json") == 1


def test_two_outputs_of_one_training_do_not_share_a_folder(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = []

    def note(command: list[str], *_arguments: object, **_more: object) -> int:
        folders.append(command[command.index("--output_dir") + 1])
        return 1

    monkeypatch.setattr("vtb.engine.train.run_engine", note)
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "cache"))
    for name in ("one", "two", "one"):
        assert call(*place.sft(tmp_path / name)).code == 3
    assert folders[0] == folders[2] != folders[1]


def test_engine_failure_is_one_line_and_can_be_mended(place: Place, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = call(*place.sft(out, "--", "--lr_scheduler_type", "no_such_scheduler"), env=place.env)
    assert done.code == 3
    started, line = done.err.splitlines()
    assert "starting ms-swift" in started
    assert "no_such_scheduler" in line
    assert "Traceback" not in done.err
    log = Path(line.rpartition("its whole log: ")[2].rstrip(")"))
    assert "no_such_scheduler" in log.read_text()
    # Nothing was kept, so the fixed command is no contradiction.
    dry = call(*place.sft(out, "--dry-run"))
    assert (dry.code, "state  fresh" in dry.out) == (0, True), dry.err
