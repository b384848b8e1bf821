import json

import pytest
from grpo_runs import DAG, SEARCH_READ, WORLD
from tiny_llms import CHAT, save_causal_lm

pytest.importorskip("peft")
pytest.importorskip("trl")

from hopgym.agents.grpo.playing import env_kwargs, held_out_kwargs, make_bridge, settled
from hopgym.agents.grpo.settings import GRPOSettings
from hopgym.envs.datasets import make_questions
from hopgym.errors import ConfigError

PLAIN = [{"id": "1", "question": "Who made Vel?", "answer": "Ada"}]


@pytest.fixture
def plain(tmp_path):
    file = tmp_path / "data.json"
    file.write_text(json.dumps(PLAIN))
    return file


def kwargs_of(**settings):
    return env_kwargs(GRPOSettings(**settings))


def test_by_default_plans_are_judged_by_rule_with_the_curriculum():
    assert kwargs_of() == {"curriculum_steps": 30, "judge": "rule"}
    assert kwargs_of(env_id=SEARCH_READ) == {}


def test_what_is_given_goes_to_the_environment():
    told = kwargs_of(
        env_set=("top_k=2",), retriever="exa", judge="openai", reward="dag_original",
        curriculum_steps=5,
    )  # fmt: skip
    assert told == {
        "top_k": 2, "retriever": "exa", "reward": "dag_original", "curriculum_steps": 5,
        "judge": "openai",
    }  # fmt: skip


def test_a_judge_is_part_of_other_rewards():
    assert kwargs_of(env_id=SEARCH_READ, judge="openai") == {"reward": "r3_paper?judge=openai"}
    told = kwargs_of(reward="outcome", judge="openai?model=a&base_url=http://b")
    assert told == {"reward": "outcome?judge=openai%3Fmodel%3Da%26base_url%3Dhttp%3A%2F%2Fb"}


def test_a_judge_that_has_no_place_is_refused():
    with pytest.raises(ConfigError, match=r"judge is 'openai': .* --reward 'NAME\?judge"):
        kwargs_of(env_id=SEARCH_READ, reward="r3_paper?judge=rule", judge="openai")
    with pytest.raises(ConfigError, match="in hopgym/Other-v0 the reward has the judge"):
        kwargs_of(env_id="hopgym/Other-v0", judge="openai")


@pytest.mark.parametrize("name", ["questions", "split", "reward", "retriever", "judge"])
def test_what_has_a_flag_of_its_own_is_not_set_otherwise(name):
    flag = {"questions": "data_path"}.get(name, name)
    with pytest.raises(ConfigError, match=f"'{name}' cannot be set by --env_set: use --{flag}"):
        kwargs_of(env_set=(f"{name}=x",))


def test_held_out_questions_pay_no_judge():
    told = held_out_kwargs(kwargs_of(judge="openai", retriever="exa"))
    assert told == {"curriculum_steps": 30, "judge": "rule", "retriever": "exa"}
    assert held_out_kwargs({"top_k": 1}) == {"top_k": 1}


@pytest.mark.parametrize(("template", "style"), [(None, "plain"), (CHAT, "chat")])
def test_a_model_with_a_chat_template_is_asked_in_chats(tmp_path, template, style):
    folder = save_causal_lm(tmp_path / "model", chat_template=template)
    assert settled(GRPOSettings(model_name=str(folder))).prompt == style


def test_a_model_that_was_trained_here_says_how_it_is_asked(tmp_path):
    folder = save_causal_lm(tmp_path / "model", chat_template=CHAT)
    options = {"prompt": "plain", "instructions": True, "max_new_tokens": 9}
    (folder / "hopgym.json").write_text(json.dumps({"kind": "llm", "options": options}))
    asked = GRPOSettings(model_name=str(folder))
    assert settled(asked) == GRPOSettings(model_name=str(folder), prompt="plain", instructions=True)
    told = settled(GRPOSettings(model_name=str(folder), instructions=False))
    assert (told.prompt, told.instructions) == ("plain", False)


def test_tiny_is_asked_in_plain_text():
    assert settled(GRPOSettings(model_name="tiny")).prompt == "plain"


def test_what_is_said_is_not_looked_up():
    settings = GRPOSettings(model_name="/nowhere", prompt="chat")
    assert settled(settings) is settings
    with pytest.raises(ConfigError, match="/nowhere"):
        settled(GRPOSettings(model_name="/nowhere"))


def test_a_bridge_plays_as_the_settings_say(monkeypatch):
    monkeypatch.setattr("hopgym.agents.grpo.playing.Bridge", lambda *of, **told: (of, told))
    settings = GRPOSettings(
        data_path=WORLD, prompt="plain", max_new_tokens=9, num_envs=3, seed=7, resample=2,
        mask_overlong=False, watch_every=5,
    )  # fmt: skip
    (env_id,), told = make_bridge(settings, make_questions(WORLD), {"top_k": 1})
    assert env_id == DAG and told["prompts"].style == "plain"
    for name in ("max_new_tokens", "num_envs", "seed", "resample", "mask_overlong", "watch_every"):
        assert told[name] == getattr(settings, name)
    assert told["context"] is None and not told["shuffled"] and told["env_kwargs"] == {"top_k": 1}


def test_questions_without_documents_need_something_that_searches(plain):
    settings = GRPOSettings(data_path=str(plain), prompt="plain")
    with pytest.raises(ConfigError, match="data has questions and no documents") as caught:
        make_bridge(settings, make_questions(str(plain)), env_kwargs(settings))
    for way in ("--exa_api_key", "--retriever exa", "?documents=DOCUMENTS.jsonl"):
        assert way in str(caught.value)
    said = GRPOSettings(data_path=str(plain), prompt="plain", retriever="empty")
    assert make_bridge(said, make_questions(str(plain)), env_kwargs(said)).index.ids == ["1"]


def test_documents_of_their_own_are_searched(plain, tmp_path):
    documents = tmp_path / "documents.jsonl"
    documents.write_text('{"id": "d", "title": "Vel", "text": "Vel is by Ada."}\n')
    settings = GRPOSettings(data_path=f"{plain}?documents={documents}", prompt="plain")
    made = make_bridge(settings, make_questions(settings.data_path), env_kwargs(settings))
    assert made.index.ids == ["1"]


def test_keywords_that_there_are_not_are_refused():
    settings = GRPOSettings(data_path=WORLD, prompt="plain", env_set=("top=1",))
    with pytest.raises(ConfigError, match=r"has no keyword 'top'.*'top_k'"):
        make_bridge(settings, make_questions(WORLD), env_kwargs(settings))
