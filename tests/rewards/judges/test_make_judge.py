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
    with pytest.raises(ConfigError, match="is no judge: it needs `name`, `fingerprint`"):
        make_judge(f"{own}:broken")
    with pytest.raises(ConfigError, match="raised OSError: no disk"):
        make_judge(f"{own}:raising")
    with pytest.raises(ConfigError, match="is no judge"):
        make_judge(RuleJudge)
    with pytest.raises(ConfigError, match="5 is no judge"):
        make_judge(5)
