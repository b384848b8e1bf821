import pytest

from hopgym.errors import ConfigError, UnknownNameError
from hopgym.rewards.judges import JUDGES, Claim, Verdict, make_judge, register
from hopgym.rewards.judges.rule import RuleJudge

OWN = """
from hopgym.rewards.judges import ProcessVerdict, Verdict

class Short:
    name = "short"
    fingerprint = "short-1"
    def __init__(self, *, most: int = 3):
        self.most = most
    def outcome(self, claims):
        return [Verdict(float(len(claim.answer) <= self.most)) for claim in claims]
    semantic = outcome
    def process(self, claims):
        return [ProcessVerdict(1, 1, 1) for _ in claims]

ready = Short(most=5)

def broken():
    return 5

def raising():
    raise OSError("no disk")

class Model(Short):
    def __init__(self, path, size=3, *, most: int = 3):
        self.most = most

model = Model("weights")

def with_model(*, most: int = 3):
    return Model("weights", most=most)

class Half:
    name = "half"
    def outcome(self, claims): ...

half = Half()

class Called(Short):
    def fingerprint(self):
        return "x"

class Flat(Short):
    process = None

class Raises(Short):
    @property
    def fingerprint(self):
        raise KeyError("weights")
"""


def value(judge, answer):
    return judge.outcome([Claim("Who?", answer, ("Ada",))])[0].value


@pytest.fixture
def own(tmp_path):
    (tmp_path / "own_judge.py").write_text(OWN)
    return str(tmp_path / "own_judge.py")


def test_by_name_with_options():
    assert type(make_judge("rule")) is RuleJudge and make_judge("rule").strict
    assert not make_judge("rule?strict=false").strict
    assert all(JUDGES.summary(name) for name in JUDGES)


def test_a_judge_stays_what_it_is(own):
    mine = RuleJudge()
    assert make_judge(mine) is mine
    assert value(make_judge(f"{own}:ready"), "Adair") == 1


def test_ones_own_by_file_and_by_name(own):
    assert value(make_judge(f"{own}:Short"), "Adair") == 0
    assert value(make_judge(f"{own}:Short?most=9"), "Adair") == 1
    register("short_test", "Short answers are right.", f"{own}:Short")
    assert make_judge("short_test").outcome([]) == []
    assert make_judge("short_test").outcome([Claim("", "x", ())]) == [Verdict(1.0)]


def test_what_is_no_judge_is_refused(own):
    with pytest.raises(UnknownNameError, match=r"Unknown judge 'rul'. Did you mean 'rule'"):
        make_judge("rul")
    with pytest.raises(ConfigError, match=r"'rule' has no option 'strickt'. Did you mean 'strict'"):
        make_judge("rule?strickt=true")
    with pytest.raises(ConfigError, match="is no judge: int has no `name`, `fingerprint`, `outc"):
        make_judge(f"{own}:broken")
    with pytest.raises(ConfigError, match="raised OSError: no disk"):
        make_judge(f"{own}:raising")
    with pytest.raises(ConfigError, match=r"is no judge: it is a class; give .*, RuleJudge\("):
        make_judge(RuleJudge)
    with pytest.raises(ConfigError, match="5 is no judge"):
        make_judge(5)


@pytest.mark.parametrize("name", ["Half", "half"])
def test_what_is_missing_is_named(own, name):
    with pytest.raises(
        ConfigError,
        match=r"is no judge: Half has no `fingerprint`, `semantic` and `process`\. A judge has `na",
    ):
        make_judge(f"{own}:{name}")


def test_what_is_there_and_cannot_be_used_is_named(own):
    with pytest.raises(ConfigError, match=r"Called's `fingerprint` is .* no text \(write @prop"):
        make_judge(f"{own}:Called")
    with pytest.raises(ConfigError, match="Flat's `process` is no method"):
        make_judge(f"{own}:Flat")
    with pytest.raises(ConfigError, match=r"raised KeyError: 'weights' \(line \d+ of .*own_judge"):
        make_judge(f"{own}:Raises")


def test_a_class_that_needs_arguments_is_made_by_its_owner(own):
    with pytest.raises(
        ConfigError, match=r"without path\. Make one in its file .* or name a function"
    ):
        make_judge(f"{own}:Model?most=9")
    assert value(make_judge(f"{own}:model"), "Ada") == 1
    assert value(make_judge(f"{own}:with_model?most=9"), "Adair") == 1
    with pytest.raises(ConfigError, match=r"is made already and takes no options \(most\)"):
        make_judge(f"{own}:model?most=9")
