"""What one pack costs a model: the cross-entropy of its answers."""

from __future__ import annotations

from typing import Any

from vtb.geometry.sequences import IGNORED, Pack


def make_learner(model: Any) -> Any:
    """A module from a pack to its loss and the figures of it.

    Args:
        model: with geometry or without, wrapped or not, with what is trained in it marked.
    """
    import torch

    whole = whole_model(model)

    class Learner(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, pack: Pack) -> tuple[Any, dict[str, float]]:
            learned = (pack.labels[0, 1:] != IGNORED).nonzero().flatten()
            more = {}
            if hasattr(whole, "geometry"):
                more = {"samples": pack.samples, "question": whole.words(pack.ids, None) & (pack.labels == IGNORED)}
            # Scores are made only where there is a label: those of all tokens of a pack are gigabytes.
            scores = whole(
                input_ids=pack.ids, position_ids=pack.positions, logits_to_keep=learned, use_cache=False, **pack.media,
                **more,
            ).logits[0]  # fmt: skip
            loss = torch.nn.functional.cross_entropy(scores.float(), pack.labels[0, 1:][learned])
            return loss, {"loss": float(loss.detach()), "tokens": pack.ids.shape[1]}

    return Learner()


def whole_model(model: Any) -> Any:
    """The model for generation, without what adapters wrap it in."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model
