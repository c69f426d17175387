"""An optimizer whose state is shared out among processes: the first stage of ZeRO (arXiv 1910.02054).

Each process keeps the state of its part of the weights, makes their step, and sends them to the others. The steps are
the same as in one process, and what is saved is as torch saves it, so that any number of processes can go on from it.

torch's own ``ZeroRedundancyOptimizer`` (2.13) gathers what is to be saved as pickled objects through lists of numbers,
for one process at a time: minutes for a LoRA, and more memory than there is for a whole model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_STEP = "step"  # of a weight's state: a number


class SharedOptimizer:
    """One process's part of an optimizer of all weights."""

    def __init__(self, whole: Any, rank: int) -> None:
        """Take an optimizer that has made no step yet.

        Args:
            whole: the optimizer; its groups are those of all weights from now on, which a training may change.
            rank: of this process.
        """
        import torch.distributed as dist

        self.param_groups, self._rank = whole.param_groups, rank
        self._weights = [weight for group in self.param_groups for weight in group["params"]]
        self._owners = _owners([weight.numel() for weight in self._weights], dist.get_world_size())
        mine = {id(weight) for weight, owner in zip(self._weights, self._owners, strict=True) if owner == rank}
        self._own = whole
        self._own.param_groups = [
            {**group, "params": [weight for weight in group["params"] if id(weight) in mine]}
            for group in self.param_groups
        ]

    def step(self) -> None:
        """The step of the own part, and the others' results."""
        import torch.distributed as dist

        for group, own in zip(self.param_groups, self._own.param_groups, strict=True):
            own.update({name: value for name, value in group.items() if name != "params"})
        self._own.step()
        sent = [
            dist.broadcast(weight.data, owner, async_op=True)
            for weight, owner in zip(self._weights, self._owners, strict=True)
        ]
        for one in sent:
            one.wait()

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all weights."""
        for weight in self._weights:
            weight.grad = None

    @property
    def state(self) -> Mapping[Any, Mapping[str, Any]]:
        """The state of the weights of this process."""
        return self._own.state  # type: ignore[no-any-return]

    def whole_state(self, *, saves: bool) -> dict[str, Any]:
        """The state of all weights on the CPU, as torch's optimizers have it; empty where it is not to be saved."""
        import torch.distributed as dist

        forms = [_form(self._own.state.get(weight)) for weight in self._weights]  # of one's own, and nothing else
        every: list[Any] = [None] * dist.get_world_size()
        dist.all_gather_object(every, forms)
        found = {
            number: self._sent(weight, owner, every[owner][number], saves=saves)
            for number, (weight, owner) in enumerate(zip(self._weights, self._owners, strict=True))
            if every[owner][number] is not None
        }
        return {"state": found, "param_groups": self._numbered()} if saves else {}

    def _sent(self, weight: Any, owner: int, form: Mapping[str, Any], *, saves: bool) -> dict[str, Any]:
        """The state of one weight, from the process that has it to all."""
        import torch
        import torch.distributed as dist

        found: dict[str, Any] = {}
        for name, told in form.items():
            if name == _STEP:
                found[name] = torch.tensor(told)
                continue
            mine = owner == self._rank
            value = self._own.state[weight][name] if mine else torch.empty(*told)
            sent = value.detach().to(weight.device)  # where it can be sent; it may be kept elsewhere
            dist.broadcast(sent, owner)
            if saves:
                found[name] = sent.to("cpu", copy=True)
        return found

    def _numbered(self) -> list[dict[str, Any]]:
        numbers = {id(weight): number for number, weight in enumerate(self._weights)}
        return [{**group, "params": [numbers[id(weight)] for weight in group["params"]]} for group in self.param_groups]

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Take the own part of a whole state."""
        for group, saved in zip(self.param_groups, state_dict["param_groups"], strict=True):
            group.update({name: value for name, value in saved.items() if name != "params"})
        mine = [number for number, owner in enumerate(self._owners) if owner == self._rank]
        order = {id(self._weights[number]): number for number in mine}
        own = [order[id(weight)] for group in self._own.param_groups for weight in group["params"]]
        places = iter(range(len(own)))
        groups = [{**group, "params": [next(places) for _ in group["params"]]} for group in self._own.param_groups]
        saved = state_dict["state"]
        state = {place: dict(saved[number]) for place, number in enumerate(own) if number in saved}
        self._own.load_state_dict({"state": state, "param_groups": groups})


def _form(state: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What others must know of a weight's state to take it: its step, and the shapes of what is float32."""
    if not state:
        return None
    return {name: float(value) if name == _STEP else tuple(value.shape) for name, value in state.items()}


def _owners(sizes: list[int], processes: int) -> list[int]:
    """Who keeps which weight: the largest first, each to the process that has least."""
    load, owners = [0] * processes, [0] * len(sizes)
    for number in sorted(range(len(sizes)), key=lambda number: (-sizes[number], number)):
        owners[number] = min(range(processes), key=lambda rank: (load[rank], rank))
        load[owners[number]] += sizes[number]
    return owners
