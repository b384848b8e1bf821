"""Learners whose retriever is another server that goes down, and comes back."""

import pytest
from faulty_runs import Work, checkpoints, half_written, left
from servers import fake_server
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402

from hopgym.errors import AgentError, RetrievalError  # noqa: E402

torch.set_num_threads(1)


class Server:
    """Answers with an empty row for each query; `down` from the n-th request on, None for never."""

    def __init__(self):
        self.down = None
        self.asked = 0

    def __call__(self, request):
        self.asked += 1
        if self.down is not None and self.asked > self.down:
            return 500, {"detail": "no index"}
        return 200, {"result": [[] for _ in request.json["queries"]]}


def retriever(fake):
    return f"http?url={fake.url}&retries=0&failures=1000"


class Asks:
    """Writes the same sound query in every turn, in the place of the model."""

    def __init__(self, tokenizer, grammar):
        from hopgym.envs.grammars import make_grammar

        self.tokenizer, self.grammar = tokenizer, make_grammar(grammar)

    def generate(self, prompts, rngs, stop):
        from hopgym.agents.llm.generator import Generation

        text = self.grammar.write_query(1, "I look.", "Vel")
        ids = self.tokenizer.encode(text, add_special_tokens=False)
        return [Generation(ids, [-1.0] * len(ids), text, text, "stop", 0) for _ in prompts]


@pytest.mark.slow
def test_reinforcement_goes_on_when_the_retriever_is_back(monkeypatch, tmp_path):
    """The update under way is lost, and played again."""
    monkeypatch.setattr(
        "hopgym.agents.ppo.train.make_generator",
        lambda settings, policy: Asks(policy.tokenizer, "r3"),
    )
    work, server = Work("ppo", tmp_path), Server()
    with fake_server(server) as fake:
        given = {"env_set": ("max_steps=1", "top_k=1", f"retriever={retriever(fake)}")}
        work.train(tmp_path / "whole", **given)
        each = server.asked // 3
        assert each >= 1
        server.asked, server.down = 0, each
        with pytest.raises(AgentError, match=r"No episode could be played to its end.*500"):
            work.train(tmp_path / "out", **given)
        assert not half_written(tmp_path / "out")
        server.down = None
        work.train(tmp_path / "out", **given)
    assert left(tmp_path / "out") == left(tmp_path / "whole")


@pytest.mark.slow
def test_a_learner_that_reads_what_a_server_finds_ends_with_its_error_and_goes_on(tmp_path):
    """Its first two stages ask nothing: what they taught is kept."""
    work, server = Work("compress", tmp_path), Server()
    with fake_server(server) as fake:
        given = {"retriever": retriever(fake), "answer_steps": 1, "policy_steps": 1}
        work.train(tmp_path / "whole", **given)
        server.asked, server.down = 0, 0
        with pytest.raises(RetrievalError, match=r"answered 500: 'no index'"):
            work.train(tmp_path / "out", **given)
        assert checkpoints(tmp_path / "out") == ["checkpoint-5"]
        assert not half_written(tmp_path / "out")
        server.down = None
        work.train(tmp_path / "out", **given)
    assert left(tmp_path / "out") == left(tmp_path / "whole")
