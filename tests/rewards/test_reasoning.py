from collections import defaultdict
from dataclasses import replace

import pytest
from dag_episodes import EmJudge
from playing import play as play_world

from hopgym.agents.expert.agent import ExpertAgent
from hopgym.agents.oracle import OracleAgent
from hopgym.core import Hit, Hop, Question, Step, Trajectory
from hopgym.envs.datasets import make_questions
from hopgym.errors import ConfigError, UnknownNameError
from hopgym.retrieval.base import Hits
from hopgym.rewards.judges import ProcessVerdict
from hopgym.rewards.reasoning import judged_reasoning, reasoning_accuracy

FIRST = Hop("Who directed Vel?", "Ada Orm", ("d1",))
SECOND = Hop("Where was Ada Orm born?", "Tessa", ("d2",), needs=(0,))
QUESTION = Question(
    "q",
    "Where was the director of Vel born?",
    ("Tessa", "Tessa Town"),
    hops=(FIRST, SECOND),
    document_ids=("d1", "d2"),
)
ONE = replace(QUESTION, text="Who directed Vel?", answers=("Ada Orm",), hops=(FIRST,))
SHOWN = (
    "\nThe retrieval documents:\nVel | Vel is a film directed by Ada Orm in Sark.\n"
    "Bo Lin | Bo Lin met Kim Sol and Jan Toor at Mount Rive in 1931.\n"
    "Ull | The river Ull runs from Kest Peak past Dorn, Halm and Nool to Lake Ferry."
)


def query(analysis, text, *found, shown=SHOWN, new=True):
    hits = tuple(Hit(id, 1.0, 0, new) for id in found)
    parsed = {"kind": "query", "analysis": analysis, "text": text}
    return Step(0, text, parsed, shown if hits else "", queries=(text,), hits=hits)


def accuracy(*steps, question=QUESTION):
    return reasoning_accuracy(question, Trajectory("q", "e", steps=steps))


ASKS_FIRST = query("I look for the director of Vel.", "director of Vel", "d1", "d8", "d9")
ASKS_SECOND = query("Vel was directed by Ada Orm.", "birthplace of Ada Orm", "d2")
ANSWERS = Step(0, "a", {"kind": "answer", "analysis": "Tessa.", "text": "Tessa"})
REFUSED = Step(0, "?", parse_error="no_step")


def test_every_query_follows_from_what_was_said():
    assert accuracy(ASKS_FIRST, ASKS_SECOND, ANSWERS) == 1.0
    assert accuracy(ASKS_FIRST, REFUSED, ASKS_SECOND, ANSWERS) == 1.0  # the format's matter


@pytest.mark.parametrize(
    "analysis",
    ["I look for the birthplace.", "", "Adam Ormond directed it.", "Ada directed it.", "Vel, Vel!"],
)
def test_a_bridge_that_is_not_named_does_not_count(analysis):
    assert accuracy(ASKS_FIRST, query(analysis, "birthplace of Ada Orm", "d2"), ANSWERS) == 0.5


def test_a_bridge_named_before_needs_not_be_named_again():
    lost = query("So it was Ada Orm.", "Orm's birthplace", "d7")
    again = query("I ask again.", "where was Ada Orm born", "d2")
    assert accuracy(ASKS_FIRST, lost, again) == pytest.approx(2 / 3)


def test_a_query_that_finds_no_gold_document_does_not_count():
    lost = query("Vel was directed by Ada Orm.", "birthplace of Ada Orm", "d7")
    assert accuracy(ASKS_FIRST, lost) == pytest.approx(1 / 3)  # and one hop was left out
    assert accuracy(query("About Vel.", "Vel")) == 0.0


def test_a_document_shown_before_counts_when_it_is_asked_for():
    by_the_way = query("I look for the director of Vel.", "director of Vel", "d1", "d2")
    asked = query("Vel was directed by Ada Orm.", "birthplace of Ada Orm", "d2", new=False)
    assert accuracy(by_the_way, asked) == 1.0
    assert accuracy(by_the_way, ANSWERS) == 1.0  # there was nothing left to ask for
    assert accuracy(by_the_way, query("Hm.", "birthplace of Ada Orm", "d2", new=False)) == 0.5


def test_to_stop_early_gains_nothing():
    assert accuracy(ASKS_FIRST, ANSWERS) == 0.5
    assert accuracy(ANSWERS) == accuracy() == accuracy(REFUSED) == 0.0


def test_asking_again_gains_nothing():
    assert accuracy(*[ASKS_FIRST] * 4) == pytest.approx(1 / 5)
    shouted = query("I look for the director of Vel.", "The DIRECTOR of Vel!", "d1")
    assert accuracy(ASKS_FIRST, shouted, ASKS_SECOND) == pytest.approx(2 / 3)
    others = [query("About Vel.", f"Vel {n}", "d1") for n in range(3)]  # one hop, one step
    assert accuracy(ASKS_FIRST, *others, ASKS_SECOND) == pytest.approx(2 / 5)


def test_each_step_takes_a_hop_of_its_own_and_order_does_not_matter():
    hops = (
        Hop("What is the age of Vel?", "7", ("d1",)),
        Hop("What is the age of Orm?", "9", ("d2",)),
    )
    question = replace(QUESTION, text="Which is older, Vel or Orm?", answers=("Orm",), hops=hops)
    orm = query("How old is Orm?", "age of Orm", "d1", "d2")
    vel = query("How old is Vel?", "age of Vel", "d1")
    assert accuracy(orm, vel, question=question) == accuracy(vel, orm, question=question) == 1.0


@pytest.mark.parametrize(
    "say",
    [
        lambda: SHOWN.replace("\n", " "),
        lambda: SHOWN.lower(),
        lambda: "Ada Orm, Bo Lin, Kim Sol, Jan Toor, Mount Rive",
        lambda: "Is it Ada Orm or 1931 or Kest Peak or Dorn or Lake Ferry?",
    ],
)
def test_a_copy_of_what_was_shown_names_nothing(say):
    assert accuracy(ASKS_FIRST, query(say(), "birthplace of Ada Orm", "d2")) == 0.5


@pytest.mark.parametrize(
    "analysis",
    [
        "Vel is a film directed by Ada Orm in Sark.",
        "The director of Vel is Ada Orm, not Bo Lin or Kim Sol. I look for her birthplace next.",
    ],
)
def test_to_quote_a_sentence_or_to_weigh_two_names_is_no_copy(analysis):
    assert accuracy(ASKS_FIRST, query(analysis, "birthplace of Ada Orm", "d2")) == 1.0


def test_a_question_of_one_hop_needs_no_bridge():
    assert accuracy(ASKS_FIRST, ANSWERS, question=ONE) == 1.0
    assert accuracy(query("I draw a query.", "Vel", "d1"), question=ONE) == 0.0


def test_accents_in_an_analysis_do_not_matter():
    hop = Hop("Who directed Långa Vel?", "Ada", ("d1",))
    question = replace(ONE, text="Who directed Långa Vel?", hops=(hop,))
    assert accuracy(query("I look for Långa.", "Långa", "d1"), question=question) == 1.0


def test_without_gold_hops_there_is_nothing_to_tell():
    assert accuracy(ASKS_FIRST, question=replace(QUESTION, hops=())) is None
    bare = tuple(replace(hop, document_ids=()) for hop in QUESTION.hops)
    assert accuracy(ASKS_FIRST, question=replace(QUESTION, hops=bare)) is None


WORLD = "world?entities=400&dev=40"
GOLD = {question.id: question for question in make_questions(WORLD).questions("dev")}


class FindsGold:
    """Finds the document of a gold hop by its query, and nothing else."""

    fingerprint = "gold"

    def __init__(self):
        documents = {document.id: document for document in make_questions(WORLD).documents}
        self._found = {
            hop.query: [documents[id] for id in hop.document_ids]
            for question in GOLD.values()
            for hop in question.hops
        }

    def search(self, queries, k):
        rows = [self._found.get(query, [])[:k] for query in queries]
        return Hits(rows, [[1.0] * len(row) for row in rows])


def by_type(agent, **changes):
    found = defaultdict(list)
    for episode in play_world(agent, WORLD, limit=40, **{"max_steps": 10, **changes}):
        question = GOLD[episode.job.question_id]
        assert episode.metrics["reasoning_accuracy"] == reasoning_accuracy(
            question, episode.trajectory
        )
        found[question.type].append(episode.metrics["reasoning_accuracy"])
    assert set(found) == {"chain", "comparison", "intersection", "mixed"}
    return found


def mean(found):
    values = [value for row in found.values() for value in row]
    return sum(values) / len(values)


def test_the_expert_reasons_rightly_about_every_kind_of_question():
    assert all(set(row) == {1.0} for row in by_type(ExpertAgent(), retriever=FindsGold()).values())
    assert mean(by_type(ExpertAgent())) > 0.85  # what BM25 does not find costs


@pytest.mark.parametrize("agent", ["random", "oracle", "single_shot", "closed_book"])
def test_who_says_nothing_has_none(agent):
    assert mean(by_type(agent)) == 0.0


class Copies(OracleAgent):
    """Says all that was shown, and asks for it again or, with the gold at hand, for what is next."""

    def __init__(self, *, gold):
        super().__init__()
        self.asks_gold = gold

    def play(self, view):
        shown = [f"{title}: {text}" for title, text in view.documents]
        gold = dict.fromkeys(hop.query for hop in self.gold(view).hops)
        queries = list(gold) if self.asks_gold else [view.question, *(s[:300] for s in shown)]
        if len(view.queries) < len(queries) and view.may_search:
            return view.ask(" ".join(shown) or view.question, queries[len(view.queries)])
        return view.answer(" ".join(shown), "unknown")


def test_who_copies_everything_has_little():
    assert mean(by_type(Copies(gold=False))) < 0.15
    assert mean(by_type(Copies(gold=True))) < 0.4


def verdict(coherence, **changes):
    return ProcessVerdict(coherence, 0.1, 0.2, **changes)


class Coherent(EmJudge):
    """Finds a step coherent by its analysis."""

    def process(self, claims):
        self.batches.append(("process", list(claims)))
        lost = verdict(0.0, reason="away", unscored=True)
        return [lost if "?" in c.analysis else verdict(len(c.analysis) / 10) for c in claims]


def steps(*analyses):
    return Trajectory("q", "e", steps=(*(query(text, "x") for text in analyses), ANSWERS))


def test_a_judge_tells_how_coherent_the_queries_are():
    judge = Coherent()
    items = [(QUESTION, steps("12345", "1234567")), (ONE, steps("1"))]
    assert judged_reasoning(judge, items) == [pytest.approx(0.6), 0.1]
    assert [len(claims) for _, claims in judge.batches] == [3]  # asked once, for all


def test_what_a_judge_leaves_unscored_is_no_zero():
    items = [(QUESTION, steps("12345", "?")), (QUESTION, steps("12345")), (QUESTION, steps())]
    assert judged_reasoning(Coherent(), items) == [None, 0.5, 0.0]


def test_a_judge_goes_by_name_and_needs_no_gold():
    (score,) = judged_reasoning(
        "rule",
        [(replace(QUESTION, hops=()), Trajectory("q", "e", steps=(ASKS_FIRST,)))],
    )
    assert score == 1.0
    with pytest.raises(UnknownNameError, match="Did you mean 'rule'"):
        judged_reasoning("rul", [])
    with pytest.raises(ConfigError, match="is no judge"):
        judged_reasoning(3, [])
