import pytest
from audited import KG, RAG, WORLD, ours, strangers

from hopgym.benchmarks.audit.subject import Subject, mean
from hopgym.errors import ConfigError, UnknownNameError


def test_what_is_played_is_known():
    assert ours().ours and ours().answers_in_text and ours().searches
    assert ours(KG).game == "facts" and not ours(KG).answers_in_text
    assert ours(RAG).takes_text
    stranger = strangers("audit/GEM-v0")
    assert not stranger.ours and stranger.answers_in_text and stranger.searches
    assert not strangers("CartPole-v1").takes_text


def test_a_play_is_played_once():
    subject, made = strangers("audit/NeMoGym-v0"), []

    def script():
        made.append(1)
        return lambda turn: "<answer>x</answer>"

    first = subject.play("x", script)
    assert subject.play("x", script) is first and len(made) == subject.episodes
    assert mean(first) == 0 and first[0] in subject.seen


def test_wrong_ids_and_keywords_are_refused():
    with pytest.raises(UnknownNameError, match=r"Did you mean 'hopgym/RAG-v0'"):
        Subject("hopgym/RAC-v0")
    with pytest.raises(ConfigError, match="has no keyword 'top_c'"):
        Subject(RAG, {**WORLD, "top_c": 1})
    with pytest.raises(ConfigError, match="cannot be made with the keywords questions"):
        Subject("CartPole-v1", {"questions": "world"})
    with pytest.raises(ConfigError, match="episodes is 1"):
        Subject(RAG, WORLD, episodes=1)


def test_a_stranger_s_step_limit_is_kept_to():
    assert strangers("CartPole-v1").most == 500 and strangers("audit/GEM-v0").most == 100
