"""Engine arguments and variables that would break what the stage promises, and what to do instead.

One table for the command line and the engine config file. The engine's parser takes any unambiguous beginning of a
name for the name, so beginnings are refused like the names.
"""

from __future__ import annotations

from vtb.errors import UsageProblem

_SET = "is set by the stage"
_RESUME = "is the stage's to say, which continues from its own checkpoints: run the same command again"
_DATA = "would train on other data than the manifest says: give --input"
_KEPT = "would leave no checkpoint to continue from"
_STOPS = "would make a continued run differ: its count is in no checkpoint"
_LAYERS = "would make a continued run differ: which layers it trains is in no checkpoint"

# Why an argument is refused, by name.
ARGUMENTS = {
    # where the stage looks for what the engine writes
    "output_dir": _SET,
    "add_version": _SET,
    "logging_dir": _SET,
    "logging_strategy": _SET,
    # what is trained, on what; other than these, the artifact would not be what its manifest says
    "model": f"{_SET}: give --model",
    "tuner_type": f"{_SET}: give --tuner",
    "adapters": "would start from an adapter that the manifest does not name: give a merged model as --model",
    "dataset": _DATA,
    "val_dataset": _DATA,
    "cached_dataset": _DATA,
    "cached_val_dataset": _DATA,
    "custom_dataset_info": _DATA,
    "load_args": "would change options behind the stage's back: give them here",
    "load_data_args": _DATA,
    "streaming": "would make a continued run start its data anew",
    # how completions are rewarded
    "rlhf_type": _SET,
    "reward_funcs": f"{_SET}: give --reward",
    "reward_weights": f"{_SET}: give --reward-weights",
    "reward_model": "would reward by a model that the manifest does not name",
    "num_generations": f"{_SET}: give --generations",
    "use_vllm": f"{_SET}: give --rollout",
    "vllm_mode": f"{_SET}: give --rollout",
    # whole checkpoints, every --save-steps steps, of which the last one is the artifact
    "save_strategy": f"{_KEPT}: give --save-steps",
    "save_steps": f"{_SET}: give --save-steps",
    "save_only_model": _KEPT,
    "save_total_limit": _SET,
    "use_flash_ckpt": "would write checkpoints behind the stage's back",
    "load_best_model_at_end": "would not change the artifact, which is the last step's model",
    "create_checkpoint_symlink": _SET,
    # going on after a stop
    "enable_jit_checkpoint": "would take SIGTERM from the stage",
    "resume_from_checkpoint": _RESUME,
    "resume_only_model": _RESUME,
    "ignore_data_skip": _RESUME,
    "early_stop_interval": _STOPS,
    "lisa_activated_layers": _LAYERS,
    "auto_find_batch_size": "would make a continued run differ: give a smaller --batch-size",
    # the network
    "check_model": "would ask a hub",
    "eval_dataset": "would ask a hub: use vtb-eval",
    "push_to_hub": "would leave the machine: upload the artifact when it is done",
}
# Names of the engine's own that are beginnings of names in the table.
_OTHERS = ("stream",)
# What these may still say.
_HARMLESS = {"check_model": ["false"], "streaming": ["false"], "save_only_model": ["false"], "add_version": ["false"],
             "load_best_model_at_end": ["false"], "push_to_hub": ["false"], "lisa_activated_layers": ["0"]}  # fmt: skip
# Values that are refused, of arguments that may be given.
VALUES = {
    ("callbacks", "early_stop"): _STOPS,
    ("callbacks", "lisa"): _LAYERS,
    ("callbacks", "graceful_exit"): "would take SIGTERM from the stage",
}

# Variables by which the stage talks to the engine, and keeps it offline and away from other people's code.
VARIABLES = (
    "VTB_STOP_FILE", "VTB_TRAIN_LOG", "ROOT_IMAGE_DIR", "HF_HUB_OFFLINE", "HF_DATASETS_OFFLINE", "USE_HF",
    "PYTHONPATH", "PYTHONSAFEPATH", "PYTHONSTARTUP", "PYTHONHOME", "PYTHONHASHSEED", "LD_PRELOAD", "LD_LIBRARY_PATH",
    "RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "NPROC_PER_NODE", "NNODES",
)  # fmt: skip


def check_argument(name: str, values: list[str] | None, where: str) -> None:
    """Refuse an argument of the table.

    Args:
        name: With underscores; what the parser reads as one word.
        values: What it is given; None takes an argument of ours away.
        where: Where the user wrote it, for the message.

    Raises:
        UsageProblem: It is in the table, or could be read as one that is.
    """
    known = name if name in ARGUMENTS else next((full for full in ARGUMENTS if full.startswith(name)), None)
    if (
        known is None
        or name in _OTHERS
        or (values is not None and [value.lower() for value in values] == _HARMLESS.get(known))
    ):
        return
    raise UsageProblem(f"engine argument {name} ({where}) {ARGUMENTS[known]}")


def check_value(name: str, value: str) -> None:
    """Refuse a value of the table of values."""
    why = VALUES.get((name, value))
    if why is not None:
        raise UsageProblem(f"engine argument {name} {value} {why}")


def check_variable(name: str, where: str) -> None:
    """Refuse a variable in an engine config's ``ENV`` that the stage sets itself."""
    if name in VARIABLES or name.startswith("PET_"):
        raise UsageProblem(f"variable {name} ({where}) is set by the stage and cannot be changed")
