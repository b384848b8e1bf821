import pytest
from rag_chats import needs_llms, scripted, tokenizers
from toy import toy_kwargs

needs_llms()

from hopgym.agents import make_agent  # noqa: E402
from hopgym.agents.rag_chat.agent import RagChatAgent  # noqa: E402
from hopgym.agents.rag_chat.engine import Engine  # noqa: E402
from hopgym.agents.rollout import Job, rollout  # noqa: E402
from hopgym.envs.conversations import add_boundary_tokens  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402


def agent(said):
    tokenizer = tokenizers()[0]
    add_boundary_tokens(tokenizer)
    return RagChatAgent(lambda: Engine(scripted(tokenizer, [said]), tokenizer), "chat", "Be brief.")


def play(env_id, said):
    (episode,) = rollout(env_id, agent(said), [Job("q1")], env_kwargs=toy_kwargs())
    assert episode.error is None
    return episode.trajectory


def test_it_answers_from_what_rag_shows_and_cites():
    played = play("hopgym/RAG-v0", "Tessa [DOC_1]")
    assert played.prediction == "Tessa" and len(played.steps) == 1
    assert "[DOC_1]" in played.steps[0].action


def test_it_searches_once_elsewhere_and_says_no_citations():
    played = play("hopgym/SearchRead-v0", "Tessa [DOC_1]")
    assert played.prediction == "Tessa" and len(played.steps) == 2


def test_a_folder_is_needed():
    with pytest.raises(ConfigError, match="needs a model: write 'rag_chat"):
        make_agent("rag_chat")
