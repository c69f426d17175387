"""Our models as lmms-eval's model ``vtb`` (0.7): ``--model vtb --model_args pretrained=FOLDER,adapter=FOLDER``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lmms_eval.api.model import lmms
from tqdm import tqdm

from vtb.errors import UsageProblem
from vtb.kits.model import FRAMES, Asked, FolderModel
from vtb.kits.turns import lmms_turns

TAKEN = ("pretrained", "adapter", "max_pixels", "max_num_frames", "fps")


class VtbModel(lmms):  # type: ignore[misc]
    """Answers one request at a time, on as many processes as ``accelerate launch`` starts."""

    is_simple = False

    def __init__(
        self, pretrained: str, adapter: str | None = None, max_pixels: int | None = None, max_num_frames: int = FRAMES,
        fps: float | None = None, device: str | None = None, batch_size: int | str = 1, **unknown: Any,
    ) -> None:  # fmt: skip
        """Load the model.

        Args:
            pretrained: its folder, or a checkpoint artifact.
            adapter: a PEFT folder or an adapter artifact.
            max_pixels: larger pictures and frames are scaled down; as in the model's training where it is not given.
            max_num_frames: of a video, at equal distances; ignored with ``fps``.
            fps: frames a second of a video.
            device: lmms-eval's ``--device``; the one of accelerate where there is none.
            batch_size: lmms-eval's; a request is answered at a time all the same.
            unknown: others; all but ``max_batch_size``, which lmms-eval adds, are refused.
        """
        from accelerate import Accelerator

        super().__init__()
        del batch_size
        if names := sorted(unknown.keys() - {"max_batch_size"}):
            raise UsageProblem(f"--model_args: vtb has no {names[0]}, only {', '.join(TAKEN)}")
        self.accelerator = Accelerator()
        self._rank, self._world_size = self.accelerator.process_index, self.accelerator.num_processes
        several = self._world_size > 1 or device is None
        self.device = str(self.accelerator.device) if several else str(device)
        self._frames = (None, float(fps)) if fps is not None else (int(max_num_frames), None)
        if not all(0 < one < float("inf") for one in self._frames if one is not None):
            raise UsageProblem("--model_args: max_num_frames and fps are numbers above 0")
        self._own = FolderModel(pretrained, adapter, self.device, max_pixels and int(max_pixels))

    def generate_until(self, requests: Sequence[Any]) -> list[str]:
        """The answers, in the order of the requests."""
        return [self._answer(one.args) for one in tqdm(requests, disable=self.rank != 0, desc="vtb")]

    def _answer(self, args: Sequence[Any]) -> str:
        *_, messages_of, settings, number, task, split = args
        turns = lmms_turns(messages_of(self.task_dict[task][split][number]))
        text = self._own.answer(turns, asked_by(settings, *self._frames))
        self.cache_hook.add_partial("generate_until", (str(turns), settings), text)
        return text

    def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
        """Not of models that answer in words."""
        raise NotImplementedError("vtb answers in words: take a task with output_type generate_until")

    def generate_until_multi_round(self, requests: Sequence[Any]) -> list[str]:
        """Not of ours."""
        raise NotImplementedError("vtb answers once: take a task with output_type generate_until")


def asked_by(settings: Mapping[str, Any], frames: int | None, fps: float | None) -> Asked:
    """How ``generation_kwargs`` of a task want an answer."""
    until = settings.get("until") or ()
    samples = settings.get("do_sample", True)
    return Asked(
        max_new_tokens=int(settings.get("max_new_tokens") or Asked.max_new_tokens),
        temperature=float(settings.get("temperature") or 0.0) if samples else 0.0, top_p=settings.get("top_p"),
        until=(until,) if isinstance(until, str) else tuple(until), frames=frames, fps=fps,
    )  # fmt: skip
