from dataclasses import replace

import pytest
from toy import DOCUMENTS, QUESTIONS, toy_kwargs

from hopgym.envs.dag_search import DagSearchEnv
from hopgym.envs.search_read import SearchReadEnv
from hopgym.envs.text_episode import TextEpisode
from hopgym.errors import ConfigError, EpisodeError, RetrievalError

UNREADABLE = "no markers at all"


@pytest.fixture(params=[SearchReadEnv, DagSearchEnv], ids=lambda env: env.__name__)
def episode(request):
    stage = request.param(**toy_kwargs(format_retries=1)).stage
    return request.param.episode_class(stage, QUESTIONS[0], seed=3)


def test_both_environments_in_text_share_these_rules(episode):
    assert isinstance(episode, TextEpisode)
    info = episode.public_info()
    assert info["question"] == QUESTIONS[0].text and info["turn"] == 1
    assert info["remaining"] == episode.turns
    assert QUESTIONS[0].text in episode.text


def test_only_text_is_taken(episode):
    with pytest.raises(ConfigError, match=r"takes a str action, not int\. Nothing has moved"):
        episode.take_text(3)
    assert episode.take_text("a\r\nb") == "a\nb"
    episode.outcome = "answered"
    with pytest.raises(EpisodeError, match=r"The episode is over \(answered\)"):
        episode.take_text("more")


def test_a_document_is_new_once_in_an_episode(episode):
    first, second = [(document, 1.0) for document in DOCUMENTS[:2]]
    hits = episode.take_hits([[first, second], [first]])
    assert [(hit.document_id, hit.query, hit.new) for hit in hits] == [
        ("d1", 0, True),
        ("d2", 0, True),
        ("d1", 1, False),
    ]
    assert not episode.take_hits([[second]])[0].new


def test_two_documents_of_one_id_are_a_failure_and_no_mix_up(episode):
    episode.take_hits([[(DOCUMENTS[0], 1.0)]])
    twin = replace(DOCUMENTS[0], title="Other page")
    with pytest.raises(RetrievalError, match="Two documents bear the id 'd1': 'Vel' and 'Other"):
        episode.take_hits([[(twin, 1.0)]])
    same = replace(DOCUMENTS[0], metadata={"read": "anew"})  # as a server may give it again
    assert not episode.take_hits([[(same, 1.0)]])[0].new


def test_a_turn_forgives_so_many_unreadable_actions(episode):
    episode.act(UNREADABLE)
    episode.receive(())
    assert episode.outcome == "running" and episode.turn == 1 and episode.refused == 1
    episode.act(UNREADABLE)
    episode.receive(())
    assert episode.outcome == "malformed" and episode.steps[-1].parse_error
    assert episode.public_info()["remaining"] == 0


def test_what_is_kept_of_an_unreadable_action_can_be_written_to_a_file(episode):
    episode.act("\ud800" + "x" * 99_999)
    episode.receive(())
    action = episode.steps[-1].action
    assert action.encode() and len(action) <= 16_384
