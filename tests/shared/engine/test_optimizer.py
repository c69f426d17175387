"""The optimizer of our trainings: nothing lost in half precision, and its state shared out among processes."""

from __future__ import annotations

import copy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from two_processes import in_two_processes
from vtb.engine.optimizer import make_optimizer

pytestmark = pytest.mark.engine
ALONE = SimpleNamespace(num_processes=1)
SHARED = """
import sys, torch, torch.distributed as dist
from accelerate import Accelerator
sys.path.insert(0, sys.argv[1])
from test_optimizer import groups_of, toy, train
from vtb.engine.optimizer import make_optimizer, whole_state
from vtb.engine.own_process import leave

accelerator = Accelerator(cpu=True)
weights = toy(sys.argv[3])
offload = sys.argv[4] == "offload"
optimizer = make_optimizer(groups_of(weights), accelerator, rate=1e-3, decay=0.1, offload=offload)
train(weights, optimizer, 0, 3)
held = sum(tensor.numel() for state in optimizer.state.values() for tensor in state.values() if tensor.ndim)
state = whole_state(optimizer, saves=True)
torch.save(state, f"{sys.argv[2]}/state-{dist.get_rank()}.pt")
again = toy(sys.argv[3])
for one, other in zip(again, weights):
    one.data.copy_(other.data)
resumed = make_optimizer(groups_of(again), accelerator, rate=1e-3, decay=0.1, offload=offload)
resumed.load_state_dict(torch.load(f"{sys.argv[2]}/state-{dist.get_rank()}.pt", weights_only=True))
train(again, resumed, 3, 6)
train(weights, optimizer, 3, 6)
torch.save({"held": held, "weights": weights, "again": again}, f"{sys.argv[2]}/{dist.get_rank()}.pt")
accelerator.end_training()
leave()
"""

EXCHANGED = """
import sys, torch, torch.distributed as dist
from accelerate import Accelerator
from vtb.engine.optimizer import make_optimizer, whole_state
from vtb.engine.own_process import leave
from vtb.engine.together import how_together

accelerator = Accelerator(cpu=True, kwargs_handlers=how_together())
torch.manual_seed(0)
model = torch.nn.Sequential(torch.nn.Linear(4, 4), torch.nn.Linear(4, 2)).bfloat16()
weights, offload = list(model.parameters()), sys.argv[2] == "offload"
optimizer = make_optimizer(weights, accelerator, rate=1e-2, decay=0.0, offload=offload)
module = accelerator.prepare(model)
found = []
for number in range(4):
    if number == 2:
        states = [whole_state(optimizer, saves=True)]
        optimizer.load_state_dict(states[0])
    own = torch.full((1, 4), float(1 + number + accelerator.process_index)).bfloat16()
    accelerator.backward(module(own).float().sum())
    found.append([weight.grad.detach().clone() for weight in weights])
    optimizer.step()
    optimizer.zero_grad()
torch.save({"gradients": found, "weights": weights}, f"{sys.argv[1]}/{dist.get_rank()}.pt")
leave()
"""


def toy(kind: str) -> list[Any]:
    """Four weights."""
    import torch

    made = torch.Generator().manual_seed(1)
    return [torch.nn.Parameter(torch.randn(6, 8, generator=made).to(getattr(torch, kind))) for _ in range(4)]


def groups_of(weights: list[Any]) -> list[dict[str, Any]]:
    """Two, of which the first is one weight, so that one process has none of it."""
    return [{"params": weights[:1], "lr": 3e-3}, {"params": weights[1:], "weight_decay": 0.0}]


def train(weights: list[Any], optimizer: Any, first: int, last: int) -> None:
    """Updates whose gradients depend on their number."""
    import torch

    for number in range(first, last):
        made = torch.Generator().manual_seed(number)
        for weight in weights:
            weight.grad = torch.randn(weight.shape, generator=made).to(weight.dtype)
        optimizer.step()
        optimizer.zero_grad()


def test_as_torch_has_it() -> None:
    import torch

    ours, theirs = toy("float32"), toy("float32")
    train(ours, make_optimizer(ours, ALONE, rate=1e-3, decay=0.1), 0, 5)
    train(theirs, torch.optim.AdamW(theirs, lr=1e-3, weight_decay=0.1), 0, 5)
    assert all(torch.equal(one, other) for one, other in zip(ours, theirs, strict=True))


def test_small_steps_add_up_in_half_precision() -> None:
    """A hundred steps of 1e-4: torch's own loses most of them, ours ends where float32 does, but for one rounding."""
    import torch

    ours, theirs = torch.nn.Parameter(torch.ones(1, dtype=torch.bfloat16)), torch.nn.Parameter(torch.ones(1).bfloat16())
    optimizers = [make_optimizer([ours], ALONE, rate=1e-4, decay=0), torch.optim.AdamW([theirs], 1e-4, weight_decay=0)]
    for _ in range(100):
        for weight, optimizer in zip((ours, theirs), optimizers, strict=True):
            weight.grad = torch.ones_like(weight)
            optimizer.step()
    assert float(theirs.detach()) == 1.0
    assert float(ours.detach()) == pytest.approx(0.99, abs=0.002)
    assert ours.dtype is torch.bfloat16


@pytest.mark.parametrize("offload", [False, True])
def test_goes_on_from_its_state_to_the_bit(offload: bool) -> None:
    import torch

    weights = toy("bfloat16")
    optimizer = make_optimizer(weights, ALONE, rate=1e-4, decay=0.1, offload=offload)
    train(weights, optimizer, 0, 3)
    again = [torch.nn.Parameter(weight.detach().clone()) for weight in weights]
    resumed = make_optimizer(again, ALONE, rate=1e-4, decay=0.1, offload=offload)
    resumed.load_state_dict(copy.deepcopy(optimizer.state_dict()))  # tensors would be shared
    for each, own in ((weights, optimizer), (again, resumed)):
        train(each, own, 3, 40)
    assert all(torch.equal(one, other) for one, other in zip(weights, again, strict=True))


def test_offloaded_steps_are_the_same() -> None:
    """They are made by another kernel, which rounds otherwise in the last place of float32, seldom seen in bfloat16."""
    import torch

    near, away = toy("bfloat16"), toy("bfloat16")
    optimizers = [make_optimizer(groups_of(near), ALONE, rate=1e-3, decay=0.1, offload=False),
                  make_optimizer(groups_of(away), ALONE, rate=1e-3, decay=0.1, offload=True)]  # fmt: skip
    for weights, optimizer in zip((near, away), optimizers, strict=True):
        train(weights, optimizer, 0, 40)
    for one, other in zip(near, away, strict=True):
        ours, theirs = optimizers[0].state[one]["precise"], optimizers[1].state[other]["precise"]
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-7)


def test_where_all_is_float32_there_is_nothing_to_offload() -> None:
    import torch

    near, away = toy("float32"), toy("float32")
    for weights, offload in ((near, False), (away, True)):
        train(weights, make_optimizer(groups_of(weights), ALONE, rate=1e-3, decay=0.1, offload=offload), 0, 9)
    assert all(torch.equal(one, other) for one, other in zip(near, away, strict=True))


def test_nothing_of_the_state_stays_in_the_file_it_was_read_from(tmp_path: Path) -> None:
    """Of a large model the file is mapped into memory, and may be written again while training goes on."""
    import torch

    weights = toy("bfloat16")
    optimizer = make_optimizer(weights, ALONE, rate=1e-4, decay=0.1, offload=True)
    train(weights, optimizer, 0, 3)
    torch.save(optimizer.state_dict(), tmp_path / "optimizer.pt")
    found = torch.load(tmp_path / "optimizer.pt", weights_only=True, mmap=True)
    optimizer.load_state_dict(found)
    mapped = {value.data_ptr() for state in found["state"].values() for value in state.values()}
    assert len(mapped) > 8
    assert not mapped & {value.data_ptr() for state in optimizer.state.values() for value in state.values()}


@pytest.mark.parametrize(("kind", "offload"), [("float32", False), ("bfloat16", False), ("bfloat16", True)])
def test_two_processes_hold_half_of_the_state_each(kind: str, offload: bool, tmp_path: Path) -> None:
    """They end where one process ends, and they, or one alone, go on from what they save."""
    import torch

    script = tmp_path / "shared.py"
    script.write_text(SHARED)
    in_two_processes(script, str(Path(__file__).parent), str(tmp_path), kind, "offload" if offload else "no")
    alone = toy(kind)
    optimizer = make_optimizer(groups_of(alone), ALONE, rate=1e-3, decay=0.1, offload=offload)
    train(alone, optimizer, 0, 6)
    one = toy(kind)
    resumed = make_optimizer(groups_of(one), ALONE, rate=1e-3, decay=0.1, offload=offload)
    train(one, resumed, 0, 3)  # their weights are the same by then
    resumed.load_state_dict(torch.load(tmp_path / "state-1.pt", weights_only=True))
    train(one, resumed, 3, 6)
    assert all(torch.equal(each, other) for each, other in zip(one, alone, strict=True))
    whole = sum(value.numel() for state in optimizer.state.values() for value in state.values() if value.ndim)
    for rank in range(2):
        found = torch.load(tmp_path / f"{rank}.pt", weights_only=True)
        assert found["held"] == whole / 2
        for name in ("weights", "again"):
            assert all(torch.equal(one, other) for one, other in zip(found[name], alone, strict=True))


@pytest.mark.parametrize("offload", ["no", "offload"])
def test_processes_exchange_gradients_of_half_precision_after_every_step(offload: str, tmp_path: Path) -> None:
    """A weight that is another tensor for the time of a step is no longer known to what exchanges gradients."""
    import torch

    (tmp_path / "exchanged.py").write_text(EXCHANGED)
    in_two_processes(tmp_path / "exchanged.py", str(tmp_path), offload)
    one, other = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    assert all(torch.equal(own, theirs) for own, theirs in zip(one["weights"], other["weights"], strict=True))
    for number, (own, theirs) in enumerate(zip(one["gradients"], other["gradients"], strict=True)):
        assert all(torch.equal(mine, yours) for mine, yours in zip(own, theirs, strict=True))
        seen = own[1][:, None] * (1.5 + number)  # the bias' own times what both are shown, on average
        torch.testing.assert_close(own[0], seen.expand(4, 4), rtol=0.03, atol=1e-3)
