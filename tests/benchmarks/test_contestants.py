import pytest
from bench_tasks import Counting, toy_task
from tiny_llms import needs_llms, save_causal_lm

from hopgym.agents import AGENTS, register
from hopgym.agents.model_folder import write_model_folder
from hopgym.benchmarks.bench import run_bench
from hopgym.benchmarks.contestants import is_ceiling
from hopgym.benchmarks.leaderboard import load_board
from hopgym.benchmarks.results import read_records
from hopgym.errors import AgentError, ConfigError, ResultsError, UnknownNameError


def test_who_was_shown_the_gold_is_a_ceiling(tmp_path):
    run_bench([toy_task()], ["oracle", "random"], tmp_path)
    rows = {row.agent: row for row in load_board([tmp_path]).groups[0].rows}
    assert rows["oracle"].ceiling and not rows["random"].ceiling
    assert not is_ceiling(len)


def test_two_of_one_name_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"Two agents are called 'random'.*own name"):
        run_bench([toy_task()], ["random", "random"], tmp_path)
    with pytest.raises(ConfigError, match="Two tasks are called 'toy'"):
        run_bench([toy_task(), toy_task()], ["random"], tmp_path)


def test_language_models_with_options_keep_results_of_their_own(tmp_path):
    needs_llms()
    for seed, place in enumerate(("a/small", "b/small")):
        save_causal_lm(tmp_path / place, seed=seed)
    one, other = (f"llm?model={tmp_path / n}/small&max_new_tokens=4" for n in "ab")
    task = toy_task(seeds=(0,), env_kwargs={"max_steps": 1})
    with pytest.raises(ConfigError, match=r"Two agents are called 'small'.*FOLDER&name=mine"):
        run_bench([task], [one, other], tmp_path / "o")
    outcomes = run_bench([task], [one, f"{other}&name=other"], tmp_path / "o")
    assert [(o.agent, o.played) for o in outcomes] == [("small", 2), ("other", 2)]
    (first,) = {r.agent_fingerprint for r in read_records(outcomes[0].path).values()}
    (second,) = {r.agent_fingerprint for r in read_records(outcomes[1].path).values()}
    assert first and second and first != second
    kept = outcomes[0].path.read_bytes()
    for refused in (other, f"{one}&temperature=1"):  # by name they would go on where `one` stopped
        with pytest.raises(ResultsError, match="another agent called 'small'"):
            run_bench([task], [refused], tmp_path / "o")
    save_causal_lm(tmp_path / "a/small", seed=2)
    with pytest.raises(ResultsError, match=r"agent itself has changed.*--fresh"):
        run_bench([task], [one], tmp_path / "o")
    assert outcomes[0].path.read_bytes() == kept


def test_names_are_known_before_anybody_plays(tmp_path):
    write_model_folder(tmp_path / "made", "iterative_of", {})
    register("iterative_of", "For this test.", lambda *, model: Counting())
    try:
        for spec in (tmp_path / "made", f"{tmp_path}/made", f"iterative_of?model={tmp_path}"):
            with pytest.raises(ConfigError, match="Two agents are called 'counting'"):
                run_bench([toy_task()], [spec, Counting()], tmp_path / "o")
    finally:
        del AGENTS._factories["iterative_of"]
    with pytest.raises(UnknownNameError, match=r"Unknown agent 'lml'.*'llm'"):
        run_bench([toy_task()], ["random", "lml?model=x"], tmp_path / "o")
    assert not (tmp_path / "o").exists()


@pytest.mark.parametrize("name", [None, 3, " "])
def test_an_agents_name_must_be_text(tmp_path, name):
    agent = Counting()
    agent.name = name
    with pytest.raises(AgentError, match=rf"has the name {name!r}; a name must be text"):
        run_bench([toy_task()], [agent], tmp_path)
    assert not list(tmp_path.iterdir())
