import json
import logging
import pickle
import time
import traceback

import gymnasium
import pytest
import typer
from judge_servers import HANG_UP, Raw, fake_model, says
from toy import toy_kwargs
from typer.testing import CliRunner

from hopgym.agents import make_agent
from hopgym.agents.base import UnansweredError
from hopgym.agents.expert.cli import add_commands
from hopgym.agents.rollout import Job, rollout
from hopgym.envs.datasets import make_questions
from hopgym.envs.grammars import make_grammar
from hopgym.errors import AgentError

ENV = "hopgym/SearchRead-v0"
R3 = make_grammar("r3")
KEY = "sk-very-secret"
FIRST, SECOND = Job("q1"), Job("q2")


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    for variable in ("OPENAI_BASE_URL", "GOOGLE_GEMINI_BASE_URL", "GOOGLE_GENAI_USE_VERTEXAI"):
        monkeypatch.delenv(variable, raising=False)


@pytest.fixture(params=["openai", "gemini"])
def provider(request):
    return request.param


def spec(provider, fake, **options):
    url = fake.url + ("/v1" if provider == "openai" else "")
    options = {"model": "m", "base_url": url, "backoff": 0.01, **options}
    return f"{provider}?{'&'.join(f'{name}={given}' for name, given in options.items())}"


def plays(asked):
    """Search once, then answer; write on beyond the stop as models do."""
    if "documents:" in asked.user:
        return says(asked, R3.write_answer(2, "Known.", "Tessa"))
    forged = "\nThe retrieval documents:\nVel | It was Paris."
    return says(asked, R3.write_query(1, "Look.", "film") + forged)


def fails_on_the_second(asked):
    return (
        Raw(500, {"error": {"message": "Boom."}}) if "Who directed" in asked.user else plays(asked)
    )


def play(agent, jobs=(FIRST,), num_envs=8, **changes):
    played = rollout(ENV, agent, jobs, env_kwargs=toy_kwargs(**changes), num_envs=num_envs)
    return {episode.job: episode for episode in played}


def test_it_plays_to_a_right_answer_through_gymnasium(provider):
    with fake_model(plays) as fake, make_agent(spec(provider, fake)) as agent:
        agent.reset(seed=0)
        env = gymnasium.make(ENV, **toy_kwargs())
        observation, info = env.reset(options={"question_id": "q1"})
        over = False
        while not over:
            (action,) = agent.act([observation], [info])
            seen = fake.asked[-1]
            assert (seen.user, seen.system) == (observation, R3.instructions)
            observation, _, terminated, truncated, info = env.step(action)
            over = terminated or truncated
        assert terminated and info["metrics"]["em"] == 1.0
        assert "Paris" not in observation  # cut at the stop, though the server did not
        assert agent.usage.calls == 2 and agent.usage.tokens == 240


def test_a_batch_is_asked_at_once_up_to_a_bound(provider):
    slow = lambda asked: says(asked, R3.write_answer(1, "K.", "Tessa"), stall=0.05)  # noqa: E731
    jobs = [Job("q1", n) for n in range(8)]
    with fake_model(slow) as fake:
        with make_agent(spec(provider, fake)) as agent:
            assert len(play(agent, jobs)) == 8 and fake.most == 8
        fake.most = 0
        with make_agent(spec(provider, fake, concurrency=3)) as agent:
            assert len(play(agent, jobs)) == 8 and fake.most == 3
            assert agent.act([], []) == []


def test_the_stop_is_sent_only_where_its_string_is_no_part_of_the_action():
    said = "<think>Look.</think><search>film</search> and then <answer>Paris</answer>"
    with fake_model(lambda asked: says(asked, said)) as fake:
        with make_agent(spec("openai", fake)) as agent:
            agent.act(["?"], [{"grammar": "r3"}])
            (action,) = agent.act(["?"], [{"grammar": "search_r1"}])
        assert action.endswith("<search>film</search>")
        assert [asked.json.get("stop") for asked in fake.asked] == [
            ["\nThe retrieval documents:"],
            None,
        ]


def test_the_system_message_may_be_ones_own(provider):
    with fake_model(lambda asked: says(asked, "x")) as fake:
        with make_agent(spec(provider, fake, system="Be brief.")) as agent:
            assert agent.act(["?"], [{}]) == ["x"] and fake.asked[0].system == "Be brief."
        with make_agent(spec(provider, fake)) as agent:
            with pytest.raises(AgentError, match=r"name no grammar\. Tell them by its"):
                agent.act(["?"], [{}])
            with pytest.raises(AgentError, match="this observation is a int"):
                agent.act([1], [{}])


RECOVERS = {
    "rate limit": Raw(429, {"error": {"message": "Slow."}}, {"Retry-After": "0.2"}),
    "server error": Raw(500, {"error": {"message": "Boom."}}),
    "hang up": HANG_UP,
    "stall": Raw(stall=5.0),
    "broken body": Raw(200, b"{", missing=10),
}


@pytest.mark.parametrize("failure", RECOVERS)
def test_what_passes_is_tried_again(provider, failure):
    bad, timeout = RECOVERS[failure], 0.5 if failure == "stall" else 20
    with fake_model(lambda asked: bad if asked.nth == 1 else plays(asked)) as fake:
        with make_agent(spec(provider, fake, timeout=timeout)) as agent:
            started = time.perf_counter()
            assert play(agent)[FIRST].metrics["em"] == 1.0
            waited = time.perf_counter() - started
        assert agent.usage.retries >= 2 and len(fake.asked) >= 4
    assert waited > 0.4 or failure != "rate limit"


def test_one_that_fails_for_good_among_eight_is_an_error_of_its_own_episode(provider):
    jobs = [SECOND, *(Job("q1", n) for n in range(9))]
    made = lambda: make_agent(spec(provider, fake, retries=1))  # noqa: E731
    with fake_model(fails_on_the_second) as fake, made() as agent:
        episodes = play(agent, jobs)
    assert len(episodes) == 10
    assert {e.metrics["em"] for job, e in episodes.items() if job != SECOND} == {1.0}
    failed = episodes[SECOND]
    assert failed.trajectory is None and not failed.metrics
    assert failed.error.startswith(f"APIError: The model 'm' at {agent.url} gave no reply: server_")
    assert failed.error.endswith("Boom. (2 tries)")


def test_who_plays_without_the_loop_gets_an_exception_and_no_action(provider):
    with fake_model(fails_on_the_second) as fake:
        agent = make_agent(spec(provider, fake, retries=0))
        with pytest.raises(UnansweredError, match="no action for 1 of 2 observations: The mod"):
            agent.act(["Who directed", "Where"], [{"grammar": "r3"}] * 2)
        assert (agent.usage.claims, agent.usage.unscored) == (2, 1)


def test_an_empty_reply_is_an_action_that_cannot_be_read(provider):
    with fake_model(lambda asked: says(asked, "")) as fake:
        episode = play(spec(provider, fake), max_steps=2)[FIRST]
    assert episode.error is None and episode.metrics["em"] == 0.0
    assert episode.trajectory.steps[0].action == "" and episode.trajectory.steps[0].parse_error


def test_a_spent_budget_is_an_error_and_no_score(provider):
    with fake_model(plays) as fake, make_agent(spec(provider, fake, max_calls=1)) as agent:
        episode = play(agent)[FIRST]
    assert "budget: all 1 calls are spent (max_calls)" in episode.error


def test_the_key_is_told_nowhere(provider, caplog):
    caplog.set_level(logging.DEBUG)
    echo = {"error": {"message": f"Bad {KEY}.", "code": KEY}}
    with fake_model(lambda _: Raw(500, echo)) as fake:
        agent = make_agent(spec(provider, fake, retries=0))
        said = [play(agent)[FIRST].error, repr(agent), agent.fingerprint, agent.name]
        fake.script = lambda _: Raw(401, echo)
        with pytest.raises(AgentError, match="Put the right key into") as refused:
            play(agent)
        said += ["".join(traceback.format_exception(refused.value))]
        fake.script = lambda asked: says(asked, f"My key is {KEY}")
        said += [*agent.act(["?"], [{"grammar": "r3"}]), str(pickle.dumps(agent))]
        said += [repr(vars(agent)), caplog.text, *(repr(record.args) for record in caplog.records)]
    assert caplog.records and "[key]" in said[0]
    assert not [text for text in said if KEY in text]


def test_the_fingerprint_tells_what_can_change_an_action(provider):
    with fake_model(plays) as fake:
        made = lambda **options: make_agent(spec(provider, fake, **options)).fingerprint  # noqa: E731
        assert made() == made(retries=1) == made(name="mine")
        others = [made(model="n"), made(temperature=1), made(system="S"), made(max_new_tokens=9)]
        assert len({made(), *others}) == 5


def test_expert_episodes_are_collected_from_an_api_model(tmp_path):
    world = "world?entities=300&train=12&dev=4&test=4&hops=1-2"
    gold = {q.text: q.answers[0] for q in make_questions(world).questions("train")}

    down = {next(iter(gold))}

    def knows(asked):
        question = asked.user.partition("The question: ")[2].partition("\n")[0]
        if question in down:
            return Raw(503, {"error": {"message": "Down."}})
        return says(asked, R3.write_answer(1, "I know it.", gold[question]))

    app = typer.Typer()
    app.callback()(lambda: None)
    add_commands(app)
    out = tmp_path / "raw.jsonl"
    with fake_model(knows) as fake:
        named = f"openai?model=m&base_url={fake.url}/v1&retries=0"
        command = ["--agent", named, "--questions", world, "--out", str(out)]

        def collect():
            told = CliRunner().invoke(app, ["expert", "collect", *command], env={"COLUMNS": "200"})
            return told, [json.loads(line) for line in out.open()]

        result, records = collect()
        assert result.exit_code == 1 and "503: Down. (1 try)" in result.stderr
        assert sum("id" in record for record in records) == 11  # one that failed loses no other
        down.clear()
        result, records = collect()
        assert result.exit_code == 0, result.output
        assert len(records) == len(gold) == 12 and len(fake.asked) == 11 + 2 + 1
        for record in records:
            assert record["hopgym"]["attempt"] == 1
            assert record["search_chain_success"][-1][-1]["answer"] == gold[record["question"]]
    assert KEY not in "".join(file.read_text() for file in tmp_path.iterdir())
