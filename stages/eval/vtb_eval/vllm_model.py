"""A vision-language model that answers all questions of a shard at once, through vLLM, with a LoRA or without."""

from __future__ import annotations

import importlib.util
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vtb.artifact.model_folder import read_json
from vtb.chat.said import CUT_OFF, STOPPED
from vtb.datasets.asked import Asked
from vtb.datasets.moving import as_metadata, moving
from vtb.engine.no_remote_code import forbid_remote_code
from vtb.engine.vision_language import load_processor
from vtb.errors import BadInput, NotAvailable, UsageProblem, VtbError
from vtb.geometry.as_trained import shown_in_training
from vtb.geometry.kind import has_geometry
from vtb.latent.tokens import read_latent_config
from vtb.media.image import decode_image
from vtb_eval.model import Generation, as_chat, as_told
from vtb_eval.prediction import Answer
from vtb_eval.questions import Question

log = logging.getLogger("vtb.eval")
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)  # that vLLM keeps room for
# It would tell its makers of every run, ask the hub for files, and log each of its steps where our result goes.
SETTINGS = {
    "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1", "VLLM_LOGGING_LEVEL": "WARNING",
    "VLLM_LOGGING_STREAM": "ext://sys.stderr",
}  # fmt: skip


def check_vllm(folders: Sequence[Path]) -> None:
    """Refuse what vLLM cannot do, before anything is loaded.

    Args:
        folders: the model's and, where there is one, the adapter's.

    Raises:
        NotAvailable: it is not installed.
        UsageProblem: its model runners know nothing of what the model does between its words.
    """
    for what, knows in (("thinks in latents", read_latent_config), ("looks at geometry", has_geometry)):
        if any(knows(folder) for folder in folders):
            raise UsageProblem(f"--backend vllm: {folders[-1]} {what}, which vLLM cannot: take transformers")
    if importlib.util.find_spec("vllm") is None:
        raise NotAvailable("--backend vllm needs vLLM, which is not installed: pip install 'vtb-train[vllm]'")


class VllmModel:
    """A model folder on the GPU of this process."""

    def __init__(self, model: Path, adapter: Path | None, generation: Generation) -> None:
        """Load everything; only safetensors, only local files, no code from the folder."""
        forbid_remote_code()
        os.environ.update({name: value for name, value in SETTINGS.items() if name not in os.environ})
        self._generation, self._processor = generation, load_processor(model, generation.max_pixels)
        shown = shown_in_training(model, adapter)
        self._seconds = shown is not None and shown.seconds
        size = dict(self._processor.image_processor.size)  # pixels of a whole picture, as transformers gets it
        self._engine, self._lora = _load(model, adapter, generation, size), _lora(adapter)

    def answer(self, questions: Sequence[Question], first: int) -> list[Answer]:
        """The answers, in the order of the questions; each has a seed of its own, whatever it is asked with."""
        prompts = [self._prompt(question) for question in questions]
        sampling = [self._sampling(first + number) for number in range(len(questions))]
        try:
            found = self._engine.generate(prompts, sampling, lora_request=self._lora, use_tqdm=False)
        except (MemoryError, VtbError):
            raise
        except Exception as error:  # its engine is a process of its own, whose end it tells in its own way
            raise NotAvailable(
                f"vLLM cannot answer: {error}; its own lines above say why: take transformers"
            ) from error
        said = [one.outputs[0] for one in found]
        return [Answer(one.text, CUT_OFF if one.finish_reason == "length" else STOPPED) for one in said]

    def _sampling(self, number: int) -> Any:
        """At temperature 0 nothing of the model's own settings is followed; else they hold."""
        how = self._generation
        sampling = self._engine.get_default_sampling_params()
        sampling.temperature, sampling.max_tokens = how.temperature, how.max_new_tokens
        sampling.seed = (how.seed + number) % 2**63
        return sampling

    def _prompt(self, question: Question) -> dict[str, Any]:
        text = self._processor.apply_chat_template(as_chat(question), add_generation_prompt=True)
        media = {**_pictures(question.shown), **self._clips(question.shown)}
        return {"prompt": text, **({"multi_modal_data": media} if media else {})}

    def _clips(self, shown: Sequence[Asked]) -> dict[str, Any]:
        """Frames that are chosen and scaled already, with the seconds that the model's training told."""
        clips = [as_told(one, seconds=self._seconds) for one in shown if one.kind != "image"]
        found = [moving(one, self._generation.max_pixels) for one in clips]
        told = [(one.frames, {**as_metadata(one), "do_sample_frames": False}) for one in found]
        return {"video": told} if told else {}


def _pictures(shown: Sequence[Asked]) -> dict[str, Any]:
    from PIL import Image

    found = [Image.fromarray(decode_image(one.files[0])) for one in shown if one.kind == "image"]
    return {"image": found} if found else {}


def _load(model: Path, adapter: Path | None, generation: Generation, size: Mapping[str, int]) -> Any:
    from vllm import LLM
    from vllm.platforms import current_platform

    if not current_platform.device_type:
        raise NotAvailable("--backend vllm: this machine has no usable NVIDIA GPU: take --backend transformers")
    log.info("loading %s with vLLM%s", model, f" and adapter {adapter}" if adapter else "")
    trial = current_platform.is_cpu()  # with its build for CPUs
    more: Mapping[str, Any] = {"enable_lora": True, "max_lora_rank": _room(adapter)} if adapter else {}
    try:
        return LLM(
            str(model),
            seed=generation.seed % 2**32,
            max_model_len=-1,  # as long as the memory allows
            dtype="float32" if trial else "bfloat16",
            enforce_eager=trial,
            load_format="safetensors",
            generation_config="vllm" if generation.temperature == 0 else "auto",
            mm_processor_kwargs={"images_kwargs": {"size": size}},
            **more,
        )
    except MemoryError:
        raise
    except Exception as error:  # it raises what it likes
        raise BadInput(f"{adapter or model}: vLLM cannot load it: {error}") from error


def _room(adapter: Path) -> int:
    """The smallest rank that vLLM keeps room for and that is enough."""
    content = read_json(adapter / "adapter_config.json")
    rank = content.get("r") if isinstance(content, dict) else None
    found = next((room for room in RANKS if isinstance(rank, int) and 0 < rank <= room), None)
    if found is None:
        raise BadInput(f"{adapter}: a LoRA of rank {rank}, and vLLM takes up to {RANKS[-1]}: merge it (vtb-train-vlm "
                       "merge)")  # fmt: skip
    return found


def _lora(adapter: Path | None) -> Any:
    from vllm.lora.request import LoRARequest

    return LoRARequest("adapter", 1, str(adapter)) if adapter else None
