"""A tokenizer with a tool-calling chat template, and policies that a script plays, for TRL."""

import copy
import json

from tiny_llms import byte_tokenizer, causal_lm

TEMPLATE = (
    "{% if tools %}<|im_start|>system\n{% for t in tools %}{{ t | tojson }}\n{% endfor %}<|im_end|>\n"
    "{% endif %}{% for m in messages %}<|im_start|>{{ m.role }}\n"
    "{% if m.role == 'tool' %}<tool_response>\n{{ m.content }}\n</tool_response>"
    "{% else %}{{ m.content }}{% endif %}"
    "{% for c in m.tool_calls or [] %}<tool_call>\n"
    '{"name": "{{ c.function.name }}", "arguments": {{ c.function.arguments | tojson }}}'
    "\n</tool_call>{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
RESPONSE = {
    "defaults": {"role": "assistant"},
    "start_anchor": "<|im_start|>assistant\n",
    "fields": {
        "tool_calls": {
            "open": "<tool_call>",
            "close_pattern": r"</tool_call>\s*",
            "repeats": True,
            "content": "json",
            "transform": {"type": "function", "function": "{content}"},
        },
        "content": {"close_pattern": r"<\|im_end\|>\s*", "content": "text"},
    },
}
CONTROL = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"]


def tool_tokenizer(template=TEMPLATE):
    """The tiny tokenizer, whose tags of tools are tokens of their own, as Qwen's are."""
    tokenizer = copy.deepcopy(byte_tokenizer())
    tokenizer.add_tokens(CONTROL)
    tokenizer.chat_template = template
    tokenizer.response_template = RESPONSE
    tokenizer.padding_side = "left"
    return tokenizer


def call(name, **arguments):
    """Write a tool call as the template does."""
    return f"<tool_call>\n{json.dumps({'name': name, 'arguments': arguments})}\n</tool_call>"


def grpo_trainer(folder, factory, rows, **changes):
    """TRL's own trainer with a random model, on the CPU."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    tokenizer = tool_tokenizer()
    model = causal_lm("qwen3", tokenizer=tokenizer)
    model.config.max_position_embeddings = 8_192
    settings = {
        "per_device_train_batch_size": 4,
        "num_generations": 4,
        "max_steps": 1,
        "max_completion_length": 4_096,
        "use_cpu": True,
        "bf16": False,
        "save_strategy": "no",
        "logging_steps": 1,
        "disable_tqdm": True,
        "shuffle_dataset": False,
    }
    return GRPOTrainer(
        model=model,
        args=GRPOConfig(output_dir=str(folder), **{**settings, **changes}),
        train_dataset=Dataset.from_list(rows),
        processing_class=tokenizer,
        environment_factory=factory,
    )


def follow_scripts(trainer, scripts):
    """Let the model say what scripts say, one for each rollout; return the prompts it was given.

    The first call is for all rollouts, in their order; later ones are for those that go on, which
    are told apart by what they said before.
    """
    tokenizer, prompts, turns = trainer.processing_class, [], [0] * len(scripts)

    def speakers(texts):
        left = [n for n in range(len(scripts)) if 0 < turns[n] < len(scripts[n])]
        for text in texts:
            said = [n for n in left if all(part in text for part in scripts[n][: turns[n]])]
            left.remove(said[0])
            yield said[0]

    def generate(prompt_ids, *_, **__):
        texts = [tokenizer.decode(ids) for ids in prompt_ids]
        playing = list(speakers(texts)) if prompts else list(range(len(scripts)))
        prompts.extend(texts)
        said = [scripts[n][turns[n]] + "<|im_end|>" for n in playing]
        for n in playing:
            turns[n] += 1
        return [tokenizer.encode(text) for text in said], None

    trainer._generate_single_turn = generate
    return prompts


def capture(trainer):
    """Keep what the trainer makes of each batch of rollouts."""
    kept, original = [], trainer._generate_and_score_completions

    def keep(inputs):
        kept.append(original(inputs))
        return kept[-1]

    trainer._generate_and_score_completions = keep
    return kept


def unpadded(output, n):
    """Return one rollout's completion and the tokens that get loss."""
    kept = output["completion_mask"][n].bool()
    mask = output["tool_mask"][n].bool() & kept
    return output["completion_ids"][n][kept].tolist(), output["completion_ids"][n][mask].tolist()


def model_parameters(trainer):
    return {name: value.detach().clone() for name, value in trainer.model.named_parameters()}
