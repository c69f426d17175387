"""The rewards in TRL's own trainer, as docs/rewards.md shows it, on a model of a few thousand weights."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.engine

TRAIN = """
import json, sys
from vtb.engine.torchvision_cpu import allow_cpu_torchvision
allow_cpu_torchvision()
import datasets, torch, transformers
from tokenizers import Tokenizer, models, pre_tokenizers
from trl import GRPOConfig, GRPOTrainer
from vtb.rewards.engines import trl_reward

# Words that make right, wrong and unreadable answers; every word is a token.
words = ["<pad>", "<eos>", "Which", "?", "A", "B", "C", "1", "2", "<answer>", "</answer>"]
plain = Tokenizer(models.WordLevel({word: number for number, word in enumerate(words)}, unk_token="?"))
plain.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=plain, pad_token="<pad>", eos_token="<eos>")
torch.manual_seed(0)
model = transformers.Qwen2ForCausalLM(transformers.Qwen2Config(
    vocab_size=len(words), hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
    num_key_value_heads=2, max_position_embeddings=64, pad_token_id=0, eos_token_id=1, bos_token_id=None,
))
before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
row = {"prompt": "Which ?", "solution": "B", "question_type": "object_rel_distance_v1"}
arguments = GRPOConfig(
    output_dir=sys.argv[1], max_steps=2, per_device_train_batch_size=16, num_generations=16, max_completion_length=2,
    learning_rate=0.05, use_cpu=True, bf16=False, report_to="none", logging_steps=1, beta=0.0, seed=1,
)
trainer = GRPOTrainer(
    model, reward_funcs=trl_reward("vsi", "score=1,format=0.2"), args=arguments,
    train_dataset=datasets.Dataset.from_list([row] * 8), processing_class=tokenizer,
)
trainer.train()
logged = [row for row in trainer.state.log_history if "reward" in row]
change = max(float((tensor - before[name]).abs().max()) for name, tensor in model.state_dict().items())
print(json.dumps({"logged": logged, "change": change}))
"""


def test_two_steps_of_its_own_trainer(tmp_path: Path) -> None:
    env = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    line = [sys.executable, "-c", TRAIN, str(tmp_path)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert [row["step"] for row in found["logged"]] == [1, 2]
    for row in found["logged"]:
        assert row["rewards/vsi/mean"] == row["reward"]  # under the reward's own name
        assert 0 < row["reward"] <= 1.3
        assert row["reward_std"] > 0
    assert found["change"] > 0
