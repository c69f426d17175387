"""An optimizer in the machine's memory: nothing of it lies on the GPU, and it goes where one on the GPU goes."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from vtb.engine.optimizer import make_optimizer

pytestmark = [pytest.mark.engine, pytest.mark.gpu]
ALONE = SimpleNamespace(num_processes=1)


def steps(weight: Any, optimizer: Any, first: int, last: int) -> None:
    """Updates whose gradients depend on their number."""
    import torch

    for number in range(first, last):
        weight.grad = torch.randn(weight.shape, generator=torch.Generator().manual_seed(number)).to(weight)
        optimizer.step()
        optimizer.zero_grad()


def test_the_state_lies_in_memory_and_the_weights_on_the_gpu(tmp_path: Path) -> None:
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs an NVIDIA GPU")
    start = torch.randn(64, 32, generator=torch.Generator().manual_seed(1)).to("cuda", torch.bfloat16)
    near, away, again = (torch.nn.Parameter(start.clone()) for _ in range(3))
    here, there, resumed = (
        make_optimizer([weight], ALONE, rate=1e-4, decay=0.1, offload=offload)
        for weight, offload in ((near, False), (away, True), (again, True))
    )
    for weight, optimizer in ((near, here), (away, there)):
        steps(weight, optimizer, 0, 20)
    assert {value.device.type for value in there.state[away].values()} == {"cpu"}
    assert (away.device.type, away.dtype) == ("cuda", torch.bfloat16)
    torch.testing.assert_close(there.state[away]["precise"], here.state[near]["precise"].cpu(), rtol=1e-5, atol=1e-6)
    torch.save(there.state_dict(), tmp_path / "optimizer.pt")
    again.data.copy_(away.data)
    resumed.load_state_dict(torch.load(tmp_path / "optimizer.pt", map_location="cpu", weights_only=True, mmap=True))
    for weight, optimizer in ((away, there), (again, resumed)):
        steps(weight, optimizer, 20, 30)
    assert torch.equal(away, again)
    assert {value.device.type for value in resumed.state[again].values()} == {"cpu"}
