from types import SimpleNamespace

import pytest
from rag_runs import WORLD
from tiny_llms import needs_llms

needs_llms()
from tiny_rag import model  # noqa: E402

from hopgym.agents import make_agent  # noqa: E402
from hopgym.agents.lanes import Job  # noqa: E402
from hopgym.agents.rag.agent import RagAgent  # noqa: E402
from hopgym.agents.rag.saving import save_rag  # noqa: E402
from hopgym.agents.rollout import rollout  # noqa: E402
from hopgym.core import Document  # noqa: E402
from hopgym.envs.datasets import make_questions  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402


@pytest.fixture
def folder(tmp_path):
    save_rag(model(n_docs=2), tmp_path / "mine", {})
    return tmp_path / "mine"


def play(agent, env_id, lanes=4, **kwargs):
    jobs = [Job(each.id) for each in make_questions(WORLD).questions("dev")]
    given = {"questions": WORLD, "split": "dev", **kwargs}
    episodes = list(rollout(env_id, agent, jobs, env_kwargs=given, num_envs=lanes))
    assert all(each.error is None for each in episodes), episodes[0].error
    return sorted((each.trajectory for each in episodes), key=lambda each: each.question_id)


def test_in_search_read_it_asks_the_question_and_then_answers(folder):
    agent = make_agent(f"rag?model={folder}")
    played = play(agent, "hopgym/SearchRead-v0")
    assert agent.name == "mine" and all(each.outcome == "answered" for each in played)
    texts = {each.id: each.text for each in make_questions(WORLD).questions("dev")}
    for each in played:
        assert len(each.steps) == 2 and each.steps[0].queries == (texts[each.question_id],)
    assert make_agent(folder, name="other").name == "other"


def test_in_rag_it_answers_at_once_and_alone_as_in_a_batch(folder):
    agent = make_agent(folder)
    kwargs = {"reward": "f1", "top_k": 3}
    played = play(agent, "hopgym/RAG-v0", **kwargs)
    assert all(each.outcome == "answered" and len(each.steps) == 1 for each in played)
    alone = play(agent, "hopgym/RAG-v0", lanes=1, **kwargs)
    assert [each.prediction for each in alone] == [each.prediction for each in played]


def test_of_many_documents_the_likeliest_are_read():
    made, seen = model(n_docs=2), []
    many = [Document("", f"Title {n}", f"Text of {n}.") for n in range(5)]

    def answer(questions, documents, **rest):
        seen.extend(documents)
        return [SimpleNamespace(text="x") for _ in questions]

    made.answer = answer
    views = [SimpleNamespace(question="Who?", documents=[(d.title, d.text) for d in row])
             for row in (many, many[:2], [])]  # fmt: skip
    assert RagAgent(made).answers(views) == ["x"] * 3
    scores = made.doc_scores(["Who?"], [many])[0]
    best = scores.argsort(descending=True)[:2].tolist()
    assert seen == [[many[n] for n in best], many[:2], []]


def test_precision_is_an_option_and_other_folders_are_told(folder, tmp_path):
    for precision in ("bfloat16", "int8"):
        agent = make_agent(f"rag?model={folder}&precision={precision}&device=cpu")
        assert len(play(agent, "hopgym/SearchRead-v0")) == 4
    with pytest.raises(ConfigError, match=r"precision=.half., but precision is"):
        make_agent(f"rag?model={folder}&precision=half&device=cpu")
    with pytest.raises(ConfigError, match="holds no RAG"):
        make_agent(f"rag?model={tmp_path}")
