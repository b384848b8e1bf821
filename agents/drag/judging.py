"""How well a D-RAG retrieves and answers, on questions that it was not trained on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch

from ...envs.subgraph.case import Case
from ...errors import AgentError
from ...rewards.kg.answers import f1_one_to_one, hit_at_1_exact
from ...rewards.kg.facts import ratios
from .parts import Parts, chosen_facts
from .prompts import Prompt
from .scorer import Scored

BATCH = 64
"""Questions at once."""


def judge(parts: Parts, cases: Sequence[Case]) -> dict[str, float]:
    """Return the means over questions of what `judge_each` tells.

    Where the gold facts of some questions are unknown, the means of these metrics leave them out.
    """
    sums: dict[str, list[float]] = {}
    for metrics in judge_each(parts, cases):
        for name, value in metrics.items():
            sums.setdefault(name, []).append(value)
    return {name: sum(values) / len(values) for name, values in sums.items()}


def judge_each(parts: Parts, cases: Sequence[Case]) -> Iterator[dict[str, float]]:
    """Yield the metrics of each question.

    `fact_recall`, `fact_precision` and `fact_f1` of what is retrieved, where gold facts are known;
    `answer_recall`, the share of answers that stand in it; `facts`, how many are taken; where there
    is a generator also `hit_at_1_exact` and `f1_one_to_one` of its answers.
    """
    for some in _batches(cases):
        scored = parts.score(some)
        chosen = chosen_facts(scored, parts.shape.k_facts, parts.shape.threshold)
        told = [retrieval_metrics(*each) for each in zip(some, chosen, strict=True)]
        if parts.generator is not None:
            answers = answers_of(parts, some, scored, chosen)
            for metrics, case, given in zip(told, some, answers, strict=True):
                metrics |= answer_metrics(case, given)
        yield from told


def retrieval_metrics(case: Case, facts: Sequence[int]) -> dict[str, float]:
    """Return how good some facts of a case are."""
    chosen = list(facts)
    entities = {*case.heads[chosen].tolist(), *case.tails[chosen].tolist()}
    found = sum(answer in entities for answer in case.answers.tolist() if answer >= 0)
    metrics = {
        "facts": float(len(chosen)),
        "answer_recall": found / max(len(case.gold_answers), 1),
    }
    if case.num_gold:
        right = int(case.gold[chosen].sum())
        told = ratios(right, len(chosen), case.num_gold)._asdict()
        metrics |= {f"fact_{name}": float(value) for name, value in told.items()}
    return metrics


def answer_metrics(case: Case, answers: Sequence[str]) -> dict[str, float]:
    """Return how right some answers are."""
    gold = case.gold_answers
    return {
        "hit_at_1_exact": hit_at_1_exact(answers, gold),
        "f1_one_to_one": f1_one_to_one(answers, gold),
    }


def answers_of(
    parts: Parts, cases: Sequence[Case], scored: Scored, chosen: Sequence[Sequence[int]]
) -> list[list[str]]:
    """Return the generator's answers; as in play, none where no fact was taken.

    Args:
        parts: With a generator.
        cases: The questions.
        scored: Their facts.
        chosen: Facts of each, in the order of the prompt.

    Raises:
        AgentError: If there is no generator.
    """
    if parts.generator is None:
        raise AgentError("Answers were asked of a D-RAG without a generator.")
    with torch.no_grad():
        prompts = prompts_of(parts, cases, scored, chosen)
    answers = iter(parts.generator.answer([prompt for prompt in prompts if prompt.facts]))
    return [next(answers) if facts else [] for facts in chosen]


def prompts_of(
    parts: Parts,
    cases: Sequence[Case],
    scored: Scored,
    chosen: Sequence[Sequence[int]],
    z: Any = None,
) -> list[Prompt]:
    """Return the generator's prompts.

    Args:
        parts: All of it; there is a projector where vectors stand before the facts.
        cases: The questions.
        scored: Their facts.
        chosen: Facts of each, in the order of the prompt.
        z: `[F]`, what each fact's vector is multiplied by; None for 1.
    """
    if parts.projector is None:
        return [_prompt(case, facts) for case, facts in zip(cases, chosen, strict=True)]
    sizes = scored.batch.facts_per_question
    starts = (sizes.cumsum(0) - sizes).tolist()
    flat = [start + fact for start, facts in zip(starts, chosen, strict=True) for fact in facts]
    places = torch.tensor(flat, dtype=torch.long, device=scored.logits.device)
    vectors = parts.projector(scored.vectors(places))
    if z is not None:
        vectors = vectors * z.index_select(0, places)[:, None]
    split = vectors.split([len(facts) for facts in chosen])
    return [
        _prompt(case, facts, own) for case, facts, own in zip(cases, chosen, split, strict=True)
    ]


def _prompt(case: Case, facts: Sequence[int], vectors: Any = None) -> Prompt:
    return Prompt(case.offer.question, [case.offer.facts[fact] for fact in facts], vectors)


def _batches(cases: Sequence[Case]) -> Iterator[list[Case]]:
    for start in range(0, len(cases), BATCH):
        yield [cases[n] for n in range(start, min(start + BATCH, len(cases)))]
