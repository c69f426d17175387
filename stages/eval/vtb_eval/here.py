"""A model of this machine that answers batch by batch."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from vtb.stage.executor import Tick
from vtb.stage.sharding import cpus
from vtb_eval.predict_options import Options
from vtb_eval.prediction import Answer
from vtb_eval.questions import Question

log = logging.getLogger("vtb.eval")


class InBatches:
    """Asks a model of this machine, which is loaded when the first shard is really missing."""

    def __init__(self, folders: Sequence[Path], seed: int, threads: int, options: Options) -> None:
        """Nothing is loaded yet; ``folders`` are the model's and, where there is one, the adapter's."""
        self._folders, self._seed, self._threads, self._options = folders, seed, threads, options
        self._ask: Callable[[Sequence[Question], int], list[Answer]] | None = None

    def __call__(self, questions: Sequence[Question], first: int, tick: Tick) -> list[Answer]:
        """The answers, batch by batch."""
        found = list[Answer]()
        # vLLM makes batches of its own, of all that it is asked.
        size = self._options.batch_size if self._options.backend == "transformers" else max(1, len(questions))
        for start in range(0, len(questions), size):
            batch = questions[start : start + size]
            found += self._model()(batch, first + start)
            tick(len(batch))
        return found

    def _model(self) -> Callable[[Sequence[Question], int], list[Answer]]:
        if self._ask is None:
            log.info("starting PyTorch and %s, which takes some seconds", self._options.backend)
            import torch

            from vtb_eval.model import Generation, VisionLanguageModel

            torch.set_num_threads(min(self._threads, cpus()))
            how, (model, *adapter) = self._options, self._folders
            generation = Generation(
                how.max_new_tokens, how.temperature, self._seed, how.max_pixels, how.latents.latent,
                how.latents.latent_ablations, how.latents.latent_early_end,
            )  # fmt: skip
            if how.backend == "vllm":
                from vtb_eval.vllm_model import VllmModel

                self._ask = VllmModel(model, next(iter(adapter), None), generation).answer
                return self._ask
            self._ask = VisionLanguageModel(model, next(iter(adapter), None), how.device, generation).answer
        return self._ask
