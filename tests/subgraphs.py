"""Questions with small graphs of every awkward kind, and ways to play hopgym/KGSubgraph-v0 on them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
from gymnasium.spaces import GraphInstance

from hopgym.core import Fact, Question
from hopgym.envs.datasets.loaded import LoadedQuestions
from hopgym.envs.subgraph import make_env, make_vector_env
from hopgym.seeding import rng_for

ODD = ("", " ", "a | b", "a\nb", "\x00", "[x]", "\u202eabc", "東京", "e\u0301", "é", "\ud800", "😀")

NUMBERED = tuple(f"n{i}" for i in range(7))


def facts(*triples):
    """Facts written `"a r b"`."""
    return tuple(Fact(*triple.split()) for triple in triples)


def question(id, given, topics=(), answers=(), gold=(), text="Where does the author of a live?"):
    """A question; its answers are written as one text, and so are its topics."""
    topics, answers = (tuple(x.split()) if isinstance(x, str) else x for x in (topics, answers))
    return Question(
        id,
        text,
        answers or ("nothing",),
        facts=tuple(given),
        topic_entities=topics,
        answer_entities=answers,
        gold_facts=tuple(gold),
    )


CHAIN = question(
    "chain",
    facts("a author b", "b lives c", "a printer d", "d lives e", "b born c"),
    *("a", "c"),
    gold=(0, 1),
)
AUTHOR, PRINTER, BORN, LIVES, BEYOND = range(5)
"""The slots of `CHAIN`, whose facts are offered in the order of their names, as all are."""

AWKWARD = (
    CHAIN,
    question("parallel", facts("a r b", "a s b", "b r a", "b t c", "b u c"), "a", "c"),
    question("empty", (), "a", "c"),
    question("no topic", facts("a r b", "b r c"), (), "c"),
    question("topic outside", facts("a r b", "b r c"), "z", "c"),
    question("answer outside", facts("a r b", "b r c"), "a", "z y"),
    question("loops", facts("a r a", "a r b", "b s b", "b s b", "c r c"), "a", "b"),
    question("one", facts("a r b"), "a", "b"),
    question("one loop", facts("a r a"), "a", "a"),
    question("twice", facts("a r b", "a r b", "b s c", "b s c", "a r b"), "a a", "c c"),
    question("odd", [Fact(x, y, x[::-1]) for x, y in pairwise(ODD)], ODD[:6], ODD[6:]),
    question("many", facts(*(f"a r n{i}" for i in range(9))), "a", " ".join(NUMBERED)),
    question("topic is answer", facts("a r b", "b r c"), "a b", "b c"),
    question("no words", facts("a r b"), "a", "b", text="?"),
)


def question_set(*questions, name="toy"):
    """A set of these in one split, `train`."""
    return LoadedQuestions(name, {"train": questions})


TOY = question_set(*AWKWARD)


def random_question(seed, *, most=14):
    """A random graph of few entities: parallel facts, self-loops and repeated triples abound."""
    rng = rng_for(0, "subgraphs", seed)
    names = [f"e{i}" for i in range(int(rng.integers(1, 8)))]
    given = [
        Fact(str(rng.choice(names)), f"r{rng.integers(3)}", str(rng.choice(names)))
        for _ in range(int(rng.integers(0, most)))
    ]
    known = [*names, "outside"]
    topics, answers = (
        tuple(str(name) for name in rng.choice(known, int(rng.integers(1, 4)))) for _ in range(2)
    )
    gold = rng.choice(len(given), min(2, len(given)), replace=False) if seed % 2 and given else ()
    return question(f"random {seed}", given, topics, answers, map(int, gold))


RANDOM = question_set(*(random_question(seed) for seed in range(60)), name="random")


def large_question(count=5000):
    """A question with many facts, most of them far from its topic."""
    rng = rng_for(0, "subgraphs", "large", count)
    ends = rng.integers(0, count // 3, (count, 2))
    given = [Fact(f"e{h}", f"r{h % 37}", f"e{t}") for h, t in ends.tolist()]
    return question("large", given, (given[0].head,), (given[0].tail,))


def env(**keywords):
    """A single environment over the toy set."""
    return make_env(**{"questions": TOY, "observation": "padded", "top_k": 8} | keywords)


def vector(num_envs=2, **keywords):
    """A vector environment over the toy set."""
    return make_vector_env(
        num_envs, **{"questions": TOY, "observation": "padded", "top_k": 8} | keywords
    )


def slots(env, id, *places):
    """The slots of facts by their places among the question's."""
    offered = env.unwrapped.stage.places(id)
    return [offered.index(place) for place in places]


def at_once(*slots, room=8):
    """The action that selects these facts in one-shot play."""
    action = np.zeros(room, dtype=np.int8)
    action[list(slots)] = 1
    return action


def turned(question, order):
    """The same question with its facts in another order in the file."""
    at = {place: new for new, place in enumerate(order)}
    return replace(
        question,
        facts=tuple(question.facts[place] for place in order),
        gold_facts=tuple(at[place] for place in question.gold_facts),
    )


def begin(env, id):
    """Begin a question in a single environment."""
    return env.reset(seed=0, options={"question_id": id})


def random_action(rng, env, *, valid=True):
    """An action as random as the mask allows, or one that does not look at it."""
    facts, mask = env.unwrapped.stage.settings.top_k, env.unwrapped.action_masks()
    if env.unwrapped.stage.settings.mode == "one_shot":
        wanted = rng.integers(0, 2, facts).astype(np.int8)
        return wanted * mask[1::2] if valid else wanted
    return int(rng.choice(np.flatnonzero(mask)) if valid else rng.integers(facts + 1))


def play(env, rng, *, valid=True, **reset):
    """Play an episode at random; returns the rewards and the last info."""
    env.reset(**reset)
    rewards, over = [], False
    while not over:
        _, reward, terminated, truncated, info = env.step(random_action(rng, env, valid=valid))
        rewards.append(reward)
        over = terminated or truncated
    return rewards, info


def plain(value):
    """Return anything that an environment returns as nested tuples of bytes, to be compared."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        return str(value.dtype), value.shape, value.tobytes()
    if isinstance(value, GraphInstance | tuple | list | np.ndarray):
        return tuple(plain(part) for part in value)
    if isinstance(value, dict):
        return tuple((key, plain(value[key])) for key in sorted(value))
    return type(value).__name__, repr(value)
