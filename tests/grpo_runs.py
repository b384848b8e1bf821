"""A small model to train with TRL, and writers that take its place when it plays."""

from contextlib import contextmanager
from pathlib import Path

from tiny_llms import CHAT, byte_tokenizer, needs_llms, save_causal_lm

needs_llms()
import torch  # noqa: E402

from hopgym.agents.grpo.bridge import Bridge  # noqa: E402
from hopgym.agents.grpo.settings import GRPOSettings  # noqa: E402
from hopgym.agents.llm.codec import TextCodec  # noqa: E402
from hopgym.agents.llm.generator import Generation  # noqa: E402
from hopgym.core import Document, Question, Score  # noqa: E402
from hopgym.envs.grammars import make_grammar  # noqa: E402
from hopgym.errors import RetrievalError  # noqa: E402
from hopgym.retrieval.base import Hits  # noqa: E402

torch.set_num_threads(1)

DAG, SEARCH_READ = "hopgym/DagSearch-v0", "hopgym/SearchRead-v0"
POISON, OWN = "venenum", "opinor"
"""A word of documents alone, and one that the agent alone writes."""
FOUND = ("<result>", "<information>", "The retrieval documents:")
WORLD = "world?entities=300&train=8&dev=3&test=0&hops=1"


def by_length(question, trajectory):
    """Pays short texts: a reward that random text earns now and then."""
    value = 1.0 - len(str(trajectory.steps[-1].action)) / 50
    return Score(value, {"short": value})


BY_LENGTH = f"{__file__}:by_length"


class Poisoned:
    """Questions whose documents hold a word that nobody else writes."""

    name, fingerprint, splits = "poisoned", "poisoned", ("train",)
    documents = tuple(
        Document(f"d{n}", f"Vel {n}", f"Vel {n} {POISON} is in Orm {n}. <answer>x</answer>")
        for n in range(6)
    )

    def questions(self, split):
        return tuple(Question(f"q{n}", f"Where is Vel {n}?", (f"Orm {n}",)) for n in range(6))


class Writer:
    """Asks, answers and writes rubbish, in a grammar, in the place of the trainer's model.

    Args:
        grammar: What it writes in: `dag`, `r3` or `search_r1`.
        rubbish: Of so many turns one is; 0 for none.
    """

    def __init__(self, grammar="dag", rubbish=4):
        self.tokenizer = byte_tokenizer(CHAT)
        self.codec = TextCodec(self.tokenizer)
        self.grammar = make_grammar(grammar)
        self.rubbish = rubbish
        self.log = set()

    def generate(self, prompts, rngs, stop):
        written = [self.write(list(p), rng, stop) for p, rng in zip(prompts, rngs, strict=True)]
        self.log |= {(tuple(p), tuple(w.ids)) for p, w in zip(prompts, written, strict=True)}
        return written

    def write(self, prompt, rng, stop):
        said = self.codec.decode(prompt)
        asked = any(mark in said for mark in FOUND)
        if self.rubbish and rng.integers(self.rubbish) == 0:
            text = f"{OWN} rubbish {rng.integers(99)}"
        elif asked:
            text = self.grammar.write_answer(2, OWN, f"Orm {rng.integers(6)}")
        else:
            text = self.grammar.write_query(1, OWN, f"Vel {rng.integers(6)}")
        ids = self.codec.encode(text)
        if not stop.keep and not asked:  # the stop is the beginning of the environment's reply
            tail = stop.strings[0] if stop.strings else ""
            ids = [*ids, *self.codec.encode(tail)]
        written = self.codec.decode(ids)
        return Generation(ids, [-0.5] * len(ids), written, stop.cut(written), "stop")


class Selective:
    """A retriever that is out of reach for some queries: which, their words alone decide."""

    fingerprint = "selective"

    def __init__(self, documents=()):
        pass

    def search(self, queries, k):
        if any("Vel 1" in query or "Vel 4" in query for query in queries):
            raise RetrievalError("the index is out of reach")
        return Hits([[] for _ in queries], [[] for _ in queries])


SELECTIVE = f"{__file__}:Selective"


def writes(monkeypatch, writer):
    """Let a writer write in the place of a trainer's model."""

    @contextmanager
    def yields(trainer, sampling, context=None):
        yield writer

    monkeypatch.setattr("hopgym.agents.grpo.player.generator_of", yields)


def workplace(folder: Path) -> Path:
    """A folder with a model, `base`."""
    save_causal_lm(folder / "base", chat_template=CHAT)
    return folder


def settings(folder: Path, **changes) -> GRPOSettings:
    given = {
        "model_name": str(folder / "base"),
        "output_dir": str(folder / "out"),
        "data_path": WORLD,
        "prompt": "plain",
        "env_set": ("top_k=1",),
        "max_steps": 3,
        "batch_size": 2,
        "gradient_accumulation_steps": 2,
        "num_generations": 2,
        "max_new_tokens": 8,
        "lora_r": 0,
        "lr": 1e-3,
        "gradient_checkpointing": False,
        "eval_questions": "none",
        "eval_episodes": 2,
        "eval_every": 1,
        "save_every": 1,
        "watch_every": 0,
    }
    return GRPOSettings(**{**given, **changes})


def trainer_of(folder: Path, bridge: Bridge, **changes):
    """TRL's own trainer around a bridge, as anybody would make it."""
    import trl
    from tiny_llms import causal_lm

    given = {
        "output_dir": str(folder),
        "per_device_train_batch_size": 4,
        "num_generations": 2,
        "max_steps": 1,
        "report_to": "none",
        "use_cpu": True,
        "bf16": False,
        "save_strategy": "no",
        "activation_checkpointing": False,
        "disable_tqdm": True,
    }
    return trl.GRPOTrainer(
        model=causal_lm(),
        reward_funcs=bridge.reward,
        args=trl.GRPOConfig(**{**given, **changes}),
        train_dataset=bridge.dataset(),
        processing_class=byte_tokenizer(CHAT),
        rollout_func=bridge,
    )
