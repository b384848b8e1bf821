"""Your own GRPO script: TRL's trainer, as you know it, on a hopgym environment.

`python examples/grpo_script.py` trains the built-in small policy for some steps on a CPU. The three
lines that are hopgym's are marked. `hopgym train grpo` does the same with a curriculum, held-out
questions, a guard, resuming and more.
"""

from tempfile import TemporaryDirectory

from trl import GRPOConfig, GRPOTrainer

from hopgym.agents.grpo import Bridge
from hopgym.agents.llm.loading import load_model
from hopgym.agents.tiny.policy import CHECKPOINT

bridge = Bridge(  # hopgym: the environment, its questions, and how the model is asked
    "hopgym/SearchRead-v0",
    questions="world?entities=300&hops=1-2&train=40&dev=0&test=0",
    env_kwargs={"reward": "r3_seed", "top_k": 2},
    max_new_tokens=96,
)
model, tokenizer = load_model(CHECKPOINT, dtype="float32", device="cpu")

with TemporaryDirectory() as folder:
    trainer = GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=bridge.dataset(),  # hopgym: a row for each question
        rollout_func=bridge,  # hopgym: plays whole episodes, and masks what it did not write
        reward_funcs=bridge.reward,  # hopgym: what the environment paid; add your own beside it
        args=GRPOConfig(
            output_dir=folder,
            max_steps=3,
            per_device_train_batch_size=8,
            num_generations=4,
            learning_rate=1e-5,
            logging_steps=1,
            use_cpu=True,
            bf16=False,
            disable_tqdm=True,
        ),
    )
    trainer.train()

for line in trainer.state.log_history:
    if "reward" in line:
        told = f"reward {line['reward']:.2f}  exact match {line['em']:.2f}"
        print(f"step {line['step']}: {told}  searches {line['queries_per_episode']:.2f}")
