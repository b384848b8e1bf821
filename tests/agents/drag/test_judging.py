import pytest
from drag_runs import MAX_FACTS, WORLD, joint, settings, workplace, world_cases
from kg_playing import play_kg
from subgraphs import AWKWARD, CHAIN

torch = pytest.importorskip("torch")

from hopgym.agents.drag.agent import DragAgent  # noqa: E402
from hopgym.agents.drag.cases import Cases, make_compiler  # noqa: E402
from hopgym.agents.drag.judging import (  # noqa: E402
    BATCH,
    answer_metrics,
    answers_of,
    judge,
    judge_each,
    prompts_of,
    retrieval_metrics,
)
from hopgym.agents.drag.parts import new_parts  # noqa: E402
from hopgym.errors import AgentError  # noqa: E402

CASE = make_compiler(8)(CHAIN)  # facts by name: author, printer, born, lives, lives


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return workplace(tmp_path_factory.mktemp("place"))


def test_facts_are_judged_by_what_is_gold():
    assert [str(fact.relation) for fact in CASE.offer.facts] == [
        *("author", "printer", "born", "lives", "lives")
    ]
    assert retrieval_metrics(CASE, [0, 1]) == pytest.approx(
        {"facts": 2, "answer_recall": 0, "fact_precision": 0.5, "fact_recall": 0.5, "fact_f1": 0.5}
    )
    assert retrieval_metrics(CASE, [0, 3])["fact_f1"] == 1
    assert retrieval_metrics(CASE, [2])["answer_recall"] == 1
    assert retrieval_metrics(CASE, [])["fact_recall"] == 0
    unknown = make_compiler(8)(next(each for each in AWKWARD if each.id == "topic outside"))
    assert retrieval_metrics(unknown, [0]).keys() == {"facts", "answer_recall"}


def test_answers_are_judged_one_to_one():
    assert answer_metrics(CASE, ["c"]) == {"hit_at_1_exact": 1.0, "f1_one_to_one": 1.0}
    told = answer_metrics(CASE, ["b", "c"])
    assert told["hit_at_1_exact"] == 0 and told["f1_one_to_one"] == pytest.approx(2 / 3)


def test_it_is_what_the_environment_says_where_it_plays(tmp_path):
    parts = new_parts(settings(tmp_path))
    episodes = play_kg(DragAgent(parts), WORLD, split="dev", top_k=MAX_FACTS)
    told = judge(parts, world_cases("dev", 12))
    for name in ("fact_precision", "fact_recall", "fact_f1", "answer_recall"):
        mean = sum(episode.metrics[name] for episode in episodes) / len(episodes)
        assert told[name] == pytest.approx(mean), name


def test_means_are_over_what_is_known(tmp_path):
    parts = new_parts(settings(tmp_path))
    cases = Cases(AWKWARD, 8)
    each = list(judge_each(parts, cases))
    assert len(each) == len(AWKWARD)
    known = [metrics["fact_f1"] for metrics in each if "fact_f1" in metrics]
    assert 0 < len(known) < len(each)
    told = judge(parts, cases)
    assert told["fact_f1"] == pytest.approx(sum(known) / len(known))
    assert told["facts"] == pytest.approx(sum(m["facts"] for m in each) / len(each))
    assert judge(parts, []) == {}


def test_the_batch_is_no_matter(tmp_path, monkeypatch):
    parts, cases = new_parts(settings(tmp_path)), Cases(AWKWARD, 8)
    whole = judge(parts, cases)
    monkeypatch.setattr("hopgym.agents.drag.judging.BATCH", 3)
    assert BATCH == 64 and judge(parts, cases) == pytest.approx(whole)


def test_prompts_have_the_facts_in_order_and_a_vector_for_each(place):
    parts, cases = joint(place).parts, world_cases(count=3)
    scored = parts.score(cases)
    chosen = [[2, 0], [], [1]]
    z = torch.arange(len(scored.logits)).float()
    plain, scaled = (prompts_of(parts, cases, scored, chosen, each) for each in (None, z))
    starts = [0, cases[0].num_facts, cases[0].num_facts + cases[1].num_facts]
    for case, facts, one, other, start in zip(cases, chosen, plain, scaled, starts, strict=True):
        assert one.question == case.offer.question
        assert list(one.facts) == [case.offer.facts[fact] for fact in facts]
        for row, fact in enumerate(facts):
            (alone,) = prompts_of(parts, [case], parts.score([case]), [[fact]])
            assert torch.allclose(one.vectors[row], alone.vectors[0], atol=1e-5)
            assert torch.allclose(other.vectors[row], (start + fact) * one.vectors[row])
    assert plain[1].vectors.shape == (0, 32)
    assert (
        prompts_of(joint(place, cascade="static").parts, cases, scored, chosen)[0].vectors is None
    )


def test_answers_need_a_generator_and_facts(place, tmp_path):
    parts = joint(place).parts
    cases = Cases([each for each in AWKWARD if each.id in ("empty", "chain")], 8)
    some = [cases[0], cases[1]]
    scored = parts.score(some)
    answers = answers_of(parts, some, scored, [[0], []])
    assert answers[1] == [] and not any(w.grad_fn for w in parts.projector.parameters())
    told = judge(parts, cases)
    assert told.keys() >= {"hit_at_1_exact", "f1_one_to_one", "facts"}
    with pytest.raises(AgentError, match="asked of a D-RAG without a generator"):
        answers_of(new_parts(settings(tmp_path)), some, scored, [[0], []])
