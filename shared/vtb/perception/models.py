"""The backend of models: what is in a video, as four models see it.

Grounding DINO finds things, SAM 2.1 follows them, Orient Anything tells where those that act face, and a reconstructor
such as Pi3 where everything is. All of it runs on one device, from one folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vtb.errors import NotAvailable
from vtb.media.video import UnreadableVideo
from vtb.perception.assemble import assemble
from vtb.perception.detector import Detector
from vtb.perception.orientation import Orienter
from vtb.perception.perceived import Backend, Floats, Frames, Perceived
from vtb.perception.pi3 import Pi3Reconstructor
from vtb.perception.published import DETECTOR, ORIENTER, RECONSTRUCTOR, TRACKER
from vtb.perception.reconstruction import Reconstructor
from vtb.perception.things import find_things
from vtb.perception.tracker import Tracker


@dataclass(frozen=True)
class ModelBackend:
    """Four models; the parts may be any that do the same."""

    detector: Detector
    tracker: Tracker
    orienter: Orienter
    reconstructor: Reconstructor

    def perceive(self, frames: Frames, times: Floats, agents: Sequence[str], objects: Sequence[str]) -> Perceived:
        """What is in the frames (N, H, W, 3) of a video; a class that is named as both acts.

        Raises:
            UnreadableVideo: nothing of these classes is in it, or there are too many to look for.
        """
        acting = class_names(agents)
        labels = class_names([*acting, *objects])
        things = find_things(frames, self.detector, self.tracker.watch(frames), labels)
        if not things:
            raise UnreadableVideo("shows nothing of the classes that were looked for")
        space = self.reconstructor.reconstruct(frames)
        directions = [self.orienter.angles(frames, thing.masks) if thing.label in acting else None for thing in things]
        height, width = frames.shape[1:3]
        return assemble(times, (width, height), things, space, directions)


def class_names(names: Iterable[str]) -> list[str]:
    """As the detector reads them: in lower case, without full stops and what is left of them, each once."""
    plain = (" ".join(name.lower().replace(".", " ").split()) for name in names)
    return list(dict.fromkeys(name for name in plain if name))


def load_backend(folder: Path, device: str) -> Backend:
    """All four models, from a folder with the layout that ``vtb weights check`` looks for.

    Args:
        folder: of all weights, one folder for each model.
        device: ``cpu``, ``cuda`` or ``cuda:N``; ``auto`` takes the GPU where there is one.

    Raises:
        NotAvailable: weights, a package or the GPU are missing.
        BadInput: some weights are damaged or of another model.
    """
    try:
        import torch
    except ImportError as error:
        raise NotAvailable("--backend models needs torch and transformers") from error
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    if device.startswith("cuda") and not torch.cuda.is_available():
        raise NotAvailable(f"{device}: torch sees no GPU here")
    exact = torch.float32
    reconstructor = Pi3Reconstructor.load(folder / RECONSTRUCTOR.name, device)  # the first that may not be installed
    return ModelBackend(
        Detector.load(folder / DETECTOR.name, device, exact),
        Tracker.load(folder / TRACKER.name, device, exact),
        Orienter.load(folder / ORIENTER.name, device, exact),
        reconstructor,
    )
