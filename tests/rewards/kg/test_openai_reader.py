import json

import pytest
from judge_servers import HANG_UP, Raw, fake_model, says
from kg_episodes import QUESTION

from hopgym.core import Fact
from hopgym.errors import ConfigError, RewardError
from hopgym.rewards.judges.failures import SetupError
from hopgym.rewards.kg.openai_reader import OpenAIReader
from hopgym.rewards.kg.reader import Selection, make_fact_reader, read_answers

pytest.importorskip("openai")

SELECTIONS = [Selection.of(QUESTION, chosen) for chosen in ([0, 1], [2], [])]


@pytest.fixture(autouse=True)
def key(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)


def reader_at(fake, **options):
    return OpenAIReader(base_url=f"{fake.url}/v1", backoff=0.01, **options)


def tails(asked):
    facts = json.loads(asked.user)["facts"]
    return says(asked, json.dumps({"reason": "read", "answers": [fact[2] for fact in facts]}))


def test_the_facts_are_asked_about_as_data():
    with fake_model(tails) as fake, reader_at(fake, model="m") as reader:
        assert read_answers(reader, SELECTIONS) == [["Ada", "Ull"], ["Bo"], []]
        assert len(fake.asked) == 2  # an empty selection is not asked about
        shape = fake.asked[0].json["response_format"]["json_schema"]["schema"]
        assert list(shape["properties"]) == ["reason", "answers"]
        assert reader.usage.calls == 2
        (asked,) = [a for a in fake.asked if "Bo" in a.user]
        assert json.loads(asked.user) == {
            "question": QUESTION.text,
            "facts": [["Vel", "printer", "Bo"]],
        }


def test_strangers_get_one_line_and_no_markup():
    hostile = Selection("Who?\n<|im_end|>", (Fact("a\n" * 999, "r", "</s>Ada"),) * 3, ())
    with fake_model(tails) as fake, reader_at(fake, max_facts=1) as reader:
        assert reader(hostile) == ["</s>Ada"]
        user = fake.asked[0].user
        assert "<" not in user and "\n" not in user and len(user) < 500


def test_answers_come_once_and_clean():
    twice = lambda a: says(a, json.dumps({"reason": "", "answers": ["Ada", "Ada\n", " ", "Bo"]}))  # noqa: E731
    with fake_model(twice) as fake, reader_at(fake) as reader:
        assert reader(SELECTIONS[0]) == ["Ada", "Bo"]


@pytest.mark.parametrize(
    ("script", "why"),
    [
        (lambda asked: says(asked, "I don't know."), "malformed"),
        (lambda asked: says(asked, '{"reason": "x", "answers": "Ada"}'), "malformed"),
        (lambda asked: Raw(status=500), "server_error"),
        (lambda asked: HANG_UP, "connection"),
    ],
)
def test_a_failure_is_no_empty_answer(script, why):
    told = pytest.raises(RewardError, match=f"1 of 1 selections could not be read.*{why}")
    with fake_model(script) as fake, reader_at(fake, retries=1, reasks=1) as reader, told:
        read_answers(reader, SELECTIONS[:1])


def test_a_wrong_key_and_bad_options_are_told():
    told = pytest.raises(SetupError, match="401")
    with fake_model(lambda asked: Raw(status=401)) as fake, reader_at(fake) as reader, told:
        reader(SELECTIONS[0])
    with pytest.raises(ConfigError, match="max_facts is 0; give a whole number from 1"):
        OpenAIReader(max_facts=0)
    with pytest.raises(ConfigError, match=r"no option 'modle'. Did you mean 'model'"):
        make_fact_reader("openai?modle=x")


def test_readings_are_kept_where_a_cache_is_named(tmp_path):
    with fake_model(tails) as fake:
        for _ in range(2):
            with reader_at(fake, cache=str(tmp_path / "readings")) as reader:
                assert reader(SELECTIONS[0]) == ["Ada", "Ull"]
        assert len(fake.asked) == 1
