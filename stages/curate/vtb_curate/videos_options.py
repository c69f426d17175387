"""The options of ``vtb-curate videos``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vtb.chat.url import check_endpoint
from vtb.errors import UsageProblem
from vtb.stage.fields import StageOptions, internal, option

READ, CHOSEN, ENDPOINT, ASKED = "What is read", "What is left out", "An endpoint", "What is asked"  # headings
COOLEST = 0.001  # temperature; below, numbers overflow
OF_FILES, OF_FRAMES = ("motion_filter",), ("frames", "max_pixels")


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options; what lies in files is recorded as inputs, not where they lie."""

    captions: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FILE", group=READ,
        help="CSV file with the columns videoID and caption, as Koala-36M has them; the column duration or seconds, or "
             "timestamp with two times, tells how long a video is where there is no file of it.",
    )  # fmt: skip
    videos: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FOLDER", group=READ,
        help="Folder with the video files, named by their videoID; without --captions every video in it is judged by "
             "its frames.",
    )  # fmt: skip
    min_seconds: float = option(20.0, low=0, group=CHOSEN, help="Leave out videos that are shorter.")
    max_seconds: float = option(120.0, low=0, above=True, group=CHOSEN, help="Leave out videos that are longer.")
    motion_filter: float | None = option(
        None, low=0, high=1, metavar="SHARE", group=CHOSEN,
        help="Look at the files first, and ask only about videos of which at least this share of the picture moves "
             "when the camera's motion is taken off, for example 0.01; 0 only measures it. Left out, nobody looks.",
    )  # fmt: skip
    endpoint: str = option(
        metavar="URL", affects_output=False, group=ENDPOINT,
        help="A server that speaks OpenAI's chat completions, for example http://localhost:8000/v1. Its key, if it "
             "wants one, is OPENAI_API_KEY of the environment.",
    )  # fmt: skip
    model: str = option(
        metavar="NAME", group=ENDPOINT,
        help="The name by which the model is served; one that sees, where there are no captions.",
    )  # fmt: skip
    concurrency: int = option(
        8, low=1, high=1024, affects_output=False, group=ENDPOINT, help="Videos that are asked about at the same time."
    )
    retries: int = option(
        8, low=0, affects_output=False, group=ENDPOINT,
        help="Tries after the first for each request, with growing pauses, where a failure may pass.",
    )  # fmt: skip
    timeout: float = option(
        600.0, low=0, above=True, affects_output=False, group=ENDPOINT, help="Seconds that an answer may take."
    )
    max_requests: int | None = option(
        None, low=1, affects_output=False, group=ENDPOINT,
        help="Send at most so many requests, tries after failures included, and then end with exit code 4; what is "
             "done is kept, and the next run goes on with as many again.",
    )  # fmt: skip
    prompt: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FILE", group=ASKED,
        help="Ask in the words of this file; with --captions it has {caption} where the caption belongs. The form of "
             "the answer stays the same.",
    )  # fmt: skip
    reasks: int = option(
        2, low=0, high=100, group=ASKED, help="How often to ask again about a video whose answer cannot be read."
    )
    frames: int = option(16, low=2, high=256, group=ASKED, help="Frames that are shown, at equal distances.")
    max_pixels: int = option(262_144, low=1024, group=ASKED, help="Scale larger frames down to this many pixels.")
    max_new_tokens: int = option(
        512, low=1, group=ASKED, help="Longest answer in tokens; models that think first need thousands."
    )
    temperature: float = option(0.0, low=0, group=ASKED, help="0 takes the likeliest token always.")
    videos_per_shard: int = option(
        64, low=1, help="Videos in one shard; a run that was cut off repeats at most one shard."
    )
    legacy: bool = option(
        False, help="Also write dynamic_videos.json and agent_object.csv, which DSR Suite's own tools read."
    )
    given: frozenset[str] = internal(frozenset())

    @property
    def by_frames(self) -> bool:
        """Whether frames are shown, and not captions."""
        return self.captions is None

    def __post_init__(self) -> None:
        """Refuse what cannot be asked, and what would be passed over without a word."""
        check_endpoint(self.endpoint)
        if self.captions is None and self.videos is None:
            raise UsageProblem("say what to judge: give --captions, --videos or both")
        if self.min_seconds > self.max_seconds:
            raise UsageProblem("--min-seconds: is above --max-seconds, which leaves no video")
        if 0 < self.temperature < COOLEST:
            raise UsageProblem(
                f"--temperature {self.temperature:g}: give 0 for the likeliest token, or {COOLEST} or more"
            )
        unused = (*(OF_FILES if self.videos is None else ()), *(() if self.by_frames else OF_FRAMES))
        for name in unused:
            if name in self.given:
                where = "files: give --videos, too" if name in OF_FILES else "frames, not for --captions: leave it out"
                raise UsageProblem(f"--{name.replace('_', '-')} is for {where}")
