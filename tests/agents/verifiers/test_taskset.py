import pytest

pytest.importorskip("verifiers")

from hopgym.agents.verifiers.loading import load_environment
from hopgym.envs.datasets import make_questions
from hopgym.errors import ConfigError

WORLD = "world?entities=300&hops=1-2&train=4&dev=2&test=6"


def test_tasks_are_the_questions_without_their_gold():
    tasks = list(load_environment(questions=WORLD, split="test", seed=3).taskset)
    questions = make_questions(WORLD).questions("test")
    assert [task.data.question_id for task in tasks] == [q.id for q in questions]
    assert len({task.key for task in tasks}) == 6 and tasks[0].data.seed == 3
    assert tasks[0].data.prompt is None and "Step k:" in tasks[0].data.system_prompt
    for task, question in zip(tasks, questions, strict=True):
        asked = task.data.model_dump_json().replace(question.text, "")
        assert not any(answer in asked for answer in question.answers if len(answer) > 4)
        assert not any(id in asked for id in question.document_ids)


def test_mistakes_show_before_a_model_is_asked():
    with pytest.raises(ConfigError, match="top_kk"):
        load_environment(questions=WORLD, env_kwargs={"top_kk": 3})
    with pytest.raises(ConfigError, match="has split: a field of its own"):
        load_environment(questions=WORLD, env_kwargs={"split": "dev"})
    arrays = {"observation": "padded"}
    with pytest.raises(ConfigError, match="not played in text"):
        load_environment("hopgym/KGSubgraph-v0", questions=WORLD, env_kwargs=arrays)
