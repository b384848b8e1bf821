import sys
import types

import pytest

pytest.importorskip("verifiers")

import verifiers.v1 as vf

from hopgym.agents.rollout import Job, rollout
from hopgym.agents.verifiers.foreign import register_verifiers, rendered
from hopgym.errors import ConfigError


class SumData(vf.TaskData):
    answer: str


class SumTask(vf.Task[SumData]):
    @vf.reward
    async def right(self, trace) -> float:
        return float(self.data.answer == trace.last_reply)


class SumTaskset(vf.Taskset[SumTask, vf.TasksetConfig]):
    def load(self):
        for n in range(4):
            yield SumTask(SumData(id=f"sum-{n}", prompt=f"{n} + {n}?", answer=str(2 * n)))


class CountConfig(vf.EnvConfig):
    player: vf.AgentConfig = vf.AgentConfig()


class CountData(vf.TaskData):
    pass


class CountTask(vf.Task[CountData]):
    pass


class CountTaskset(vf.Taskset[CountTask, vf.TasksetConfig]):
    INFINITE = True

    def load(self):
        n = 0
        while True:
            yield CountTask(CountData(name=f"count-{n}"))
            n += 1


class CountEnv(vf.Env[CountConfig]):
    """Asks three times; every right reply pays."""

    async def run(self, task, agents):
        paid = 0.0
        async with agents.player.interaction(task) as interaction:
            for n in range(3):
                segment = await interaction.turn(f"What comes after {n}?")
                paid += segment.last_reply == str(n + 1)
        interaction.trace.record_reward("paid", paid)


@pytest.fixture(scope="module", autouse=True)
def plugins():
    for name, parts in (("toy_sums", [SumTaskset]), ("toy_count", [CountTaskset, CountEnv])):
        module = types.ModuleType(name)
        module.__dict__.update({part.__name__: part for part in parts})
        module.__all__ = [part.__name__ for part in parts]
        sys.modules[name] = module
    yield
    for name in ("toy_sums", "toy_count"):
        del sys.modules[name]


def played(env_id, questions, agent, num_envs=2):
    jobs = [Job(question.id, 0) for question in questions.questions("test")]
    kwargs = {"questions": questions, "split": "test"}
    episodes = rollout(env_id, agent, jobs, env_kwargs=kwargs, num_envs=num_envs)
    return sorted(episodes, key=lambda episode: episode.job.question_id)


def test_a_taskset_is_played_and_scored():
    questions = register_verifiers("toy/Sums-v0", {"taskset": {"id": "toy_sums"}})
    assert [(q.id, q.answers) for q in questions.questions("test")][1] == ("sum-1", ("2",))

    def four(observation):
        assert observation.startswith("[user]\n")
        return "4"

    episodes = played("toy/Sums-v0", questions, four)
    assert [episode.reward for episode in episodes] == [0.0, 0.0, 1.0, 0.0]
    assert [episode.metrics["score"] for episode in episodes] == [0.0, 0.0, 1.0, 0.0]
    assert [episode.metrics["em"] for episode in episodes] == [0.0, 0.0, 1.0, 0.0]


def test_an_environment_of_several_turns():
    config = {"taskset": {"id": "toy_count"}}
    with pytest.raises(ConfigError, match="no end: say how many tasks"):
        register_verifiers("toy/Count-v0", config)
    questions = register_verifiers("toy/Count-v0", config, limit=3, score=lambda reward: reward / 3)

    def follow(observation):
        return str(int(observation.rpartition("after ")[2][0]) + 1)

    episodes = played("toy/Count-v0", questions, follow, num_envs=3)
    assert [episode.reward for episode in episodes] == [3.0, 3.0, 3.0]
    assert [len(episode.trajectory.steps) for episode in episodes] == [3, 3, 3]
    assert episodes[0].metrics == {"steps": 3.0, "score": 1.0}


def test_messages_are_told_by_their_role():
    parts = [{"type": "text", "text": "See"}, {"type": "image_url"}]
    messages = [{"role": "system", "content": "Be."}, {"role": "user", "content": parts}]
    assert rendered(messages) == "[system]\nBe.\n\n[user]\nSee\n(image_url)"
