import numpy as np
import pytest
from kg_playing import WAYS, chosen, errors, play_kg, selected
from subgraphs import AWKWARD, CHAIN, RANDOM, TOY, facts, question, question_set

from hopgym.agents import make_agent
from hopgym.agents.cosine import CosineAgent
from hopgym.errors import ConfigError, UnknownNameError
from hopgym.retrieval.encoders import HashingEncoder

BORN = question(
    "born",
    facts("Ada employer Acme", "Bo author Vel", "Ada born_in Ull", "Ull river Oz"),
    "Ada",
    "Ull",
    text="Where was Ada born?",
)


class Counting(HashingEncoder):
    """Counts its calls."""

    def __init__(self):
        super().__init__(dim=64)
        self.calls = []

    def encode_documents(self, documents):
        self.calls.append([document.text for document in documents])
        return super().encode_documents(documents)


def test_facts_that_share_words_with_the_question_come_first():
    (episode,) = play_kg(
        "cosine?facts=2", question_set(BORN), mode="sequential", observation="padded"
    )
    assert selected(episode) == [(2,), (0,), ()]


def test_all_new_questions_are_encoded_in_one_call_and_no_text_twice():
    encoder = Counting()
    play_kg(CosineAgent(encoder=encoder), num_envs=len(AWKWARD), encoder="hashing?dim=32")
    (texts,) = encoder.calls
    assert len(texts) == len(set(texts)) > 20


def test_it_takes_the_encoder_of_the_environment_unless_it_is_given_one():
    encoder = Counting()
    play_kg("cosine", encoder=encoder, num_envs=len(AWKWARD))
    assert len(encoder.calls[-1]) > max(map(len, encoder.calls[:-1]))  # the agent's, of all of them
    given = CosineAgent(encoder="hashing?dim=16")
    play_kg(given)
    assert given.encoder.dim == 16


def test_how_questions_are_batched_changes_nothing():
    def told(lanes):
        return [chosen(episode) for episode in play_kg("cosine?facts=3", RANDOM, num_envs=lanes)]

    assert told(1) == told(7)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_it_plays_every_form_and_mode(way):
    assert not errors(play_kg("cosine", TOY, top_k=6, **way))


def test_a_question_without_words_or_facts_is_no_harm():
    episodes = play_kg("cosine", question_set(AWKWARD[2], AWKWARD[-1]))
    assert [chosen(episode) for episode in episodes] == [[], [0]]


def test_options_are_part_of_its_name():
    assert make_agent("cosine").name == "cosine"
    assert make_agent("cosine?encoder=hashing&facts=3").name == "cosine?encoder=hashing&facts=3"
    encoder = HashingEncoder(dim=8)
    assert CosineAgent(encoder=encoder).name == f"cosine?encoder={encoder.fingerprint}"
    with pytest.raises(UnknownNameError, match=r"Unknown encoder 'hasing'. Did you mean 'hashing'"):
        make_agent("cosine?encoder=hasing")
    with pytest.raises(ConfigError, match=r"facts is -1; it must be a whole number from 1"):
        make_agent("cosine?facts=-1")


def test_it_beats_chance_on_the_world():
    def mean(agent):
        episodes = play_kg(agent, "world?entities=400&dev=100", split="dev")
        return np.mean([episode.metrics["fact_f1"] for episode in episodes])

    assert mean("cosine") > 1.5 * mean("random")
    assert len(CHAIN.facts) == 5
