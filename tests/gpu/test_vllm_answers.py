"""``vtb-eval predict --backend vllm`` beside transformers, where vLLM is installed: on a GPU, or its build for CPUs.

``VTB_CACHE=/tmp/c python -m pytest tests/gpu/test_vllm_answers.py`` in an environment that has it; it takes minutes.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from contract.command_line import Result, call
from stages.eval.conftest import adapter as adapter  # fixtures
from stages.eval.conftest import mixed as mixed
from stages.eval.predict_runs import answers, complete, texts
from vtb_train_vlm.tiny_model import build_tiny_model

pytestmark = [
    pytest.mark.engine,
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="needs vLLM"),
]
ASKED = ("--split", "all", "--workers", "1", "--max-new-tokens", "12")


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """In place of the tiny one, for the adapter, too: its heads are wide enough for vLLM's kernels."""
    out = tmp_path_factory.mktemp("models") / "small"
    build_tiny_model("qwen3_vl", out, seed=3, size="small")
    return out


def predict(mixed: Path, model: Path, out: Path, *more: object) -> Result:
    return call("vtb-eval", "predict", "--input", mixed, "--model", model, "--output", out, *ASKED, *more)


def test_the_same_answers_as_transformers(mixed: Path, model: Path, adapter: Path, tmp_path: Path) -> None:
    """In float32, on the CPU; in bfloat16 most of them."""
    said: dict[str, dict[str, str]] = {}
    for backend in ("transformers", "vllm"):
        for name, more in (("bare", ()), ("adapted", ("--adapter", adapter)), ("blind", ("--blind",))):
            out = tmp_path / f"{backend}-{name}"
            manifest = complete(predict(mixed, model, out, *more, "--backend", backend))
            assert manifest.plan.config.get("backend", "transformers") == backend
            said[f"{backend}-{name}"] = texts(out)
            assert {one["finish"] for one in answers(out).values()} <= {"stop", "length"}
    assert said["vllm-bare"] != said["vllm-adapted"]
    for name in ("bare", "adapted", "blind"):
        ours, theirs = said[f"transformers-{name}"], said[f"vllm-{name}"]
        # A character that is cut off in the middle is left away by vLLM.
        same = sum(theirs[key].rstrip("\ufffd") == text.rstrip("\ufffd") for key, text in ours.items())
        assert same >= 0.8 * len(ours), (name, ours, theirs)
