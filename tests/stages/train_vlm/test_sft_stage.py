"""``vtb-train-vlm sft`` as a user runs it: the real commands, the real engine, a tiny model."""

from __future__ import annotations

import json
import secrets
import shutil
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from stage_runs import (
    ONE_THREAD,
    Place,
    kill_tree,
    log_rows,
    losses,
    make_dataset,
    marked,
    metrics,
    payload,
    wait_for,
)

from contract.command_line import Result, call, killed_at_the_end, run, start
from vtb.artifact import read_manifest
from vtb.cli.show import check_all
from vtb.store import open_store

if TYPE_CHECKING:
    from s3_server import S3Server

pytestmark = pytest.mark.engine
STEPS = 30
SECRETS = {
    "HF_TOKEN": "hf_" + secrets.token_hex(12),
    "WANDB_API_KEY": secrets.token_hex(12),
    "AWS_SECRET_ACCESS_KEY": secrets.token_hex(12),
    "AWS_ACCESS_KEY_ID": secrets.token_hex(8),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    out = tmp_path_factory.mktemp("sft")
    env = {**ONE_THREAD, **SECRETS, "VTB_CACHE": str(out / "cache")}
    done = run("vtb-train-vlm", "tiny-model", out / "model", env=env)
    assert done.code == 0, done.err
    return Place(make_dataset(str(out), out), str(out / "model"), out, env)


@dataclass(frozen=True)
class Trained:
    """A finished run."""

    uri: str
    words: tuple[Any, ...]
    result: Result


@pytest.fixture(scope="module")
def trained(place: Place) -> Trained:
    out = place.out / "adapter"
    words = place.sft(out, "--max-steps", STEPS, "--save-steps", 15, "--merge")
    return Trained(str(out), words, run(*words, env=place.env))


# --- a finished artifact


def test_writes_a_complete_adapter(trained: Trained) -> None:
    assert trained.result.code == 0, trained.result.err
    assert trained.result.out == trained.uri + "\n"
    manifest = read_manifest(trained.uri, ("adapter",))
    check_all(open_store(trained.uri), manifest)
    names = {file.path for file in manifest.files}
    wanted = {"adapter_config.json", "adapter_model.safetensors", "log.jsonl", "loss.png", "merged/config.json"}
    assert wanted | {"merged/model.safetensors"} <= names
    assert {entry.kind for entry in manifest.plan.inputs} == {"swift-dataset", "checkpoint"}
    from vtb.media.image import decode_image

    picture = decode_image((Path(trained.uri) / "loss.png").read_bytes())
    assert min(picture.shape[:2]) > 200
    assert picture.std() > 1


def test_says_what_training_changed(trained: Trained) -> None:
    found = metrics(trained.uri)
    assert found["lora_modules"] == found["weights_changed"] == 14
    assert found["lora_b_max"] > 0
    assert found["weights_diff_max"] > 0
    assert found["steps"] == STEPS
    assert found["loss_last"] == pytest.approx(losses(trained.uri)[-1])
    assert found["val_loss_last"] > 0
    assert "loss" in trained.result.err


def test_loss_falls_on_what_can_be_memorised(trained: Trained) -> None:
    fallen = losses(trained.uri)
    assert len(fallen) == STEPS
    assert fallen[-1] < 0.25 * fallen[0]


def test_tensorboard_shows_the_same_figures(trained: Trained) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    board = EventAccumulator(str(Path(trained.uri) / "tensorboard"))
    board.Reload()
    assert [event.value for event in board.Scalars("train/loss")] == pytest.approx(losses(trained.uri))
    assert board.Scalars("eval/loss")
    assert board.Tags()["tensors"] == []


def test_merged_is_a_model_for_transformers(trained: Trained, place: Place) -> None:
    from vtb.engine.torchvision_cpu import allow_cpu_torchvision

    allow_cpu_torchvision()
    from transformers import AutoModelForImageTextToText, AutoProcessor

    merged = Path(trained.uri) / "merged"
    model, base = (AutoModelForImageTextToText.from_pretrained(path) for path in (merged, place.model))
    changed = [
        name for (name, new), old in zip(model.named_parameters(), base.parameters(), strict=True) if (new != old).any()
    ]
    assert len(changed) == 14
    assert all("language_model.layers" in name for name in changed)
    assert AutoProcessor.from_pretrained(merged).tokenizer.chat_template


def test_nothing_of_this_machine_is_in_the_artifact(trained: Trained, place: Place) -> None:
    traces = [str(place.out), str(Path.home()), str(Path(__file__).parents[3]), socket.gethostname() + "."]
    files = payload(Path(trained.uri))
    assert len(files) > 10
    found = [(name, trace) for name, data in files.items() for trace in traces if trace.encode() in data]
    assert found == []
    assert not [name for name in files if f".{socket.gethostname()}." in name]


def test_no_secret_is_in_the_artifact_or_the_output(trained: Trained) -> None:
    files = {path: path.read_bytes() for path in Path(trained.uri).rglob("*") if path.is_file()}
    texts = [*files.values(), trained.result.err.encode(), trained.result.out.encode()]
    assert not [name for name, secret in SECRETS.items() if any(secret.encode() in text for text in texts)]


def test_leaves_no_checkpoints_behind(trained: Trained, place: Place) -> None:
    assert list(open_store(trained.uri).list("checkpoints/")) == []
    assert not list((place.out / "cache").rglob("*.safetensors"))


def test_again_is_already_complete(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtb_train_vlm.training.run_engine", _no_engine)
    again = call(*trained.words)
    assert (again.code, again.out) == (0, trained.uri + "\n")
    assert "already complete" in again.err
    faster = call(*trained.words, "--save-steps", 7, "--log-level", "debug")  # neither changes what is made
    assert faster.code == 0, faster.err


def test_other_options_are_refused_by_name(trained: Trained, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtb_train_vlm.training.run_engine", _no_engine)
    other = call(*trained.words, "--max-steps", STEPS + 1, "--lora-rank", 8, "--", "--weight_decay", "0")
    assert other.code == 3
    (line,) = other.error_lines
    assert f"max-steps: there {STEPS}, here {STEPS + 1}" in line
    assert "lora-rank: there 16, here 8" in line
    assert "engine-args" in line
    assert "batch-size" not in line


def test_the_adapter_serves_predict(trained: Trained, place: Place, tmp_path: Path) -> None:
    ask = ("vtb-eval", "predict", "--input", place.curated, "--device", "cpu", "--max-new-tokens", 24, "--workers", 1)
    for name, more in (("base", ()), ("tuned", ("--adapter", trained.uri))):
        done = call(*ask, "--model", place.model, *more, "--output", tmp_path / name)
        assert done.code == 0, done.err
    base, tuned = (read_manifest(str(tmp_path / name)) for name in ("base", "tuned"))
    assert base.rows == tuned.rows > 0
    assert base.shards[0].sha256 != tuned.shards[0].sha256
    assert tuned.plan.inputs[2].digest == read_manifest(trained.uri).digest


# --- what is refused before an engine starts


def _no_engine(*_arguments: object, **_more: object) -> int:
    raise AssertionError("an engine was started")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """No engine, no name look-ups, no connections."""
    monkeypatch.setattr("vtb_train_vlm.training.run_engine", _no_engine)
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
    for name in ("code", "typeless"):
        shutil.copytree(model, folder / name)
        (folder / name / "manifest.json").unlink()
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


def test_two_outputs_of_one_training_do_not_share_a_folder(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = []

    def note(command: list[str], *_arguments: object, **_more: object) -> int:
        folders.append(command[command.index("--output_dir") + 1])
        return 1

    monkeypatch.setattr("vtb_train_vlm.training.run_engine", note)
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "cache"))
    for name in ("one", "two", "one"):
        assert call(*place.sft(tmp_path / name)).code == 3
    assert folders[0] == folders[2] != folders[1]


# --- an engine that fails


def test_engine_failure_is_one_line_and_can_be_mended(place: Place, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(*place.sft(out, "--", "--lr_scheduler_type", "no_such_scheduler"), env=place.env)
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


# --- full tuning


def test_full_tuning_writes_a_model_for_predict(place: Place, tmp_path: Path) -> None:
    out, answers = tmp_path / "model", tmp_path / "answers"
    done = run(*place.sft(out, "--tuner", "full", "--learning-rate", "0.003", "--max-steps", 4), env=place.env)
    assert done.code == 0, done.err
    manifest = read_manifest(str(out), ("checkpoint",))
    check_all(open_store(str(out)), manifest)
    assert manifest.metrics["weights_changed"] > 14
    assert "lora_b_max" not in manifest.metrics
    assert not [file.path for file in manifest.files if "optimizer" in file.path or "args" in file.path]
    words = ("--model", out, "--device", "cpu", "--max-new-tokens", 8, "--limit", 3, "--workers", 1)
    asked = call("vtb-eval", "predict", "--input", place.curated, *words, "--output", answers)
    assert asked.code == 0, asked.err
    assert read_manifest(str(answers)).rows == 3


# --- a store, interruptions


@dataclass
class Story:
    """One training against an S3 store: stopped, continued, killed, continued to the end."""

    uri: str
    stopped: Result
    kept: list[int]
    killed_at: int
    continued_at: list[float]
    finished: Result
    env: dict[str, str]


@pytest.fixture(scope="module")
def story(place: Place, s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    scratch, bucket = tmp_path_factory.mktemp("story"), f"sft-{secrets.token_hex(4)}"
    s3_server.make_bucket(bucket)
    uri = f"s3://{bucket}/adapter"
    with pytest.MonkeyPatch.context() as patch:
        env = {**ONE_THREAD, **s3_server.env, "VTB_CACHE": str(scratch / "cache")}
        for name, value in env.items():
            patch.setenv(name, value)
        dataset = make_dataset(f"s3://{bucket}", scratch)
        made = run("vtb-train-vlm", "tiny-model", "--output", f"s3://{bucket}/model", env=env)
        assert made.code == 0, made.err
        config = scratch / "engine.yaml"
        config.write_text("learning_rate: 0.5\nlr_scheduler_type: constant\n")
        words = Place(dataset, f"s3://{bucket}/model", scratch, env).sft(
            uri, "--max-steps", 100, "--save-steps", 10, "--engine-config", config, "--", "--learning_rate", "0.004"
        )
        yield _live_through(uri, words, env)


def _live_through(uri: str, words: tuple[Any, ...], env: dict[str, str]) -> Story:
    with killed_at_the_end(start(*words, env=env)) as first:
        wait_for("a checkpoint in the store", lambda: marked(uri), first)
        first.send_signal(signal.SIGTERM)
        out, err = first.communicate(timeout=90)
        stopped = Result(first.returncode, out, err)
        kept = marked(uri)
    continued_at = [time.time()]
    with killed_at_the_end(start(*words, env=env)) as second:
        wait_for("a newer checkpoint", lambda: [step for step in marked(uri) if step > kept[-1]], second)
        kill_tree(second)
        second.wait()
        assert open_store(uri).stat("manifest.json") is None
        killed_at = marked(uri)[-1]
    continued_at.append(time.time())
    return Story(uri, stopped, kept, killed_at, continued_at, run(*words, env=env), env)


@pytest.mark.store
def test_sigterm_saves_and_exits_75(story: Story) -> None:
    assert story.stopped.code == 75, story.stopped.err
    (line,) = story.stopped.error_lines
    assert f"checkpoint-{story.kept[-1]} is kept" in line
    assert "run the same command again" in line
    assert len(story.kept) == 1
    assert 10 <= story.kept[0] < 100


@pytest.mark.store
def test_kill_nine_continues_from_the_newest(story: Story) -> None:
    assert story.kept[-1] < story.killed_at < 100
    assert story.finished.code == 0, story.finished.err
    assert f"continuing from checkpoint-{story.killed_at}" in story.finished.err


@pytest.mark.store
def test_every_step_is_logged_once(story: Story) -> None:
    rows = log_rows(story.uri)
    assert [row["step"] for row in rows] == list(range(1, 101))
    assert len(losses(story.uri)) == 100
    assert metrics(story.uri)["steps"] == 100


@pytest.mark.store
def test_no_step_is_done_twice(story: Story) -> None:
    """The manifest says when, outside of what is hashed: each run went on from the step that was kept."""
    parts = read_manifest(story.uri).run["parts"]
    assert [part["from_step"] for part in parts] == [0, story.kept[-1], story.killed_at]
    second, third = story.continued_at
    first_began, second_began, third_began = (datetime.fromisoformat(part["began"]).timestamp() for part in parts)
    assert first_began < second <= second_began + 1 < third + 1 <= third_began + 2
    assert all("time" not in row for row in log_rows(story.uri))


@pytest.mark.store
def test_store_holds_the_artifact_and_no_checkpoints(story: Story) -> None:
    store = open_store(story.uri)
    check_all(store, read_manifest(story.uri, ("adapter",)))
    assert list(store.list("checkpoints/")) == []
    assert {"log.jsonl", "loss.png", "adapter_model.safetensors"} <= {info.key for info in store.list()}
    assert len(list(store.list("tensorboard/"))) == 1
    assert store.stat(".lock.json") is None


@pytest.mark.store
def test_engine_arguments_win_over_the_file_and_the_options(story: Story) -> None:
    """--learning-rate 0.01 is ours, 0.5 and the scheduler the file's, 0.004 stands after --."""
    assert {row["learning_rate"] for row in log_rows(story.uri) if "loss" in row} == {0.004}


@pytest.mark.store
def test_inputs_from_the_store_are_kept_in_the_cache_once(story: Story) -> None:
    kept = Path(story.env["VTB_CACHE"]) / "artifacts"
    digests = {entry.digest for entry in read_manifest(story.uri).plan.inputs}
    assert {folder.name for folder in kept.iterdir()} == digests
    assert (story.stopped.err + story.finished.err).count("downloading s3://") == 2


@pytest.mark.store
def test_no_credential_in_logs_or_manifest(story: Story) -> None:
    manifest = json.dumps(json.loads(open_store(story.uri).get_bytes("manifest.json")))
    texts = story.stopped.err + story.finished.err + manifest
    assert story.env["AWS_SECRET_ACCESS_KEY"] not in texts
    assert story.env["AWS_ACCESS_KEY_ID"] not in texts
