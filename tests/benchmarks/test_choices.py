from dataclasses import replace

import pytest

from hopgym.agents import AGENTS, register
from hopgym.benchmarks.choices import (
    able,
    adapt,
    choose_suite,
    questions_label,
    read_seeds,
    ready_tasks,
    split_names,
)
from hopgym.benchmarks.suites import QUICK, REAL, Task
from hopgym.errors import ConfigError, MissingExtraError, UnknownNameError

ENV = "hopgym/SearchRead-v0"


def choose(suite=None, envs=None, agents=None, questions=None, split=None, keywords=None):
    return choose_suite(suite, envs, agents, questions, split, keywords)


def test_the_default_suite_is_quick():
    assert choose() == choose("quick") == QUICK
    with pytest.raises(UnknownNameError, match="Did you mean 'quick'"):
        choose("quik")


def test_environments_make_a_suite_of_their_own():
    made = choose(envs=[f"mine.py:{ENV}"], agents=["a,b"], keywords=["top_k=5", "max_steps=2"])
    assert made.name == "custom" and made.agents == ("a", "b")
    (task,) = made.tasks
    assert (task.name, task.env_id) == ("SearchRead-v0.world", f"mine.py:{ENV}")
    assert (task.questions, task.split) == ("world", "test")
    assert task.env_kwargs == {"top_k": 5, "max_steps": 2}


def test_the_split_may_be_left_out_where_it_is_plain_which(tmp_path):
    (tmp_path / "q.jsonl").write_text('{"question": "Who?", "answer": "Ada"}\n')
    options = {"envs": [ENV], "agents": ["a"], "questions": str(tmp_path / "q.jsonl")}
    assert choose(**options).tasks[0].split == "train"
    assert choose(**options, split="said").tasks[0].split == "said"
    for split in ("dev", "train"):
        (tmp_path / "questions").mkdir(exist_ok=True)
        line = '{"id": "q", "text": "Who?", "answers": ["Ada"]}\n'
        (tmp_path / "questions" / f"{split}.jsonl").write_text(line)
    with pytest.raises(ConfigError, match=r"has several splits: dev, train. Say which"):
        choose(**{**options, "questions": str(tmp_path)})


@pytest.mark.parametrize(
    ("source", "label"),
    [
        ("world", "world"),
        ("world?entities=300&hops=2", "world?entities=300&hops=2"),
        ("mine/q.jsonl", "q"),
        ("mine/q.v2.jsonl.gz?documents=mine/d.jsonl", "q.v2"),
        ("plain?path=mine/q.json&documents=d.jsonl&split=dev", "q?split=dev"),
        ("mine/sets.py:Mine?size=3", "sets.py:Mine?size=3"),
        ("mine", "mine"),
    ],
)
def test_a_task_is_named_by_its_questions_from_wherever_one_looks(
    tmp_path, monkeypatch, source, label
):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "q.jsonl").write_text("")
    monkeypatch.chdir(tmp_path)
    assert questions_label(source) == label
    monkeypatch.chdir(tmp_path / "mine")
    assert questions_label(source.replace("mine/", "")) == label
    assert questions_label("../mine/q.jsonl?documents=../d.jsonl") == "q"
    assert questions_label(".") == "mine"
    (task,) = choose(envs=[ENV], agents=["a"], questions=source, split="test").tasks
    assert task.name == f"SearchRead-v0.{label}"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"suite": "quick", "envs": [ENV]}, "either --suite or --envs"),
        ({"envs": [ENV]}, "--envs needs --agents"),
        ({"split": "dev"}, "--split belongs to --envs"),
        ({"envs": [ENV], "agents": ["a"], "keywords": ["top_k"]}, "write name=value"),
        ({"envs": [ENV], "agents": ["a,"]}, "empty name"),
    ],
)
def test_options_that_do_not_fit_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        choose(**options)


def test_what_is_said_of_all_tasks_is_put_in():
    task = Task(name="t", env_id=ENV, episodes=9, seeds=(4,))
    assert adapt(task, None, None, None) == task
    changed = adapt(task, 2, "0, 1", None)
    assert adapt(task, 2, None, None, spread=True).spread and not changed.spread
    assert adapt(replace(task, spread=True), 2, None, None).spread  # as its suite says
    assert (changed.episodes, changed.seeds) == (2, (0, 1))


def test_lists_of_names_and_numbers():
    assert read_seeds("3") == (3,) and split_names(None) == []
    assert split_names(["a, b", "c"]) == ["a", "b", "c"]
    with pytest.raises(ConfigError, match="whole numbers, such as 0,1,2"):
        read_seeds("1;2")


def test_files_of_the_data_folder_are_looked_for_before_anybody_plays(tmp_path):
    assert ready_tasks(QUICK.tasks, 2, None, None)[0].episodes == 2
    with pytest.raises(
        ConfigError, match=r"(?s)6 files are missing in .*hotpotqa_train_100.json.gz"
    ):
        ready_tasks(REAL.tasks, None, None, str(tmp_path))


def test_a_suites_agents_that_lack_an_extra_are_left_out_and_told():
    def needy():
        raise MissingExtraError('Run: pip install "hopgym[llm]"')

    register("needy", "For this test.", needy)
    try:
        names, (told,) = able(["random", "needy", "oracle"])
    finally:
        del AGENTS._factories["needy"]
    assert names == ["random", "oracle"]
    assert told == 'needy does not play: Run: pip install "hopgym[llm]"'
    assert able(QUICK.agents) == (list(QUICK.agents), [])
