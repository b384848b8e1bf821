import pytest
from dag_episodes import CONSTANT, QUESTION, answer, answered, episode, plan

from hopgym.agents.phrases import next_part
from hopgym.core import Question
from hopgym.envs.datasets import make_questions
from hopgym.rewards.grounding import asks_of, is_grounded


@pytest.mark.parametrize(
    ("query", "question", "expected"),
    [
        ("director of Vel", "Where was the director of Vel born?", True),
        ("VEL (film)", "Where was the director of Vel born?", True),
        ("Vel/Ull/Orm/Elm/Tessa/Dorn", "Where was the director of Vel born?", True),
        ("/".join(["x1", "Elm"] * 6) + "/Vel", "Where was the director of Vel born?", False),
        ("Elm Ull Vel Dorn Tull", "Where was the director of Vel born?", False),
        ("Vele film", "Where was the director of Vel born?", False),  # another name
        ("birth year of Then Grotor", "Which is older, Then Grotor or Tork Stelin?", True),
        ("apple founder", "where was the ceo of apple born and raised", False),
        ("director birthplace", "Where was the director of Vel born?", False),
        ("where was the director born", "Where was the director of Vel born?", False),
        ("best director born in film town", "Where was the director of Vel born?", False),
        ("majority of Egypt near a river", "On which river do most Egyptians live?", True),
        ("Langa natter", "Who made L\u00e5nga n\u00e4tter?", True),
        ("1992 winners", "Who won in 1992?", True),
        ("what {A} is", "What is A?", False),
        ("CEO of apple", "who is the ceo of apple", True),  # no capitals: any content word
        ("nobel prize physics", "Who got the first nobel prize in physics, says Ull?", True),
        ("nobel peace prize", "Who got the first nobel prize in physics, says Ull?", False),
        (
            "nobel prize physics film town city river year",
            "The first nobel prize in physics?",
            False,
        ),
        ("\u6d77\u5357 GDP", "\u6d77\u5357\u7701\u7684\u4eba\u53e3?", True),
        ("\u5317\u4eac", "\u6d77\u5357\u7701\u7684\u4eba\u53e3?", False),
        ("", "Where?", False),
        ("", "Where was Vel made?", False),
    ],
)
def test_a_query_asks_for_what_the_question_names(query, question, expected):
    assert asks_of(query, question) is expected


def test_generic_words_in_number_do_not_stand_for_a_name():
    question = "Which university did the author of the oldest of these books attend, Vel or Orm?"
    stuffed = "author university book film attend city river town mentor"
    assert not asks_of(stuffed, question)
    assert asks_of("university the author attended", question)


def test_the_first_plan_must_be_about_the_question():
    assert is_grounded(QUESTION, answered("Ull"))
    assert not is_grounded(QUESTION, answered("Ull", CONSTANT))
    follow_up = {"A": ("Ada Orm birthplace", "General")}
    assert is_grounded(QUESTION, episode(plan(), plan(follow_up), answer("Ull")))
    assert not is_grounded(QUESTION, episode(plan(follow_up), plan(), answer("Ull")))
    assert not is_grounded(QUESTION, episode(answer("Ull")))


def test_most_searches_that_build_on_none_must_be_about_the_question():
    first = {"A": ("director of Vel", "General"), "B": ("film town", "General")}
    assert not is_grounded(QUESTION, answered("Ull", first))
    third = {**first, "C": ("year of Vel", "General")}
    assert is_grounded(QUESTION, answered("Ull", third))
    built = {**first, "B": ("town of {A}", "General"), "C": ("river of {B}", "General")}
    assert is_grounded(QUESTION, answered("Ull", built))


def test_names_of_many_questions_in_eight_glued_words_are_about_none():
    stuffed = "/".join(f"Name{n}" for n in range(200)) + "/Vel"
    nodes = {label: (f"{label}{stuffed}", "General") for label in "ABCDEFGH"}
    assert not is_grounded(QUESTION, answered("Ull", nodes))


def share_grounded(questions: list[Question]) -> float:
    """The share of questions whose gold hops, written as a plan, are grounded."""
    rows = [(q.text, _first(q)) for q in questions if q.hops]
    assert rows
    return sum(2 * sum(asks_of(q, text) for q in plan) > len(plan) for text, plan in rows) / len(
        rows
    )


def _first(question: Question) -> list[str]:
    """The queries of the gold hops that need no earlier answer."""
    return [hop.query for hop in question.hops if not hop.needs]


def test_gold_plans_of_the_world_are_grounded():
    for paraphrase in (0.0, 1.0):
        world = make_questions(f"world?entities=300&paraphrase={paraphrase}")
        assert share_grounded(list(world.questions("train"))) == 1.0


def test_gold_plans_of_musique_are_grounded(shared_data):
    loaded = make_questions(shared_data / "musique/musique_ans_dev_2417_no_paragraphs.json.gz")
    questions = list(loaded.questions(loaded.splits[0]))
    assert len(questions) == 2_417
    # The rest are labels of relations ("Allen >> located in the administrative territorial entity")
    # and ask what the question does not say: "What religion is discussed in this sentence?"
    assert share_grounded(questions) >= 0.955


def test_searches_for_parts_of_hotpotqas_questions_are_grounded_and_a_constant_is_not(shared_data):
    loaded = make_questions(shared_data / "hotpotqa/hotpot_dev_gold.jsonl.gz")
    texts = [question.text for question in loaded.questions("train")][:2_000]
    planned = [any(asks_of(query, text) for query in next_part(text).queries) for text in texts]
    assert sum(planned) >= 0.99 * len(texts)
    constant = "film actor director author born city country university year team"
    assert sum(asks_of(constant, text) for text in texts) <= 0.01 * len(texts)
