import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.benchmarks.judge_audit import (
    Case,
    Confusion,
    as_dict,
    ask_judge,
    audit_judge,
    compare,
    total,
)
from hopgym.errors import ConfigError, DataError, RewardError
from hopgym.rewards.judges import Claim, ProcessVerdict, Verdict, make_judge


class Fixed:
    """Says what it was told to, in turn."""

    name, fingerprint = "fixed", "fixed-1"

    def __init__(self, *verdicts):
        self.verdicts = verdicts
        self.calls = []

    def outcome(self, claims):
        self.calls.append(len(claims))
        return [self.verdicts[n % len(self.verdicts)] for n in range(len(claims))]

    semantic = outcome

    def process(self, claims):
        return [ProcessVerdict(0, 0, 0) for _ in claims]


YES, NO, AWAY = Verdict(1.0), Verdict(0.0), Verdict(0.0, "the judge is away", unscored=True)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "v.jsonl"
    truths = [True, True, True, False, False, 0.5]
    path.write_text(
        "".join(
            json.dumps({"question": "?", "prediction": f"p{n}", "answers": ["a"], "verdict": truth})
            + "\n"
            for n, truth in enumerate(truths)
        )
    )
    return path


def test_figures_by_hand():
    counts = Confusion(yes_yes=45, yes_no=15, no_yes=25, no_no=15, unscored=7)
    assert (counts.n, counts.agreement) == (100, 0.6)
    assert counts.precision == 45 / 60 and counts.recall == 45 / 70
    # judged yes 0.6, truly yes 0.7: chance agrees 0.42 + 0.12
    assert counts.kappa == pytest.approx((0.6 - 0.54) / (1 - 0.54))


def test_what_the_counts_do_not_decide_is_none():
    empty = Confusion(unscored=3)
    assert (empty.n, empty.agreement, empty.kappa) == (0, None, None)
    assert Confusion(yes_yes=4).kappa is None and Confusion(no_no=4).precision is None
    assert Confusion(no_no=4).recall is None


@given(st.lists(st.integers(0, 50), min_size=5, max_size=5))
def test_figures_stay_in_their_ranges(numbers):
    counts = Confusion(*numbers)
    for figure in (counts.agreement, counts.precision, counts.recall):
        assert figure is None or 0 <= figure <= 1
    assert counts.kappa is None or -1 <= counts.kappa <= 1


def test_the_unscored_are_counted_apart(file):
    judge = Fixed(YES, NO, AWAY, YES, NO, YES)
    found = audit_judge(judge, [file], claims=0)
    assert judge.calls == [6]  # one batch
    assert found.files == {str(file): Confusion(2, 1, 1, 1, unscored=1)}
    assert found.unscored == {"the judge is away": 1} and found.world == {}
    assert found.files[str(file)].agreement == 3 / 5
    assert [difference.claim.answer for difference in found.differences] == ["p1", "p3"]


def test_the_threshold_divides_both_sides(file):
    found = audit_judge(Fixed(Verdict(0.5)), [file], claims=0, threshold=0.6, asked="semantic")
    assert found.files[str(file)] == Confusion(no_yes=3, no_no=3)
    found = audit_judge(Fixed(Verdict(0.5)), [file], claims=0, threshold=0.5)
    assert found.files[str(file)] == Confusion(yes_yes=4, yes_no=2)


def test_the_rule_judge_beside_the_world():
    found = audit_judge(make_judge("rule"), claims=25)
    whole = total(found.world)
    assert whole.recall == 1 and whole.agreement > 0.98
    paid = {kind for kind, counts in found.world.items() if counts.yes_no}
    assert paid <= {"part of the gold", "two run together"}  # docs/judges.md says why
    cover = audit_judge(make_judge("rule?without=candidates,surplus"), claims=25)
    assert cover.world["one of four"].yes_no > 15  # the guards hold them off


def test_the_rule_judge_beside_gpt_4o(shared_data):
    folder = shared_data / "predictions/r1_searcher"
    files = sorted(folder.glob("*_qwen.jsonl.gz"))
    found = audit_judge(make_judge("rule"), files, claims=0)
    whole = total(found.files)
    assert whole.n == 1_125 and whole.agreement >= 0.94 and whole.kappa > 0.85
    assert whole.precision > 0.98  # what it pays for, GPT-4o pays for


def test_as_plain_values(file):
    found = audit_judge(Fixed(YES, AWAY), [file], claims=1)
    plain = json.loads(json.dumps(as_dict(found)))
    assert plain["judge"] == "fixed" and "differences" not in plain
    assert plain["files"]["all"] == plain["files"][str(file)]
    assert plain["files"]["all"]["n"] == plain["files"]["all"]["unscored"] == 3
    assert plain["world"]["gold"]["n"] + plain["world"]["gold"]["unscored"] == 1
    differing = as_dict(found, differences=True)["differences"]
    assert {"question", "answer", "golds", "truth", "value", "reason", "part"} <= set(differing[0])


def test_parts_are_counted_one_by_one():
    cases = [Case(part, Claim("?", "a", ("a",)), 1.0) for part in ("x", "y", "x")]
    counts = compare(cases, [YES, NO, YES])
    assert counts == {"x": Confusion(yes_yes=2), "y": Confusion(no_yes=1)}
    assert total(counts) == Confusion(yes_yes=2, no_yes=1) and total({}) == Confusion()


@pytest.mark.parametrize(
    ("verdicts", "message"),
    [
        ([], "gave 0 verdicts for 1 claims; `outcome` must return one for each"),
        ([Verdict(1.5)], "must be a Verdict with a value from 0 to 1"),
        ([Verdict(float("nan"))], "must be a Verdict with a value"),
        ([True], "gave True; it must be a Verdict"),
    ],
)
def test_a_judge_that_breaks_its_contract_is_named(verdicts, message):
    judge = Fixed()
    judge.outcome = lambda claims: verdicts
    with pytest.raises(RewardError, match=message):
        ask_judge(judge, [Claim("?", "a", ("a",))])


def test_what_a_judge_raises_names_it():
    judge = Fixed()
    with pytest.raises(RewardError, match="The judge Fixed raised ZeroDivisionError"):
        ask_judge(judge, [Claim("?", "a", ("a",))])  # in turn, of no verdicts


def test_arguments_are_checked(file, tmp_path):
    judge = make_judge("rule")
    with pytest.raises(ConfigError, match="Nothing to compare with"):
        audit_judge(judge, claims=0)
    with pytest.raises(ConfigError, match="threshold is 0; it must be above 0"):
        audit_judge(judge, [file], threshold=0)
    with pytest.raises(ConfigError, match="asked is 'process'; a judge is asked for: outcome"):
        audit_judge(judge, [file], asked="process")
    with pytest.raises(ConfigError, match="-1 claims of each kind"):
        audit_judge(judge, [file], claims=-1)
    with pytest.raises(DataError, match="No file"):
        audit_judge(judge, [tmp_path / "none.jsonl"])
