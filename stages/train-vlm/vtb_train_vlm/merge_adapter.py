"""Merges a LoRA adapter into its base model, through the engine."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path

from vtb.artifact.manifest import MANIFEST, PLAN
from vtb.engine.launch import engine_environment, launcher
from vtb.engine.watch import run_engine
from vtb.errors import BadInput, NotAvailable
from vtb.formats.leftovers import without_leftovers
from vtb.geometry.as_trained import forget_shown
from vtb.latent.tokens import CONFIG, read_latent_config
from vtb_train_vlm.engine_options import flatten, model_arguments, to_arguments
from vtb_train_vlm.swift_command import ENGINE

_WEIGHTS = (".safetensors", ".bin", ".pt", ".pth", ".safetensors.index.json", ".bin.index.json")
_TAIL_LINES = 15


def merge_adapter(model: Path, adapter: Path, out: Path, env: Mapping[str, str]) -> None:
    """Writes the merged model, with everything beside the weights that the base model has, to a new folder.

    Runs the engine's export on the CPU, whose memory has room for what no GPU holds. What the adapter recorded about
    its own training, such as the path of a base model on another machine, is not used.

    Args:
        model: Base model.
        adapter: Adapter that was trained on it.
        out: Folder to write; must not exist. It appears when it is whole.
        env: Environment to start from.

    Raises:
        NotAvailable: The base model is missing.
        BadInput: There is no adapter, or the engine cannot merge it.
    """
    if not (adapter / "adapter_config.json").is_file():
        raise BadInput(f"{adapter}: no adapter here (no adapter_config.json)")
    identity = model_arguments(model)
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as work:
        draft = Path(work) / "merged"
        values = {
            "model": model.resolve(),
            **identity,
            "adapters": adapter.resolve(),
            "merge_lora": True,
            "load_args": False,
            "output_dir": draft.resolve(),
        }
        _export(flatten(to_arguments(values)), engine_environment(ENGINE, env, Path(work), "cpu"), adapter, Path(work))
        add_missing(model, draft)
        add_latents(adapter, draft)
        forget_shown(draft)
        draft.replace(out)


def add_latents(adapter: Path, merged: Path) -> None:
    """Puts in what an adapter brings that thinks in latents: the tokens by which it does, and what they are."""
    tokens = read_latent_config(adapter) if (adapter / CONFIG).is_file() else None
    if tokens is None:
        return
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(adapter / name, merged / name)
    config = merged / "config.json"
    values = {**json.loads(config.read_text(encoding="utf-8")), **tokens.config()}
    config.write_text(json.dumps(values, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def _export(arguments: list[str], env: Mapping[str, str], adapter: Path, work: Path) -> None:
    said, never = deque[str](maxlen=_TAIL_LINES), threading.Event()
    code = run_engine(
        [*launcher(ENGINE, 1, {}), "export", *arguments], env, work,
        on_line=said.append, on_poll=lambda: None, stop=never, grace_s=0,
    )  # fmt: skip
    if code != 0:
        tail = "\n".join(said)
        raise BadInput(f"{adapter}: the engine cannot merge this adapter (exit code {code}):\n{tail}")


def add_missing(model: Path, merged: Path) -> None:
    """Copies what the engine leaves out; it drops files of the base model that it knows nothing of.

    What the base model says of itself as an artifact is not true of the merged one.
    """
    if not any(path.name.endswith(_WEIGHTS) for path in merged.iterdir()):
        raise NotAvailable(f"{merged}: the engine wrote no weights")
    for path in without_leftovers(model, model.iterdir()):
        left_out = path.name.endswith(_WEIGHTS) or path.name in (MANIFEST, PLAN)
        if path.is_file() and not left_out and not (merged / path.name).exists():
            shutil.copy(path, merged / path.name)
