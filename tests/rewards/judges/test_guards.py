import pytest

from hopgym.rewards.judges import Claim, guards, make_judge
from hopgym.rewards.judges.guards import LOOSE, STRICT
from hopgym.rewards.judges.wording import Pair

ASK = "Which city lies on the river Trator?"


def refusals(answer, gold="Ada Orm", question="Who founded the city?"):
    pair = Pair(question, answer, gold)
    return {name for name, guard in STRICT.items() if guard(pair)}


@pytest.mark.parametrize(
    ("answer", "gold", "guard"),
    [
        ("A", "Ada Orm", "degenerate"),
        ("the", "The Vel", "degenerate"),
        ("it is.", "It", "degenerate"),
        ("yes and no", "yes", "verdict"),
        ("no", "No Country", "verdict"),
        ("Ada Orm " + "x " * 13, "Ada Orm", "length"),
        ("Ada Orm" + " " * 3_000, "Ada Orm", "length"),
        ("It isn't Ada Orm", "Ada Orm", "negation"),
        ("Ada Orm, Bea Tull", "Ada Orm", "candidates"),
        ("Ada Orm or Bea Tull", "Ada Orm", "candidates"),
        ("Ada Orm (Bea)", "Ada Orm", "candidates"),
        ("Ada, Bea and Cid", "Ada and Bea", "candidates"),
        ("3 May 1990", "May 1990", "number"),
        ("May 1990", "3 May 1990", "number"),
        ("University of Vel", "University of Ull", "other"),
        ("Port", "Port Molin", "share"),
        ("Prulin Molin Tustear", "Molin", "surplus"),
        ("Ada Orm Bea Tull", "Ada Orm", "surplus"),
    ],
)
def test_each_guard_refuses_what_it_is_for(answer, gold, guard):
    assert guard in refusals(answer, gold)


def test_an_echo_is_refused_unless_it_holds_the_answer():
    assert "echo" in refusals("the river Trator", "River Trator Falls", ASK)
    held = refusals("Vel Mill", "Vel Mill", "Which is older, Vel Mill or Ull?")
    assert "echo" not in held


@pytest.mark.parametrize(
    ("answer", "gold"),
    [
        ("It was Ada Orm.", "Ada Orm"),
        ("The city was founded by Ada Orm", "Ada Orm"),
        ("Queen Tetisheri", "Tetisheri"),
        ("Ada Orm", "Ada Mason Orm"),
        ("8 January 1891", "January 8, 1891"),
        ("not Vel", "Not Vel"),
        ("Bea and Ada", "Ada and Bea"),
        ("9,000", "9000"),
    ],
)
def test_what_is_said_in_other_words_is_refused_by_none(answer, gold):
    assert refusals(answer, gold) == set()


def test_the_loose_guards_leave_room_for_one_place_more():
    city = Pair(ASK, "Leeds, West Yorkshire", "Leeds")
    assert guards.candidates(city) and not guards.loose_candidates(city)
    assert guards.surplus(city) and not guards.loose_surplus(city)
    assert guards.loose_candidates(Pair(ASK, "Leeds or York", "Leeds"))
    assert guards.loose_candidates(Pair(ASK, "Leeds, York, Hull", "Leeds"))
    assert guards.loose_surplus(Pair(ASK, "Leeds York Hull Ripon", "Leeds"))
    assert list(LOOSE) == list(STRICT)


@pytest.mark.parametrize(
    ("answer", "gold", "right"),
    [
        ("35", "3.5", 0.0),
        ("40", "-40", 0.0),
        ("21", "2-1", 0.0),
        ("1030", "10:30", 0.0),
        ("1000", "1,000", 1.0),
        ("10:30.", "10:30", 1.0),
        ("No idea", "no", 0.0),
        ("No one knows", "no", 0.0),
        ("No, it is not.", "no", 1.0),
        ("It didn't happen to John Fitzgerald Kennedy", "John Fitzgerald Kennedy", 0.0),
        ("anyone instead of John Fitzgerald Kennedy", "John Fitzgerald Kennedy", 0.0),
    ],
)
def test_marks_denials_and_shrugs_change_what_is_said(answer, gold, right):
    assert make_judge("rule").outcome([Claim("What?", answer, (gold,))])[0].value == right
