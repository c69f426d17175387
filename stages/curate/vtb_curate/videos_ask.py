"""The second step: a model is asked about each video that is left, and every video gets its row."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vtb.chat.parts import FRAME_QUALITY, Messages, Part, picture, words
from vtb.chat.said import FILTERED, Said
from vtb.datasets.videos.record import LEFT_OUT, QUARANTINED, VideoRow, encode_rows
from vtb.errors import UsageProblem
from vtb.media.frames import within_pixels
from vtb.media.timed_frames import timed_frames
from vtb.media.video import UnreadableVideo
from vtb.stage.executor import ShardResult, Task, Tick
from vtb.stage.sharding import in_parts
from vtb_curate.videos_answer import Decision, Unread, read_answer
from vtb_curate.videos_budget import Budget
from vtb_curate.videos_look import UNREADABLE, Looked, in_short
from vtb_curate.videos_options import Options
from vtb_curate.videos_prompt import Prompt
from vtb_curate.videos_record import decided_row, figures_of, row_of
from vtb_curate.videos_rows import Row

if TYPE_CHECKING:
    from vtb.chat.served import ServedModel

REFUSED = "refused by the server"
NEXT_TRY = 1 << 40  # between the seeds of the tries for one video; videos are fewer


@dataclass(frozen=True)
class AskWork:
    """The videos of a shard, the number of the first, and that of the shard."""

    rows: tuple[Row, ...]
    first: int
    number: int


def plan_asking(rows: Sequence[Row], videos_per_shard: int) -> list[Task[AskWork]]:
    """The shards of the artifact: every video once, in the order of the input."""
    return [
        Task(f"shards/{number:05d}.jsonl", len(part), AskWork(tuple(rows[part.start : part.stop]), part.start, number))
        for number, part in enumerate(in_parts(len(rows), videos_per_shard))
    ]


class Asker:
    """Makes shards of rows."""

    def __init__(
        self, served: ServedModel, budget: Budget, looked: Callable[[AskWork], Sequence[Looked]], prompt: Prompt,
        options: Options, seed: int, decoders: int,
    ) -> None:  # fmt: skip
        """``looked`` tells what is known of a shard's videos; so many are decoded at once as there are ``decoders``."""
        self._served, self._budget, self._looked, self._prompt = served, budget, looked, prompt
        self._options, self._seed, self._decoding = options, seed, threading.Semaphore(decoders)
        self._answered, self._refusal = False, UsageProblem("")

    def __call__(self, work: AskWork, tick: Tick) -> ShardResult:
        """The rows of one shard."""
        looked = self._looked(work)
        left = [number for number, seen in enumerate(looked) if not seen.why]
        self._budget.check(len(left) * (1 + self._options.reasks))
        tick(len(work.rows) - len(left))
        asked = self._served.each(
            len(left), lambda index: self._ask(work.rows[left[index]], looked[left[index]], work.first + left[index]),
            tick,
        )  # fmt: skip
        self._check_refusals(asked)
        by_number = dict(zip(left, asked, strict=True))
        rows = [
            by_number[number] if number in by_number else row_of(row, seen, LEFT_OUT, seen.why, seen.detail)
            for number, (row, seen) in enumerate(zip(work.rows, looked, strict=True))
        ]
        return ShardResult(encode_rows(rows), len(rows), stats=figures_of(rows))

    def _check_refusals(self, asked: Sequence[VideoRow]) -> None:
        """A server that refuses one request may find it too long; one that takes none is asked in a wrong way.

        Raises:
            UsageProblem: it takes not even the simplest.
        """
        self._answered = self._answered or any(row.answers for row in asked)
        if not self._answered and any(row.why == REFUSED for row in asked):
            if not self._served.takes(self._simplest(), self._seed):
                raise self._refusal
            self._answered = True

    def _simplest(self) -> Messages:
        """About a short caption, or one small grey frame."""
        frame = [words("A video as 1 frame:"), picture(np.full((56, 56, 3), 128, np.uint8), FRAME_QUALITY)]
        return self._message(Row("", "A dog runs after a ball."), frame if self._options.by_frames else [], "")

    def _ask(self, row: Row, seen: Looked, number: int) -> VideoRow:
        """The row of one video."""
        answers = list[Said]()
        try:
            decision = self._decide(row, number, answers)
        except UnreadableVideo as error:
            return row_of(row, seen, LEFT_OUT, UNREADABLE, in_short(error))
        except Unread as error:
            return row_of(row, seen, QUARANTINED, error.kind, error.detail, answers)
        return decided_row(row, seen, decision, answers)

    def _decide(self, row: Row, number: int, answers: list[Said]) -> Decision:
        """What the model says of a video, which is asked about again where an answer cannot be read.

        Raises:
            Unread: the last answer cannot be read either; all are in ``answers``.
            UnreadableVideo: the video has no frames to show.
        """
        shown, unread = self._shown(row), Unread("", "")
        for attempt in range(1 + self._options.reasks):
            said = self._said(self._message(row, shown, unread.detail), self._seed + number + attempt * NEXT_TRY)
            answers.append(said)
            try:
                return read_answer(said, with_category=self._options.by_frames)
            except Unread as error:
                unread = error
            if said.finish == FILTERED:
                break  # it would be stopped again
        raise unread

    def _said(self, message: Messages, seed: int) -> Said:
        """An answer; ``Unread`` where the server refuses this request."""
        try:
            return self._served.ask(message, seed)
        except UsageProblem as error:
            self._refusal = error
            raise Unread(REFUSED, str(error).partition(": ")[2][:300]) from error  # without the server's place

    def _message(self, row: Row, shown: list[Part], why: str) -> Messages:
        """One turn of the user; words alone are no list, which servers of language models may not know."""
        text = words(self._prompt.about(None if self._options.by_frames else row.caption, why))
        return [{"role": "user", "content": [*shown, text] if shown else text["text"]}]

    def _shown(self, row: Row) -> list[Part]:
        """The frames of a video below a line that says when they are shown; nothing where its caption decides."""
        if not self._options.by_frames or row.file is None:
            return []
        try:
            with self._decoding:
                frames, seconds = timed_frames(row.file, self._options.frames)
        except OSError as error:
            raise UnreadableVideo(in_short(error)) from error
        small = [within_pixels(frame, self._options.max_pixels) for frame in frames]
        at = ", ".join(f"{second:.1f}" for second in seconds)
        head = words(f"A video as {len(frames)} frames in their order, at {at} seconds:")
        return [head, *(picture(frame, FRAME_QUALITY) for frame in small)]
