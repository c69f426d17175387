"""``vtb-eval predict``: the same answers again, in any batches and parts, and after a run that was cut off."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from contract.command_line import call
from stages.eval.predict_runs import ASK, answers, complete, predict, texts
from vtb.artifact import Plan, read_manifest
from vtb.artifact.output import Output

if TYPE_CHECKING:
    from buckets import Bucket

pytestmark = pytest.mark.engine


def test_answers_are_the_same_again(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    again = complete(predict(curated, model, tmp_path / "again", "--samples-per-shard", 4))
    assert again.digest == read_manifest(str(asked)).digest
    assert len(set(texts(asked).values())) > 1  # they depend on the puzzle


def test_batch_size_changes_no_greedy_answer(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    """Where prompts are equally long. Padding changes the last bits of the sums, which a random model may show."""
    lengths = {len(answer["prompt"]) for answer in answers(asked).values()}
    assert len(lengths) == 1
    for size in (1, 3):
        one = complete(predict(curated, model, tmp_path / str(size), "--samples-per-shard", 4, "--batch-size", size))
        assert one.digest == read_manifest(str(asked)).digest


def test_padded_prompts_are_answered_to_their_own_question(mixed: Path, model: Path, tmp_path: Path) -> None:
    """Answers of a batch with prompts of two lengths begin as those of single questions do."""
    for size in (1, 16):
        words = ("--split", "all", "--batch-size", size, "--max-new-tokens", 3)
        complete(predict(mixed, model, tmp_path / str(size), *words))
    alone, together = texts(tmp_path / "1"), texts(tmp_path / "16")
    assert list(alone) == list(together)
    assert len(set(alone.values())) > 1
    same = sum(alone[key] == together[key] for key in alone)
    assert same >= 0.9 * len(alone)


def test_an_adapter_changes_the_answers(curated: Path, model: Path, adapter: Path, asked: Path, tmp_path: Path) -> None:
    tuned = complete(predict(curated, model, tmp_path / "tuned", "--adapter", adapter))
    assert texts(tmp_path / "tuned") != texts(asked)
    assert tuned.plan.inputs[2].uri == str(adapter)
    assert tuned.plan.fingerprint != read_manifest(str(asked)).plan.fingerprint


def test_sampling_repeats_too(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    """Also where a run was cut off between shards."""
    words = ("--samples-per-shard", 4, "--temperature", "1.5")
    whole = complete(predict(curated, model, tmp_path / "whole", *words))
    assert texts(tmp_path / "whole") != texts(asked)
    cut = tmp_path / "cut"
    first = complete(predict(curated, model, cut, *words))
    cut_off(cut, first.shards[0].path)
    assert complete(predict(curated, model, cut, *words)).digest == whole.digest
    other = complete(predict(curated, model, tmp_path / "seed", *words, "--seed", 7))
    assert texts(tmp_path / "seed") != texts(tmp_path / "whole")
    assert other.rows == whole.rows
    batch = predict(curated, model, tmp_path / "whole", *words, "--batch-size", 3)
    assert (batch.code, "batch-size: there 8, here 3" in batch.err) == (3, True)


def cut_off(out: Path, shard: str) -> None:
    """What a kill leaves: a shard and the manifest are missing."""
    for name in (shard, f"{shard}.done.json", "manifest.json"):
        (out / name).unlink()


def test_goes_on_where_it_was_cut_off(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    out, words = tmp_path / "out", ("--samples-per-shard", 4)
    first = complete(predict(curated, model, out, *words))
    times = {shard.path: (out / shard.path).stat().st_mtime_ns for shard in first.shards}
    gone, kept = (shard.path for shard in first.shards)
    cut_off(out, gone)
    again = predict(curated, model, out, *words)
    assert "1 of 2 shards are there already" in again.err
    assert complete(again).digest == first.digest
    assert (out / kept).stat().st_mtime_ns == times[kept]
    assert (out / gone).stat().st_mtime_ns > times[gone]


def test_complete_loads_no_model(curated: Path, model: Path, asked: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vtb_eval.model.VisionLanguageModel.__init__", _never)
    done = predict(curated, model, asked, "--samples-per-shard", 4, "--batch-size", 2)
    assert done.code == 0, done.err
    assert "already complete" in done.err


@pytest.mark.store
def test_complete_fetches_nothing(
    curated: Path, model: Path, adapter: Path, tmp_path: Path, s3: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Model and adapter lie in a store; what tells that the work is done are their manifests."""
    for name, kind, folder in (("model", "checkpoint", model), ("adapter", "adapter", adapter)):
        upload(folder, f"{s3.uri}/{name}", kind)
    words = ("--input", curated, "--model", f"{s3.uri}/model", "--adapter", f"{s3.uri}/adapter", "--limit", 2, *ASK)
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "first"))
    complete(call("vtb-eval", "predict", *words, "--output", tmp_path / "out"))
    assert len(list((tmp_path / "first" / "artifacts").iterdir())) == 2
    monkeypatch.setenv("VTB_CACHE", str(tmp_path / "second"))
    again = call("vtb-eval", "predict", *words, "--output", tmp_path / "out")
    assert (again.code, "already complete" in again.err, "downloading" in again.err) == (0, True, False)
    assert not (tmp_path / "second").exists()
    upload(model, f"{s3.uri}/model", "checkpoint", changed=True)
    other = call("vtb-eval", "predict", *words, "--output", tmp_path / "out")
    assert (other.code, "the content of its inputs" in other.err) == (3, True)
    assert not (tmp_path / "second").exists()


def upload(folder: Path, uri: str, kind: str, *, changed: bool = False) -> None:
    """A folder as an artifact of a store."""
    output = Output(uri, Plan(kind, "a test", 1, {"changed": changed}))
    output.begin(overwrite=True)
    output.commit([], [output.put(path.name, path.read_bytes()) for path in folder.iterdir() if path.is_file()])


def _never(*_arguments: object, **_more: object) -> None:
    raise AssertionError("a model was loaded")


def test_two_parts_write_one_artifact(curated: Path, model: Path, asked: Path, tmp_path: Path) -> None:
    out, words = tmp_path / "out", ("--samples-per-shard", 4, "--num-shards", 2)
    first = predict(curated, model, out, *words, "--shard-index", 1)
    assert first.code == 0, first.err
    assert "1 of 2 shards are done" in first.err
    assert not (out / "manifest.json").exists()
    assert complete(predict(curated, model, out, *words, "--shard-index", 0)).digest == read_manifest(str(asked)).digest
