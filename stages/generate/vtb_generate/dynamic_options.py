"""The options of ``vtb-gen-dynamic``."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from vtb.chat.url import check_endpoint
from vtb.errors import UsageProblem
from vtb.stage.fields import StageOptions, internal, option

RENDERED, OWN, ENDPOINT, DATASET = (
    "Rendered videos",
    "Your own videos",
    "Free questions",
    "The dataset",
)  # headings of the help
SIDES = range(120, 2049)
MOST_PIXELS = 1_000_000_000  # of the frames that are kept of a video
# Options of one kind of run, which others would pass over.
OF_RENDERED, OF_OWN = ("scenes", "picture_size", "clip_frames", "fps", "clips"), ("device", "frame_pixels", "margin")
OF_SHARDS = ("boxes", "clips", "legacy", "freeform")
OF_BENCHMARKS = ("dsr-bench", "vlm4d", "4d-bench")
OF_ENDPOINT = ("endpoint", "model", "reasks", "retries", "timeout", "max_new_tokens", "temperature")


@dataclass(frozen=True)
class Options(StageOptions):
    """The command's own options."""

    backend: Literal["synthetic", "models"] = option(
        "synthetic", help="Where the truth comes from: rendered scenes, or models that look at your videos."
    )
    questions: int = option(
        12, low=1, high=200,
        help="Questions about each video on average, as many of each type, where frames and sizes are as by default. "
             "How many one gets is left to chance, which keeps the words of a question from telling its answer. With "
             "--layout vlm4d and 4d-bench at most so many.",
    )  # fmt: skip
    frames: int = option(32, low=8, high=256, help="Frames that a question shows, at equal distances; the last two are "
                                                   "kept back where the future is asked.")  # fmt: skip
    boxes: Literal["frames", "video", "thousandths"] = option(
        "frames",
        help="Coordinates of the boxes in the words: pixels of the frames as they are stored, pixels of the video as "
             "in DSR-Bench, or thousandths of its sides.",
    )  # fmt: skip
    scenes: int = option(100, low=1, high=100_000_000, group=RENDERED, help="Scenes, each with a video.")
    picture_size: tuple[int, int] = option(
        (576, 432), group=RENDERED, help="Size of frames and videos in pixels, both sides even."
    )
    clip_frames: int = option(128, low=16, high=4096, group=RENDERED, help="Frames of the whole video.")
    fps: int = option(16, low=1, high=120, group=RENDERED, help="Frames per second of the video.")
    clips: bool = option(
        False, flag="--clips/--no-clips", group=RENDERED,
        help="Also store the videos, as videos/NAME.mp4, and without what predictions ask about as NAME-cut.mp4.",
    )  # fmt: skip
    videos: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FOLDER", group=OWN, help="The videos."
    )
    about: str | None = option(
        None, affects_output=False, metavar="URI", group=OWN,
        help="What acts and what does not in each video: what vtb-curate videos has written, or a file in the form of "
             "agent_object.csv.",
    )  # fmt: skip
    weights: Path | None = option(
        None, file=True, existing=True, affects_output=False, metavar="FOLDER", group=OWN,
        help="The models' weights, as vtb weights check wants them.",
    )  # fmt: skip
    device: Literal["auto", "cpu", "cuda"] = option(
        "auto", affects_output=False, group=OWN, help="Where the models run; auto takes the GPU where there is one."
    )
    frame_pixels: int = option(
        262_144, low=1024, group=OWN, help="Store larger frames scaled down to this many pixels."
    )
    margin: float = option(
        0.002, low=0, high=0.2, group=OWN,
        help="Ask only what stays right when places are off by this share of their distance from the camera, and "
             "directions by 4 degrees for each hundredth; 0 asks everything.",
    )  # fmt: skip
    freeform: int = option(
        0, low=0, high=100, group=ENDPOINT,
        help="Questions in a language model's own words about each video, beside those of the types (type non_temp).",
    )  # fmt: skip
    endpoint: str | None = option(
        None, metavar="URL", affects_output=False, group=ENDPOINT,
        help="A server that speaks OpenAI's chat completions, for example http://localhost:8000/v1. Its key, if it "
             "wants one, is OPENAI_API_KEY of the environment.",
    )  # fmt: skip
    model: str | None = option(
        None, metavar="NAME", group=ENDPOINT, help="The name by which the language model is served."
    )
    reasks: int = option(
        2, low=0, high=100, group=ENDPOINT, help="How often to ask again where an answer is no question of the form."
    )
    retries: int = option(
        8, low=0, affects_output=False, group=ENDPOINT,
        help="Tries after the first for each request, with growing pauses, where a failure may pass.",
    )  # fmt: skip
    timeout: float = option(
        600.0, low=0, above=True, affects_output=False, group=ENDPOINT, help="Seconds that an answer may take."
    )
    max_new_tokens: int = option(
        4096, low=1, group=ENDPOINT, help="Longest answer in tokens, with what the model thinks."
    )
    temperature: float = option(0.7, low=0, group=ENDPOINT, help="0 takes the likeliest token always.")
    videos_per_shard: int = option(16, low=1, group=DATASET, help="Videos in one shard.")
    layout: Literal["shards", "dsr-bench", "vlm4d", "4d-bench"] = option(
        "shards", group=DATASET,
        help="WebDataset shards of questions with their frames; or a file of questions and a folder of rendered "
             "videos in the published form of a benchmark, for vtb-prepare questions.",
    )  # fmt: skip
    legacy: bool = option(
        False, flag="--legacy/--no-legacy", group=DATASET, help="Also write qa_pairs.json, as the DSR Suite has it."
    )
    # It affects the output: the page is one of the artifact's files, and its bytes depend on this.
    preview: int = option(
        2, low=0, high=100, group=DATASET, help="Questions of each type in preview.html; 0 makes no such page."
    )
    given: frozenset[str] = internal(frozenset())

    def __post_init__(self) -> None:
        """Refuse what could not be rendered, and options of the other backend."""
        width, height = self.picture_size
        if width % 2 or height % 2 or width not in SIDES or height not in SIDES:
            raise UsageProblem(
                f"--picture-size {width}x{height}: both sides must be even, from {SIDES[0]} to {SIDES[-1]}"
            )
        if self.frames > self.clip_frames and self.backend == "synthetic":
            raise UsageProblem(f"--frames {self.frames}: the video has --clip-frames {self.clip_frames}: take fewer")
        kept = width * height * (self.clip_frames if self.clips or self.layout == "dsr-bench" else self.frames)
        if kept > MOST_PIXELS and self.backend == "synthetic":
            raise UsageProblem(
                f"--picture-size {width}x{height}: the frames of a video are kept in memory, at most {MOST_PIXELS:,} "
                "pixels: take fewer or smaller ones"
            )
        own = {"--videos": self.videos, "--about": self.about, "--weights": self.weights}
        if self.backend == "synthetic" and any(own.values()):
            name = next(name for name, value in own.items() if value)
            raise UsageProblem(f"{name}: rendered videos need none: leave it out, or say --backend models")
        if self.backend == "models" and not all(own.values()):
            name = next(name for name, value in own.items() if not value)
            raise UsageProblem(f"--backend models: give {name}, too")
        if self.freeform and not (self.endpoint and self.model):
            raise UsageProblem("--freeform: say whom to ask: give --endpoint and --model")
        if not self.freeform and (self.endpoint or self.model):
            raise UsageProblem("--endpoint and --model are for --freeform: say how many questions, or leave them out")
        self._check_given(OF_OWN if self.backend == "synthetic" else OF_RENDERED, f"not for --backend {self.backend}")
        self._check_given(() if self.freeform else OF_ENDPOINT, "for --freeform")
        self._check_layout()
        if self.endpoint:
            check_endpoint(self.endpoint)

    def _check_layout(self) -> None:
        """Refuse what a folder in the form of a benchmark has not, or has in any case."""
        if self.layout == "shards":
            return
        if self.backend != "synthetic":
            raise UsageProblem(f"--layout {self.layout}: is of rendered videos alone: leave --backend out")
        self._check_given(self._not_of_layout, f"not for --layout {self.layout}")

    @property
    def _not_of_layout(self) -> tuple[str, ...]:
        return (*OF_SHARDS, "frames") if self.layout == "4d-bench" else OF_SHARDS

    def recorded(self) -> dict[str, Any]:
        """Of shards without the layout, which was the only one when the first were made; of others what they are of."""
        unused = ("layout",) if self.layout == "shards" else (*self._not_of_layout, *OF_OWN, *OF_ENDPOINT)
        return {name: value for name, value in super().recorded().items() if name not in unused}

    def _check_given(self, passed_over: tuple[str, ...], what: str) -> None:
        """Refuse what would be passed over without a word."""
        for name in passed_over:
            if name in self.given:
                raise UsageProblem(f"--{name.replace('_', '-')} is {what}: leave it out")
