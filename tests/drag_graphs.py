"""Small questions as batches for D-RAG's retriever, and small retrievers to score them."""

from dataclasses import replace
from functools import cache

import torch
from subgraphs import AWKWARD, CHAIN, facts, question

from hopgym.agents.drag.encoder import HashingTokens
from hopgym.agents.drag.graphs import GraphBatch
from hopgym.agents.drag.retriever import Retriever, RetrieverSettings
from hopgym.agents.drag.states import RelationTable, TokenStates
from hopgym.core import Fact
from hopgym.envs.datasets import make_questions
from hopgym.envs.subgraph.case import Compiler
from hopgym.envs.subgraph.features import Likeness
from hopgym.envs.subgraph.offered import make_chooser
from hopgym.retrieval.encoders import make_encoder

DIM, HIDDEN = 24, 16
TOKENS = TokenStates(HashingTokens(dim=DIM))
RELATIONS = RelationTable(TOKENS)
SCORERS = ("drag", "drag+dde", "mlp")

WIDE = question(
    "wide",
    facts("a born x", "a died x", "a knows b", "b born y", "b died z", "c knows a", "z in y"),
    *("a", "y"),
    gold=(2, 3),
    text="Where was the one whom a knows born?",
)
LONG = question(
    "long",
    facts("p printer q", "q lives r", "p lives s", "s in r"),
    *("p", "r"),
    gold=(0, 1),
    text="In which town of the whole wide world does the printer of all those books by p live?",
)


def compiled(*questions, top_k=64):
    """Cases, as the environment makes them."""
    compiler = Compiler(make_chooser("ppr"), top_k, Likeness(make_encoder("hashing?dim=8")))
    return [compiler(each) for each in questions]


def batch_of(*questions, names=True):
    """A batch of questions; names are read too, so that every scorer can take it."""
    return GraphBatch.of(compiled(*questions), TOKENS, RELATIONS, names=names)


def retriever(seed=0, **changes):
    """A small one, in evaluation."""
    sizes = {"encoder_dim": DIM, "hidden": HIDDEN, "instructions": 2, "layers": 2, "iterations": 2}
    return Retriever(RetrieverSettings(**{**sizes, **changes}), seed=seed).eval()


def logits(model, *questions):
    """The logits of questions, in one batch."""
    with torch.no_grad():
        return model(batch_of(*questions)).logits


def by_fact(model, given):
    """The logits of one question, by its facts, whatever their order in the batch."""
    (case,) = compiled(given)
    return dict(zip(case.offer.facts, logits(model, given).tolist(), strict=True))


def renamed(given, names):
    """The same question with other names for its entities; its text stays."""
    return replace(
        given,
        facts=tuple(renamed_fact(fact, names) for fact in given.facts),
        topic_entities=tuple(map(names, given.topic_entities)),
        answer_entities=tuple(map(names, given.answer_entities)),
    )


def renamed_fact(fact, names):
    """The same for a fact."""
    return Fact(names(fact.head), fact.relation, names(fact.tail))


@cache
def world_cases(count, split="train"):
    """Questions of two hops."""
    questions = make_questions("world?hops=2").questions(split)
    return compiled(*(questions[place] for place in range(count)))


__all__ = ["AWKWARD", "CHAIN", "LONG", "WIDE", "facts", "question"]
