"""Writes FSDP checkpoints as veRL does: ``python fsdp_writer.py [MODEL OUT HOW WORLD]...``, with gloo on the CPU.

HOW is ``fsdp1`` (SHARDED_STATE_DICT over a mesh), ``hsdp`` (the same, twice beside each other) or ``fsdp2``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from vtb.engine.torchvision_cpu import allow_cpu_torchvision

allow_cpu_torchvision()
from transformers import AutoModelForImageTextToText, PreTrainedModel  # noqa: E402


def main(words: list[str]) -> None:
    """All processes of each checkpoint in turn, forked so that the libraries are imported once."""
    AutoModelForImageTextToText.from_pretrained(words[0])  # its modules, too
    for at in range(0, len(words), 4):
        model, out, how, world = words[at : at + 4]
        mp.start_processes(write, (Path(model), Path(out), how, int(world)), nprocs=int(world), start_method="fork")


def write(rank: int, model: Path, out: Path, how: str, world: int) -> None:
    """One process."""
    torch.set_num_threads(1)
    dist.init_process_group("gloo", init_method=f"file://{out}/meet", rank=rank, world_size=world)
    loaded = AutoModelForImageTextToText.from_pretrained(model)
    state = fsdp2(loaded, world) if how == "fsdp2" else fsdp1(loaded, world, 2 if how == "hsdp" else 1)
    torch.save(state, out / f"model_world_size_{world}_rank_{rank}.pt")
    torch.save({"lr_scheduler": None}, out / f"extra_state_world_size_{world}_rank_{rank}.pt")
    if rank == 0:
        (out / "fsdp_config.json").write_text(json.dumps({"FSDP_version": 2 if how == "fsdp2" else 1}))
    dist.barrier()
    dist.destroy_process_group()


def layers(model: PreTrainedModel) -> list[torch.nn.Module]:
    """What is sharded by itself."""
    return [module for module in model.modules() if type(module).__name__.endswith("DecoderLayer")]


def fsdp1(model: PreTrainedModel, world: int, replicas: int) -> dict[str, Any]:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import (
        FullyShardedDataParallel,
        ShardedStateDictConfig,
        ShardingStrategy,
        StateDictType,
    )
    from torch.distributed.fsdp.wrap import ModuleWrapPolicy

    hybrid = replicas > 1
    mesh = init_device_mesh(
        "cpu", (replicas, world // replicas)[-1 - hybrid :], mesh_dim_names=("ddp", "fsdp")[-1 - hybrid :]
    )
    wrapped = FullyShardedDataParallel(
        model,
        device_mesh=mesh,
        sharding_strategy=ShardingStrategy.HYBRID_SHARD if hybrid else ShardingStrategy.FULL_SHARD,
        auto_wrap_policy=ModuleWrapPolicy({type(layer) for layer in layers(model)}),
        device_id=torch.device("cpu"),
    )
    with FullyShardedDataParallel.state_dict_type(
        wrapped, StateDictType.SHARDED_STATE_DICT, ShardedStateDictConfig(offload_to_cpu=True)
    ):
        return dict(wrapped.state_dict())


def fsdp2(model: PreTrainedModel, world: int) -> dict[str, Any]:
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import fully_shard

    mesh = init_device_mesh("cpu", (world,), mesh_dim_names=("fsdp",))
    for layer in layers(model):
        fully_shard(layer, mesh=mesh)
    fully_shard(model, mesh=mesh)
    return dict(model.state_dict())


if __name__ == "__main__":
    main(sys.argv[1:])
