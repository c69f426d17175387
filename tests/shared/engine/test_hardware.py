"""Which GPUs there are, by the word of the driver's own tool."""

from __future__ import annotations

from pathlib import Path

import pytest

from vtb.engine import hardware
from vtb.engine.hardware import choose_device, gpu_count
from vtb.errors import NotAvailable

TWO = "GPU 0: NVIDIA H100 (UUID: GPU-1)\nGPU 1: NVIDIA H100 (UUID: GPU-2)"
SLICE = "GPU 0: NVIDIA H100 (UUID: GPU-1)\n  MIG 1g.10gb     Device  0: (UUID: MIG-1)"


@pytest.fixture
def tool(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder where the only tools are; at first none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setattr(hardware, "DEVICES", tmp_path)
    return tmp_path / "nvidia-smi"


def says(tool: Path, lines: str, code: int = 0) -> None:
    tool.write_text(f"#!/bin/sh\necho '{lines}'\nexit {code}\n")
    tool.chmod(0o755)


@pytest.mark.parametrize("visible", [None, "0", "0,1"])
def test_without_a_driver_there_is_none_whatever_the_environment_says(
    visible: str | None, tool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if visible:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpu_count() == 0
    assert choose_device("auto") == "cpu"
    with pytest.raises(NotAvailable, match="no usable NVIDIA GPU: take --device cpu, or a GPU machine") as caught:
        choose_device("cuda")
    assert caught.value.exit_code == 4


@pytest.mark.parametrize(
    ("lines", "visible", "count"),
    [(TWO, None, 2), (TWO, "1", 1), (TWO, "", 0), (TWO, "-1", 0), (SLICE, None, 1), (SLICE, "MIG-1", 1)],
)
def test_gpus_are_those_that_the_driver_lists_and_the_process_may_see(
    lines: str, visible: str | None, count: int, tool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(tool, lines)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    assert gpu_count() == count
    assert choose_device("auto") == ("cuda" if count else "cpu")
    assert choose_device("cpu") == "cpu"


def test_devices_without_the_tool_count(tool: Path) -> None:
    for name in ("nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm"):
        (tool.parent / name).touch()
    assert gpu_count() == 2


def test_a_driver_that_does_not_answer_has_none(tool: Path) -> None:
    says(tool, "NVIDIA-SMI has failed because it could not communicate with the NVIDIA driver", code=9)
    assert gpu_count() == 0
