"""Supervised training of a model that thinks in latents."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from vtb.engine.held_out import HeldOut
from vtb.engine.launch import strips_folder
from vtb.engine.optimizer import make_optimizer
from vtb.engine.order import Order
from vtb.engine.stop_signal import StopSignal
from vtb.engine.training_loop import TrainingLoop
from vtb.latent.checkpoint import load_checkpoint, save_checkpoint
from vtb.latent.held_out import answer_and_judge, figures_of, mean_loss
from vtb.latent.job import Job
from vtb.latent.parts import Parts
from vtb.latent.patches import draw_patches, write_patches
from vtb.latent.rows import Row
from vtb.latent.sequences import Sequencer
from vtb.latent.student import make_student
from vtb.latent.teacher import Teacher
from vtb.latent.tokens import LatentTokens
from vtb.media.image import decode_image

_SHOWN = 6  # rows whose chosen parts are drawn


class Trainer(TrainingLoop[Job]):
    """One training of one model, in one of the processes that share it."""

    def __init__(
        self, job: Job, model: Any, parts: Parts, tokens: LatentTokens | None, sequencer: Sequencer,
        rows: Sequence[Row], val: Sequence[Row], puzzles: Sequence[HeldOut[Row]], accelerator: Any, stop: StopSignal,
    ) -> None:  # fmt: skip
        """Prepare the model, whose trained parts are marked by now, and go on from the checkpoint if there is one.

        Args:
            job: what to do.
            model: the model, wrapped where it has a LoRA.
            parts: of it.
            tokens: of latent segments; None for the baseline of words alone.
            sequencer: makes batches of rows.
            rows: to learn from.
            val: to measure the loss on.
            puzzles: to answer while training goes on.
            accelerator: accelerate's, of all processes.
            stop: says when to stop.
        """
        self.model, self.parts, self.tokens, self.sequencer = model, parts, tokens, sequencer
        self._rows, self._val, self._puzzles, self.order = rows, val, puzzles, Order(len(rows), job.seed)
        self.teacher = None
        if tokens is not None and job.stage == 1:
            special = [*sequencer.processor.tokenizer.all_special_ids, tokens.pad, tokens.start, tokens.end]
            self.teacher = Teacher(
                model, parts, tokens, special, tau=job.teacher_decay, selection=job.selection, coverage=job.coverage,
                temperature=job.selection_temperature,
            )  # fmt: skip
        self.student = make_student(
            model, parts, tokens, self.teacher, stage=job.stage, seed=job.seed, word_weight=job.word_weight,
            latent_weight=job.latent_weight, vision_frozen=not job.tune_vision,
        )  # fmt: skip
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        optimizer = make_optimizer(weights, accelerator, rate=job.learning_rate, decay=job.weight_decay)
        super().__init__(job, accelerator, stop, self.student, optimizer)
        if job.resume_from is not None:
            self.done = load_checkpoint(job.resume_from, model, self.optimizer, self._moving(), accelerator.device)

    def backward(self) -> list[Mapping[str, float]]:
        """Batch after batch."""
        return [self._backward(place) for place in range(self.job.grad_accum)]

    def _backward(self, place: int) -> Mapping[str, float]:
        batch = self.sequencer.batch(*self._next(place)).to(self.accelerator.device)
        with self.exchanging(last=place == self.job.grad_accum - 1):
            loss, found = self.module(batch)
            self.accelerator.backward(loss / self.job.grad_accum)
        return dict(found)

    def _next(self, place: int) -> tuple[list[Row], list[int]]:
        """The rows of one step in this process, and the numbers of their samples."""
        size, world = self.job.batch_size, self.accelerator.num_processes
        first = ((self.done * self.job.grad_accum + place) * world + self.accelerator.process_index) * size
        numbers = list(range(first, first + size))
        return [self._rows[self.order.row_of(number)] for number in numbers], numbers

    def after_update(self) -> None:
        """The teacher follows, where it does."""
        if self.teacher is not None:
            self.teacher.follow()

    def _moving(self) -> dict[str, Any] | None:
        """The teacher's weights, which a run that goes on cannot know otherwise."""
        return self.teacher.kept if self.teacher is not None else None

    def save(self, state: Mapping[str, Any]) -> None:
        """Of the student, the teacher and the optimizer."""
        save_checkpoint(self.job.output_dir, self.done, self.job.steps, self.model, state, self._moving())

    def evaluate(self) -> None:
        """The loss on held-out rows, and the verdicts on answers to them, shared out among the processes."""
        if self.job.judging is None:
            return
        began, rank, world = time.perf_counter(), self.accelerator.process_index, self.accelerator.num_processes
        self.model.eval()
        few = self._val[: self.job.judging.count]
        # The bare student: processes have different numbers of rows here, and must not wait for each other.
        with self.accelerator.autocast():
            losses = mean_loss(self.student, self.sequencer, few[rank::world], self.accelerator.device)
            said = answer_and_judge(
                self.parts, self.sequencer, self._puzzles[rank::world], self.job.judging.max_new_tokens,
                self.accelerator.device,
            )  # fmt: skip
        self.model.train()
        if self.teacher is not None and self.accelerator.is_main_process and few:
            with self.accelerator.autocast():
                self._show_patches(few)
        every = [one for part in self.everybodys(said) for one in part]
        found = self.figures([one for part in self.everybodys(losses) for one in part])
        if self.accelerator.is_main_process:
            row = {f"eval_{name}": value for name, value in found.items()} | figures_of(every)
            self.log.write(self.done, {**row, "eval_runtime": time.perf_counter() - began})

    def _show_patches(self, rows: Sequence[Row]) -> None:
        """Which parts of the pictures the teacher chooses now."""
        shown = [row for row in rows if row.helpers][:_SHOWN]
        if not shown or self.teacher is None:
            return
        batch = self.sequencer.batch(shown, range(len(shown))).to(self.accelerator.device)
        chosen = self.teacher.targets(batch)
        merge = self.parts.inner.visual.spatial_merge_size
        grids = [(int(height) // merge, int(width) // merge) for _, height, width in batch.helper_grids.tolist()]
        drawn = []
        for row, found in zip(shown, chosen, strict=True):
            own = [grids.pop(0) for _ in found]
            pictures = [decode_image(path.read_bytes()) for path in row.helpers]
            drawn.append([draw_patches(*each) for each in zip(pictures, own, found, strict=True)])
        write_patches(drawn, strips_folder(self.job.output_dir) / f"patches-{self.done:06d}.png")
