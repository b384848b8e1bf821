import pickle
import subprocess
import sys

import gymnasium
import pytest
from gymnasium.utils.env_checker import check_env
from sources import Source, three_sources
from toy import ToyQuestions, ToyRetriever, toy_kwargs

import hopgym  # noqa: F401
from hopgym.core import Document, Question, Score, Trajectory, from_json, to_json
from hopgym.envs.dag_search import DagSearchEnv, DagSearchVectorEnv
from hopgym.errors import ConfigError, EpisodeError, RetrievalError, RewardError
from hopgym.retrieval.base import Hits

PLAN = """<think>First the director.</think>
<search>
Nodes:
A: who directed Vel (General)
B: where was {A} born (General)
Edges:
A -> B
</search>"""
ANSWER = "<answer>Tessa</answer>"


def make(**changes):
    return DagSearchEnv(**toy_kwargs(**{"reader": subject, **changes}))


def subject(query, row):
    """Read the name that the best document ends with."""
    return " ".join(row[0][0].text.rstrip(".").split()[-2:]) if row else ""


def begin(question_id="q1", **changes):
    env = make(**changes)
    env.reset(seed=0, options={"question_id": question_id})
    return env


def test_a_question_is_planned_and_answered():
    env = begin()
    observation, reward, terminated, truncated, info = env.step(PLAN)
    assert reward == 0.0 and not terminated and not truncated and info["parse_error"] is None
    assert info["queries"] == ("who directed Vel", "where was Ada Orm born")
    assert info["phase"] == "answer" and info["remaining"] == 1
    assert observation.startswith("Question: Where was the director of Vel born?\n<think>First")
    assert "\n<result>\nNode A (General): [Vel] Vel is a film directed by Ada Orm.\n" in observation
    assert "Node B (General): [Ada Orm] Ada Orm was born in Tessa.\n" in observation
    _, reward, terminated, truncated, info = env.step(ANSWER)
    assert terminated and not truncated and reward == pytest.approx(1.0)
    assert info["reward_terms"] == pytest.approx({"semantic": 0.5, "dag": 0.25, "format": 0.25})
    assert info["prediction"] == "Tessa" and info["metrics"]["em"] == 1.0
    assert info["metrics"]["gold_recall"] == 1.0
    assert (info["metrics"]["nodes"], info["metrics"]["depth"]) == (2.0, 2.0)


def test_what_a_step_keeps_of_a_plan():
    env = begin()
    env.step(PLAN)
    step = env.step(ANSWER)[-1]["trajectory"].steps[0]
    assert step.parsed["kind"] == "plan" and step.parsed["analysis"] == "First the director."
    assert step.parsed["layers"] == [["A"], ["B"]] and step.parsed["edges"] == [["A", "B"]]
    assert [node["asked"] for node in step.parsed["nodes"]] == list(step.queries)
    assert [(hit.document_id, hit.query, hit.new) for hit in step.hits][:1] == [("d1", 0, True)]
    assert step.observation in env._episode.text


def test_trajectories_survive_json():
    env = begin()
    env.step(PLAN)
    trajectory = env.step(ANSWER)[-1]["trajectory"]
    assert from_json(to_json(trajectory), Trajectory) == trajectory
    spans = trajectory.spans
    said = "".join(trajectory.transcript[s.start : s.end] for s in spans if s.author == "agent")
    assert said == PLAN + ANSWER


def test_the_gold_stays_out_of_what_an_agent_sees():
    env = make()
    observation, info = env.reset(options={"question_id": "q1"})
    assert "Tessa" not in repr((observation, info))
    info = env.step(PLAN.replace("where was {A} born", "who directed Vel again"))[-1]
    assert "answers" not in info and "trajectory" not in info and "metrics" not in info


def test_edges_only_order_where_nothing_is_to_be_handed_on():
    retriever = ToyRetriever()
    env = begin(deps="order", retriever=retriever)
    info = env.step(PLAN)[-1]
    assert info["queries"] == ("who directed Vel", "where was born")
    assert retriever.calls == [["who directed Vel"], ["where was born"]]


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("<think>x</think>", "no_search"),
        (PLAN + "<answer>Tessa</answer>", "order"),
        (PLAN.replace("A -> B", "A -> B; B -> A"), "cycle"),
        (PLAN.replace("(General)\nB", "(Library)\nB"), "unknown_tool"),
        (PLAN.replace("A -> B", "A -> C"), "unknown_label"),
        (PLAN + "<result>Node A: Tessa</result>", "result_in_plan"),
    ],
)
def test_what_is_no_plan_ends_the_episode(action, code):
    env = begin()
    _, _, terminated, truncated, info = env.step(action)
    assert info["parse_error"] == code and terminated and not truncated
    assert info["trajectory"].outcome == "malformed" and info["prediction"] is None
    with pytest.raises(EpisodeError, match="over"):
        env.step(ANSWER)


def test_an_invalid_graph_earns_the_format_alone():
    cycle = PLAN.replace("A -> B", "A -> B; B -> A")
    assert begin().step(cycle)[1] == pytest.approx(0.25)
    assert begin().step("<think>x</think>")[1] == 0.0


def test_no_answer_where_one_is_due():
    env = begin()
    env.step(PLAN)
    _, reward, terminated, _, info = env.step("It is Tessa.")
    assert info["parse_error"] == "missing_answer" and terminated and reward == 0.0


def test_a_second_plan_where_it_is_allowed():
    env = begin(max_plans=2)
    assert env._episode.public_info()["phase"] == "plan"
    info = env.step(PLAN)[-1]
    assert info["phase"] == "either" and info["remaining"] == 2
    info = env.step(PLAN.replace("who directed Vel", "river Ull town"))[-1]
    assert info["phase"] == "answer"
    assert "see above" in info["new_text"]
    info = env.step(ANSWER)[-1]
    assert info["metrics"]["plans"] == 2.0 and info["metrics"]["nodes"] == 4.0


def test_forgiven_plans():
    env = begin(format_retries=1)
    _, _, terminated, _, info = env.step("nonsense")
    assert not terminated and info["phase"] == "plan" and info["reward_terms"]
    env.step(PLAN)
    assert env.step(ANSWER)[2]


def test_sources_are_shown_and_asked_by_name():
    sources = three_sources()
    env = begin(sources=sources | {"Web": Source("web")}, aliases={"internet": "Web"})
    info = env.reset(options={"question_id": "q1"})[1]
    assert info["tools"] == ("General", "News", "Academy", "Web")
    env.step("<think>t</think><search>A: Vel (internet)\nB: Orm (news)</search>")
    assert env.unwrapped.stage.retriever.sources["Web"].calls == [["Vel"]]
    assert sources["News"].calls == [["Orm"]] and sources["General"].calls == []


def test_a_failing_source_is_no_observation_and_no_zero():
    sources = three_sources()
    sources["General"].fails_on = {"*"}
    env = begin(sources=sources)
    before = env._episode.text
    with pytest.raises(RetrievalError, match=r"Node A could not be answered: General failed for"):
        env.step(PLAN)
    assert env._episode.text == before and env._episode.steps == ()
    sources["General"].fails_on = set()
    assert env.step(PLAN)[-1]["parse_error"] is None


def test_a_repeated_action_asks_only_what_was_not_answered():
    sources = three_sources()
    sources["News"].fails_on = {"*"}
    env = begin(sources=sources)
    plan = PLAN.replace("born (General)", "born (News)")
    for _ in range(2):
        with pytest.raises(RetrievalError, match="Node B could not be answered: News"):
            env.step(plan)
    assert env._episode.turn == 1 and env._episode.steps == ()
    sources["News"].fails_on = set()
    assert env.step(plan)[-1]["parse_error"] is None
    assert sources["General"].calls == [["who directed Vel"]]  # once, and not three times


def test_in_a_vector_only_the_episode_that_was_hit_fails():
    sources = three_sources()
    sources["News"].fails_on = {"*"}
    env = DagSearchVectorEnv(2, **toy_kwargs(sources=sources))
    env.reset(seed=0)
    plans = ["<think>t</think><search>A: Vel (General)</search>"]
    plans.append(plans[0].replace("General", "News"))
    good, bad = env.step_some([0, 1], plans)
    assert good.info["parse_error"] is None
    assert isinstance(bad, RetrievalError) and "News" in str(bad)


def test_a_failed_lane_stands_where_it_stood():
    def half(query, row):
        raise ZeroDivisionError("oh")

    env = DagSearchVectorEnv(2, **toy_kwargs(reader=half))
    env.reset(seed=0)
    good = "<think>t</think><search>A: Vel (General)</search>"
    first, second = env.step_some([0, 1], [good, PLAN])
    assert first.info["parse_error"] is None and isinstance(second, RetrievalError)
    assert env._episodes[1].steps == () and env._episodes[1].turn == 1
    (again,) = env.step_some([1], [good])
    assert again.info["parse_error"] is None


def test_an_unscored_lane_may_answer_again():
    away = [True]

    def judged(question, trajectory):
        if trajectory.outcome != "running" and away[0]:
            return Score(0.0, reason="judge away", unscored=True)
        return Score(1.0)

    env = DagSearchVectorEnv(1, **toy_kwargs(reward=judged))
    env.reset(seed=0)
    env.step([PLAN])
    assert isinstance(env.step_some([0], [ANSWER])[0], RewardError)
    away[0] = False
    assert env.step_some([0], [ANSWER])[0].reward == 1.0


def test_step_some_takes_lanes_that_there_are():
    env = DagSearchVectorEnv(2, **toy_kwargs())
    with pytest.raises(EpisodeError, match=r"Call reset\(\) first"):
        env.step_some([0], [PLAN])
    env.reset(seed=0)
    for lanes, actions in (([2], [PLAN]), ([0, 0], [PLAN, PLAN]), ([0], [])):
        with pytest.raises(ConfigError, match="step_some takes different sub-environments"):
            env.step_some(lanes, actions)


def test_an_unscored_verdict_is_no_zero():
    class Away:
        def __call__(self, question, trajectory):
            return self.many([(question, trajectory)])[0]

        def many(self, items):
            ended = [trajectory.outcome != "running" for _, trajectory in items]
            return [Score(0.0, reason="judge away", unscored=e) for e in ended]

    env = begin(reward=Away())
    env.step(PLAN)
    with pytest.raises(RewardError, match="unscored: judge away"):
        env.step(ANSWER)
    vector = DagSearchVectorEnv(2, **toy_kwargs(reward=Away()))
    vector.reset(seed=0)
    vector.step([PLAN, PLAN])
    assert all(isinstance(r, RewardError) for r in vector.step_some([0, 1], [ANSWER, ANSWER]))


def test_the_curriculum_follows_the_trainer():
    env = make()
    info = env.reset(seed=0)[1]
    assert info["training_step"] is None
    assert info["reward_weights"] == {"semantic": 0.5, "dag": 0.25, "format": 0.25}
    env.set_progress(29)
    assert env.reset()[1]["reward_weights"] == {"semantic": 0.2, "dag": 0.4, "format": 0.4}
    env.set_progress(30)
    info = env.reset()[1]
    assert info["reward_weights"]["semantic"] == 0.5 and info["training_step"] == 30
    short = make(curriculum_steps=5)
    short.set_progress(5)
    assert short.reset()[1]["reward_weights"]["semantic"] == 0.5
    with pytest.raises(ConfigError, match="The training step is -1; it must be a whole number"):
        env.set_progress(-1)


def test_an_episode_keeps_the_weights_that_it_began_with():
    env = begin()
    env.step(PLAN)
    env.set_progress(0)
    info = env.step(ANSWER)[-1]
    assert info["reward_terms"]["semantic"] == 0.5
    assert info["training_step"] is None and info["reward_weights"]["semantic"] == 0.5


def test_progress_reaches_a_vector_and_its_workers():
    keywords = {"questions": "world?entities=300", "num_envs": 2}
    native = gymnasium.make_vec("hopgym/DagSearch-v0", **keywords)
    native.unwrapped.call("set_progress", 3)
    assert native.reset(seed=0)[1]["training_step"].tolist() == [3, 3]
    sync = gymnasium.make_vec("hopgym/DagSearch-v0", vectorization_mode="sync", **keywords)
    sync.call("set_progress", 3)
    weights = sync.reset(seed=0)[1]["reward_weights"]
    assert weights["semantic"].tolist() == [0.2, 0.2]


@pytest.mark.parametrize(
    ("keyword", "message"),
    [
        ({"deps": "none"}, "deps is 'none'; it may be 'substitute' or 'order'"),
        ({"max_nodes": 0}, "max_nodes is 0; it must be a whole number from 1"),
        ({"max_nodes": 27}, "max_nodes is 27; there are 26 labels"),
        ({"max_steps": 1}, "max_steps is 1; it must be a whole number from 2"),
        ({"timeout": 0}, "timeout is 0; give a number from 0.001"),
        ({"timeout": 1e12}, "to 86400, such as 15"),
        ({"max_plans": 5}, "that many plans and an answer take 6 turns. Set max_steps=6"),
        ({"deps": "order", "reader": "spam"}, "Unknown reader 'spam'"),
        ({"max_plan": 2}, "has no keyword 'max_plan'. Did you mean 'max_plans'"),
        ({"reader": "spam"}, "Unknown reader 'spam'"),
        ({"reward": "f1", "judge": "rule"}, "takes no options"),
    ],
)
def test_bad_keywords_are_refused(keyword, message):
    with pytest.raises((ConfigError, LookupError), match=message.replace("(", r"\(")):
        make(**keyword)


@pytest.mark.filterwarnings("error")
def test_the_checker_has_nothing_to_say():
    env = gymnasium.make("hopgym/DagSearch-v0", questions="world?entities=300")
    check_env(env.unwrapped, skip_render_check=False)


def test_the_longest_transcript_fits_the_space():
    class Long(Source):
        def search(self, queries, k):
            documents = [
                [Document(f"{query}{n}", "<T" * 500, "<x" * 9_999) for n in range(k)]
                for query in queries
            ]
            return Hits(documents, [[1.0] * k for _ in queries])

    env = begin(max_plans=2, retriever=Long("s"), max_document_chars=700, top_k=5)
    nodes = "".join(f"\n{label}: {'word ' * 9}{label} (General)" for label in "ABCDEFGH")
    for turn in range(2):
        action = (
            f"<think>{'x' * 15_000}</think><search>{nodes.replace('word', f'word{turn}')}</search>"
        )
        text, *_, info = env.step(action)
        assert info["parse_error"] is None
    assert text in env.observation_space
    assert len(text) > env.observation_space.max_length / 4  # the bound is no idle one


def test_a_long_hostile_question_fits_the_space():
    question = Question("h", "\ufdfa" * 8_000 + "<a" * 400, ("x",))
    stage = make().stage
    text = stage_text(stage, question)
    assert len(text) <= stage.max_text


def stage_text(stage, question):
    return DagSearchEnv.episode_class(stage, question, 0).text


def test_a_layer_of_all_episodes_is_one_batch_for_each_source():
    sources = three_sources()
    env = DagSearchVectorEnv(3, **toy_kwargs(sources=sources, reward="f1"))
    env.reset(seed=0)
    env.step([PLAN, PLAN, PLAN.replace("where was {A} born (General)", "born {A} (News)")])
    assert [len(call) for call in sources["General"].calls] == [3, 2]
    assert [len(call) for call in sources["News"].calls] == [1]


def test_environments_are_picklable_by_their_spec():
    env = gymnasium.make("hopgym/DagSearch-v0", questions="world?entities=300", max_plans=2)
    assert pickle.loads(pickle.dumps(env.spec)).kwargs["max_plans"] == 2


PLAY = """
import gymnasium, hopgym, hashlib
mode = {mode!r}
keywords = dict(questions="world?entities=300", num_envs=3)
env = gymnasium.make_vec("hopgym/DagSearch-v0", **({{"vectorization_mode": mode}} if mode else {{}}), **keywords,
    **({{"vector_kwargs": {{"shared_memory": False}}}} if mode == "async" else {{}}))
if __name__ == "__main__":
    texts, _ = env.reset(seed=7)
    log = [texts]
    for _ in range(4):
        plan = "<think>t</think><search>A: river city founder (General)\\nB: author {{A}} (News)</search>"
        texts, rewards, *_ , infos = env.step([plan] * 3)
        log += [texts, rewards.tolist()]
        texts, rewards, *_ , infos = env.step(["<answer>Vel</answer>"] * 3)
        log += [texts, rewards.tolist()]
        texts, *_ = env.step(["x"] * 3)
    print(hashlib.sha256(repr(log).encode()).hexdigest())
    env.close()
"""


def test_one_seed_gives_the_same_bytes_in_every_process_and_mode():
    digests = {
        subprocess.run(
            [sys.executable, "-c", PLAY.format(mode=mode)],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for mode in ("", "sync", "async")
    }
    assert len(digests) == 1 and next(iter(digests)).strip()


def test_the_question_set_of_the_toy_has_one_collection():
    env = begin(questions=ToyQuestions(), retriever="bm25")
    info = env.step("<think>t</think><search>A: Vel (News)\nB: Vel (Academy)</search>")[-1]
    assert info["document_ids"] == ("d1",)
