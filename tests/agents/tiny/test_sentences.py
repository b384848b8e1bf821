from hopgym.agents.tiny.sentences import compared, met, statement
from hopgym.core import Fact
from hopgym.envs.datasets.world.relations import BY_NAME


def test_a_statement_is_in_the_words_of_the_question():
    assert statement(Fact("Vel", "singer", "Bo")) == "The singer of Vel is Bo."


def test_numbers_are_picked_rightly():
    assert compared(BY_NAME["population"], [99_000, 100_000, 5], most=True) == (
        "The largest of 99000, 100000 and 5 is 100000."
    )


def test_who_fulfils_conditions_is_said_after_them():
    facts = [Fact("Vel", "captain", "Bo"), Fact("Vel", "builder", "Orm Works")]
    assert (
        met("ship", facts)
        == "The ship that has the captain Bo and had the builder Orm Works is Vel."
    )
