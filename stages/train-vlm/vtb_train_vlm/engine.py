"""Runs ms-swift in this process, with what our runs need around it.

``python -m vtb_train_vlm.engine sft|rlhf|export|rollout ...arguments as for swift...``, alone or under torchrun.
Calling the engine's own entry points, not its command, leaves one process to watch and to signal.

Exit code 0 means an orderly end: training finished, or it was asked to stop (SIGTERM, or the file named by
``VTB_STOP_FILE``), finished its step and saved a checkpoint; asked before the first step, it just leaves. Which of them
it was, the last line of the log named by ``VTB_TRAIN_LOG`` says. There is no code of its own for a stop because
torchrun takes every other code for a crash.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from vtb.engine.launch import STOP_FILE
from vtb.engine.no_remote_code import forbid_remote_code
from vtb.engine.parent import die_with_parent
from vtb.engine.stop_signal import StopSignal
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
from vtb_train_vlm import engine_callback, engine_rewards

_ENTRIES = {"sft": "sft_main", "rlhf": "rlhf_main", "export": "export_main", "rollout": "rollout_main"}
_TRAINING = ("sft", "rlhf")


def main(argv: Sequence[str]) -> None:
    """Runs one engine command to its end."""
    if not argv or argv[0] not in _ENTRIES:
        raise SystemExit(f"usage: python -m vtb_train_vlm.engine {'|'.join(_ENTRIES)} ...engine arguments...")
    command, arguments = argv[0], list(argv[1:])
    die_with_parent()  # torchrun, where there is one, which dies with the stage itself
    stop = StopSignal(os.environ.get(STOP_FILE))
    if command != "rollout":  # a server ends by itself, and its engine with it
        stop.listen()
    allow_cpu_torchvision()
    forbid_remote_code()
    from swift import pipelines
    from swift.model import ModelLoader

    ModelLoader.default_trust_remote_code = False
    read_media_ids_from_tokenizer()
    if command == "rlhf":
        engine_rewards.register()
    if command in _TRAINING:
        engine_callback.register(stop)
        arguments = with_callback(arguments)
    getattr(pipelines, _ENTRIES[command])(arguments)
    _leave_process_group()


def with_callback(arguments: Sequence[str]) -> list[str]:
    """Adds our callback to the engine arguments, beside those that the user names."""
    words = list(arguments)
    if "--callbacks" not in words:
        return [*words, "--callbacks", engine_callback.NAME]
    at = words.index("--callbacks") + 1
    return [*words[:at], engine_callback.NAME, *words[at:]]


def read_media_ids_from_tokenizer() -> None:
    """Makes the engine find the media placeholders in any vocabulary.

    Its Qwen-VL templates carry the token numbers of the released models. Asking the tokenizer gives the same numbers
    there, and the right ones for a tiny model.
    """
    from swift.template.templates.qwen import Qwen2VLTemplate

    for kind in ("image", "video"):
        placeholder = f"<|{kind}_pad|>"
        # The default argument keeps each property's own placeholder.
        lookup = property(lambda self, token=placeholder: self.tokenizer.convert_tokens_to_ids(token))  # type: ignore[misc]
        setattr(Qwen2VLTemplate, f"{kind}_token_id", lookup)


def _leave_process_group() -> None:
    import torch.distributed as dist

    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


if __name__ == "__main__":
    main(sys.argv[1:])
