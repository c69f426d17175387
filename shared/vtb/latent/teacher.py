"""The teacher: the student's own earlier weights, which say what each latent segment should stand for.

Its weights are those at the start (tau 1), or their moving average: after every update
theta_T = tau theta_T + (1 - tau) theta_S.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vtb.engine.kept_weights import KeptWeights
from vtb.latent.parts import Parts, last_states, seen
from vtb.latent.selection import Chosen, Selection, choose, grouped, image_weights, pooled, user_context
from vtb.latent.sequences import Batch
from vtb.latent.tokens import LatentTokens


class Teacher:
    """What chooses the features that latents are taught."""

    def __init__(
        self, model: Any, parts: Parts, tokens: LatentTokens, special: Sequence[int], *, tau: float = 1.0,
        selection: Selection = "relevance", coverage: float = 0.9, temperature: float = 1.0,
    ) -> None:  # fmt: skip
        """Keep the weights as they are now.

        Args:
            model: the student.
            parts: of it.
            tokens: of latent segments.
            special: tokens that are no words.
            tau: of the moving average; 1 for weights that stay.
            selection: by relevance to the context, or averages of all.
            coverage: see ``selection.choose``.
            temperature: likewise.
        """
        self._weights = KeptWeights(model)
        self._parts, self._tokens, self._special, self._tau = parts, tokens, frozenset(special), tau
        self._selection, self._coverage, self._temperature = selection, coverage, temperature

    @property
    def kept(self) -> dict[str, Any]:
        """The weights by name, for a checkpoint."""
        return self._weights.kept

    def follow(self) -> None:
        """Move towards the student, after an update."""
        self._weights.follow(self._tau)

    def in_place(self) -> Any:
        """The student's weights are the teacher's meanwhile."""
        return self._weights.in_place()

    def targets(self, batch: Batch, pictures: Any = None) -> list[list[Chosen]]:
        """What the latents of each row's segments should be.

        Args:
            batch: the rows; where latents will be, the teacher reads the token's plain embedding.
            pictures: of the rows, as ``parts.seen`` gives them, where the teacher sees them as the student does; else
                it looks at them itself.
        """
        import torch

        with torch.no_grad(), self.in_place():
            helpers = seen(self._parts, batch.helper_pixels, batch.helper_grids)
            left = [] if helpers is None else list(helpers.pooler_output)
            segments = [segments_of(row, self._tokens) for row in batch.ids.tolist()]
            if self._selection == "pooled":
                return [[Chosen(pooled(left.pop(0), self._tokens.size), None, 0) for _ in found] for found in segments]
            own = pictures if pictures is not None else seen(self._parts, batch.pixels, batch.grids)
            states, attended = self._read(batch, own)
            return [
                self._row(batch, row, states[row], attended[row], found, left) for row, found in enumerate(segments)
            ]

    def _read(self, batch: Batch, pictures: Any) -> tuple[Any, Any]:
        """The last states, and what the last layer's attention reads."""
        kept: list[Any] = []
        layer = self._parts.layers[-1]
        hook = layer.self_attn.register_forward_pre_hook(
            lambda _module, args, kwargs: kept.append(kwargs["hidden_states"] if not args else args[0]),
            with_kwargs=True,
        )
        try:
            states = last_states(self._parts, batch, pictures, self._parts.embed(batch.ids))
        finally:
            hook.remove()
        return states, kept[0]

    def _row(
        self, batch: Batch, row: int, states: Any, attended: Any, segments: list[range], left: list[Any]
    ) -> list[Chosen]:
        import torch

        ids = batch.ids[row].tolist()
        context = self._context(ids, batch.kinds[row], batch.prompts[row], states, attended)
        found: list[Chosen] = []
        begins = batch.prompts[row]
        for segment in segments:
            about = [context]
            words = [place for place in range(begins, segment.start - 1) if ids[place] not in self._special]
            if words:
                about.append(states[words].float().mean(dim=0))
            if found:
                about.append(found[-1].features.float().mean(dim=0))
            candidates = grouped(left.pop(0))
            query = torch.stack(about).mean(dim=0)
            places = choose(candidates, query, self._tokens.size, self._coverage, self._temperature)
            found.append(Chosen(candidates[places], places, len(candidates)))
            begins = segment.stop + 1
        return found

    def _context(self, ids: list[int], kinds: Any, prompt: int, states: Any, attended: Any) -> Any:
        """The question as one vector."""
        import torch

        pictures = (kinds[:prompt] == 1).nonzero().flatten()
        words = [place for place in range(prompt) if ids[place] not in self._special and not kinds[place]]
        if not words:  # every question has words
            words = list(range(prompt))
        if len(pictures) == 0:
            return user_context(states, words, [], None)
        attention = self._parts.layers[-1].self_attn
        every = torch.tensor(words, device=attended.device)
        weights = image_weights(_heads(attention, "q", attended[every]), _heads(attention, "k", attended[pictures]))
        return user_context(states, words, pictures, weights)


def segments_of(ids: Sequence[int], tokens: LatentTokens) -> list[range]:
    """The places of a row's latents, segment by segment."""
    return [range(place + 1, place + 1 + tokens.size) for place, token in enumerate(ids) if token == tokens.start]


def _heads(attention: Any, which: str, states: Any) -> Any:
    """(T, D) to (T, heads, d), as the layer itself does it but for the positions."""
    projected = getattr(attention, f"{which}_proj")(states)
    heads = projected.reshape(len(states), -1, attention.head_dim)
    norm = getattr(attention, f"{which}_norm", None)  # Qwen3 has one for each head
    return heads if norm is None else norm(heads)
