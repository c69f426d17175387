"""Questions in the words of a model behind an endpoint."""

from __future__ import annotations

import functools
from collections import Counter
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from vtb.benchmarks.dynamic import NAME
from vtb.dynamic.asked import Rejected
from vtb.dynamic.freeform import KIND, FreeQuestion, Scene, Unread, choose_scene, read_question, told, worded
from vtb.errors import UsageProblem
from vtb.formats.special_tokens import neutral
from vtb.rng import sample_rng
from vtb_generate.dynamic_options import Options
from vtb_generate.dynamic_rows import Coordinates, Worded
from vtb_generate.dynamic_videos import AskedVideo

if TYPE_CHECKING:
    from vtb.chat.served import ServedModel

AT_ONCE = 8
REFUSED = "refused by the server"
SIMPLEST = "Say yes."  # what is asked to see whether anything can be
AGAIN = "An answer before could not be used: it {why}. Keep to the form, and to what is asked for."


@dataclass(frozen=True)
class Endpoint:
    """What is asked; see the command's options."""

    url: str
    model: str
    timeout: float
    retries: int
    max_new_tokens: int
    temperature: float


@dataclass(frozen=True)
class Freeform:
    """So many questions about each video, each asked again so often where it cannot be used."""

    count: int
    reasks: int
    seed: int
    endpoint: Endpoint

    def about(self, video: AskedVideo, number: int, coordinates: Coordinates) -> tuple[list[Worded], Counter[str]]:
        """The questions about a video, and why others were given up.

        Raises:
            TryAgain: the endpoint has failed as often as it may.
            NotAvailable: it refuses the key, or knows no such model.
        """
        served = _served(self.endpoint)
        found = served.each(
            self.count, lambda place: self._one(served, video, number, place, coordinates), lambda _: None
        )
        rejected = Counter(f"{KIND}: {why}" for _, given_up in found for why in given_up)
        return [one for one, _ in found if one is not None], rejected

    def _one(
        self, served: ServedModel, video: AskedVideo, number: int, place: int, coordinates: Coordinates
    ) -> tuple[Worded | None, list[str]]:
        """One of them, and why others were given up."""
        rng, rejected = sample_rng(self.seed, f"{NAME}/freeform/{place}", number), list[str]()
        try:
            scene = choose_scene(rng, video.known, coordinates.scale)
        except Rejected as error:
            return None, [str(error)]
        question = self._asked(served, video, scene, number * self.count + place, rejected)
        if question is None:
            return None, rejected
        whole = worded(rng, video.known, scene, question)
        figures = {"segments": 0, "frames": scene.last - scene.first}
        return Worded(KIND, whole.words, whole.options, whole.right, figures), rejected

    def _asked(
        self, served: ServedModel, video: AskedVideo, scene: Scene, seed: int, rejected: list[str]
    ) -> FreeQuestion | None:
        """What the model writes, asked again where it cannot be used; none where the server refuses to be asked this.

        Raises:
            UsageProblem: it refuses to be asked anything.
        """
        words = _prompt()
        for name, text in told(video.known, scene).items():
            words = words.replace(f"{{{name}}}", neutral(text))
        why = ""
        for attempt in range(1 + self.reasks):
            again = f"\n\n{AGAIN.format(why=why)}" if why else ""
            try:
                said = served.ask([{"role": "user", "content": words + again}], self.seed + seed + (attempt << 40))
                return read_question(said.text, scene)
            except Unread as error:
                why = str(error)
                rejected.append(why)
            except UsageProblem:
                if not _takes(served):
                    raise
                rejected.append(REFUSED)
                break
        return None


def freeform_of(options: Options, seed: int) -> Freeform | None:
    """As the options say; None where nobody is asked."""
    if not options.freeform:
        return None
    assert options.endpoint is not None  # the options see to both
    assert options.model is not None
    endpoint = Endpoint(options.endpoint, options.model, options.timeout, options.retries, options.max_new_tokens,
                        options.temperature)  # fmt: skip
    return Freeform(options.freeform, options.reasks, seed, endpoint)


@functools.cache
def _served(endpoint: Endpoint) -> ServedModel:
    """Once a process."""
    from vtb.chat.connection import Connection
    from vtb.chat.served import Asking, ServedModel

    connection = Connection(endpoint.url, endpoint.timeout, endpoint.retries, AT_ONCE)
    return ServedModel(connection, Asking(endpoint.model, endpoint.max_new_tokens, endpoint.temperature, AT_ONCE))


@functools.cache
def _takes(served: ServedModel) -> bool:
    """Whether the server takes any request, once a process."""
    return served.takes([{"role": "user", "content": SIMPLEST}], 0)


@functools.cache
def _prompt() -> str:
    return (files("vtb_generate") / "prompts" / "freeform.txt").read_text(encoding="utf-8").strip()
