import pytest

from hopgym.core import Fact, Question
from hopgym.errors import ConfigError, DataError, RewardError, UnknownNameError
from hopgym.rewards.kg.reader import (
    FACT_READERS,
    FactReader,
    Selection,
    make_fact_reader,
    read_answers,
    register,
)
from hopgym.rewards.kg.symbolic import SymbolicReader

FACTS = (Fact("Vel", "author", "Ada"), Fact("Ada", "lives", "Ull"))
QUESTION = Question(
    "q", "Where?", ("Ull",), facts=FACTS, topic_entities=("Vel",), answer_entities=("Ull",)
)
SELECTION = Selection("Where?", FACTS, ("Vel",))
EMPTY = Selection("Where?", (), ("Vel",))


def tails(selection):
    return [fact.tail for fact in selection.facts]


class Batched:
    """A model that is asked once for a batch."""

    def __init__(self, *, mark: str = "") -> None:
        self.mark, self.asked = mark, []

    def __call__(self, selection):
        return self.many([selection])[0]

    def many(self, selections):
        self.asked.append([s.lines for s in selections])
        return [[f"{s.question}{self.mark}"] for s in selections]


def test_a_selection_holds_no_gold():
    offered = {"offered": QUESTION.facts}
    assert Selection.of(QUESTION, [1, 0, 1]) == SELECTION._replace(**offered)
    assert Selection.of(QUESTION, []) == EMPTY._replace(**offered)
    assert SELECTION.lines == ("Vel, author, Ada", "Ada, lives, Ull")
    with pytest.raises(ConfigError, match="There is no fact 2"):
        Selection.of(QUESTION, [2])


def test_readers_by_name_by_path_and_as_they_are(tmp_path):
    assert type(make_fact_reader("symbolic")) is SymbolicReader
    assert isinstance(make_fact_reader("symbolic"), FactReader)
    assert list(FACT_READERS) == ["drag", "llm", "openai", "symbolic"]
    assert make_fact_reader(tails) is tails
    file = tmp_path / "mine_of_facts.py"
    file.write_text(
        "def read(selection, *, mark=''): return [f.tail + mark for f in selection.facts]\n"
        "class Mine:\n    def __call__(self, selection): return ['mine']\n"
    )
    assert make_fact_reader(f"{file}:read")(SELECTION) == ["Ada", "Ull"]
    assert make_fact_reader(f"{file}:read?mark=.")(SELECTION) == ["Ada.", "Ull."]
    assert make_fact_reader(f"{file}:Mine")(SELECTION) == ["mine"]


def test_a_registered_reader_takes_options(monkeypatch):
    monkeypatch.setattr(FACT_READERS, "_factories", dict(FACT_READERS._factories))
    monkeypatch.setattr(FACT_READERS, "_summaries", dict(FACT_READERS._summaries))
    register("batched", "Says the question.", Batched)
    assert make_fact_reader("batched?mark=!")(SELECTION) == ["Where?!"]
    with pytest.raises(ConfigError, match=r"no option 'mar'. Did you mean 'mark'"):
        make_fact_reader("batched?mar=!")


@pytest.mark.parametrize(
    "spec", [7, SymbolicReader, lambda: [], "builtins:len?x=1", "builtins:dict"]
)
def test_what_is_no_reader_is_refused(spec):
    with pytest.raises(ConfigError, match=r"fact reader|no option"):
        make_fact_reader(spec)


def test_an_unknown_name_is_met_with_the_nearest():
    with pytest.raises(UnknownNameError, match=r"Unknown fact reader 'symbol'.*'symbolic'"):
        make_fact_reader("symbol")


def test_a_batch_is_one_call_without_the_empty_ones():
    reader = Batched()
    assert read_answers(reader, [SELECTION, EMPTY, SELECTION]) == [["Where?"], [], ["Where?"]]
    assert reader.asked == [[SELECTION.lines, SELECTION.lines]]
    assert read_answers(reader, [EMPTY]) == [[]] and read_answers(reader, []) == []
    assert len(reader.asked) == 1
    assert read_answers(tails, [SELECTION, EMPTY]) == [["Ada", "Ull"], []]


def test_a_failure_is_never_no_answer():
    def broken(selection):
        raise OSError("no model")

    def ours(selection):
        raise DataError("known")

    with pytest.raises(RewardError, match=r"fact reader .*broken raised OSError: no model"):
        read_answers(broken, [SELECTION])
    with pytest.raises(DataError, match="known"):
        read_answers(ours, [SELECTION])


@pytest.mark.parametrize("answer", ["Ull", None, [3]])
def test_answers_are_a_list_of_texts(answer):
    with pytest.raises(ConfigError, match="return a list of texts"):
        read_answers(lambda selection: answer, [SELECTION])


def test_many_must_answer_each():
    class Short(Batched):
        def many(self, selections):
            return []

    with pytest.raises(ConfigError, match="gave 0 lists for 1 selections"):
        read_answers(Short(), [SELECTION])
