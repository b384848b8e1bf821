import dataclasses
from itertools import pairwise

import pytest
import torch
from compress_runs import WORLD, compressor, settings

from hopgym.agents.compress.building import new_compressor
from hopgym.agents.compress.cases import Case
from hopgym.agents.compress.curriculum import Passages
from hopgym.agents.compress.judging import holders
from hopgym.agents.compress.settings import CompressSettings
from hopgym.agents.compress.stages import Material, Stage, against_the_others
from hopgym.core import Document, Question
from hopgym.envs.datasets import make_questions
from hopgym.errors import AgentError
from hopgym.seeding import rng_for

NAMES = ("Ada", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal")


def material(made, count=16):
    """Questions of two documents each, one of which says the answer."""
    cases = []
    for n in range(count):
        name, other = NAMES[n % 8], NAMES[(n + 3) % 8]
        documents = [("", f"key {name}"), ("", "none at all here")]
        documents = documents if n % 2 else documents[::-1]
        cases.append(Case(Question(str(n), f"Who is {other}?", (name,)), tuple(documents)))
    corpus = [Document(str(n), "", f"{a} met {b}") for n, (a, b) in enumerate(pairwise(NAMES))]
    return Material(Passages(corpus, made.rows.chunker), cases)


def stage(name, made, steps, **changes):
    given = {"lr": 1e-2, "decoder_lr": 3e-3, "policy_lr": 1e-2, "batch_size": 8, "warmup": 0.0,
             "max_chunks": 1, "ahead": 1, "expand": 0.25, "group": 4}  # fmt: skip
    return Stage(name, made, CompressSettings(**{**given, **changes}), material(made), steps)


def run(each):
    return [each.step(n, rng_for(0, each.name, n)) for n in range(each.steps)]


def moved(made, act):
    before = {name: value.clone() for name, value in made.named_parameters()}
    act()
    after = dict(made.named_parameters())
    return {name.split(".")[0] for name in before if not torch.equal(before[name], after[name])}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("reconstruction", {"encoder", "projector"}),
        ("paragraph", {"encoder", "projector", "decoder"}),
        ("answer", {"encoder", "projector", "decoder"}),
        ("policy", {"policy"}),
    ],
)
def test_each_stage_trains_its_own_weights(name, expected):
    made = compressor()
    assert moved(made, lambda: run(stage(name, made, 2))) == expected
    frozen = compressor()
    told = moved(frozen, lambda: run(stage(name, frozen, 2, train_decoder=False)))
    assert told == expected - {"decoder"}


def of_trained_decoder(k=4):
    """A compressor around the model of `tiny`, and passages that it knows the like of."""
    made = new_compressor(CompressSettings(k=k, encoder_width=64, encoder_layers=1, device="cpu"))
    documents = make_questions(WORLD).documents[:60]
    return made, Material(Passages(documents, made.rows.chunker), ())


def test_reconstruction_teaches_a_frozen_decoder_s_vectors():
    made, given = of_trained_decoder()
    each = CompressSettings(k=4, lr=3e-3, batch_size=8, max_chunks=1, warmup=0.0)
    figures = run(Stage("reconstruction", made, each, given, 40))
    first, last = (sum(f["loss"] for f in some) / 5 for some in (figures[:5], figures[-5:]))
    assert last < 0.8 * first
    assert not any(weights.requires_grad for weights in made.decoder.parameters())


def test_an_untrained_decoder_is_trained_along_with_them():
    figures = run(stage("reconstruction", compressor(), 80, block_pattern="T"))
    first, last = (sum(f["loss"] for f in some) / 5 for some in (figures[:5], figures[-5:]))
    assert last < 0.5 * first


def test_a_toy_is_learnt_from_vectors_alone():
    made = compressor(k=8)
    figures = run(stage("answer", made, 120, expand=0.0, policy_steps=0, lr=3e-3))
    assert sum(f["loss"] for f in figures[-5:]) / 5 < 0.3
    cases = material(made).cases
    told = made.answer([(c.question.text, c.documents) for c in cases], 0.0)
    right = sum(t.text == c.question.answers[0] for t, c in zip(told, cases, strict=True))
    assert right >= 14 and not any(t.expanded for t in told)


def test_the_policy_learns_to_expand_the_chunk_that_holds_the_answer(monkeypatch):
    made = compressor(k=8, policy_layers=1)
    each = stage("policy", made, 60, expand=0.5, batch_size=16)
    cases = each.material.cases
    rows = {case.question.id: case for case in cases}
    texts = {case.question.text + str(case.documents): case for case in rows.values()}
    wanted = {}
    for case in texts.values():
        row = made.rows.question(case.question.text, case.documents, case.question.answers[0])
        wanted[tuple(c.ids for c in row.chunks)] = set().union(*holders(made, case))

    def nll(rows, expanded, vectors):
        """A decoder that is sure of the answer where it sees it."""
        hit = [
            bool(wanted[tuple(c.ids for c in row.chunks)].intersection(chosen))
            for row, chosen in zip(rows, expanded, strict=True)
        ]
        return torch.tensor([0.1 if h else 3.0 for h in hit])

    monkeypatch.setattr(made, "nll", nll)
    figures = run(each)
    assert figures[-1]["reward"] > -0.5 > figures[0]["reward"]
    monkeypatch.undo()
    for case in cases:
        row = made.rows.question(case.question.text, case.documents)
        vectors, queries = made.row_vectors([row])
        (chosen,) = made.choose([row], 0.5, vectors, queries)
        assert set().union(*holders(made, case)).intersection(chosen)


def test_the_policy_s_reward_is_that_of_the_gold_answer_under_the_decoder():
    made = compressor(k=8)
    each = stage("policy", made, 1)
    rows = [made.rows.question("Who?", (("", "key Ada or Bo"), ("", "more")), "Ada")]
    vectors, _ = made.row_vectors(rows)
    told = each._rewards(rows, [[[0], [1], [1, 0], []]], vectors)
    expected = [-made.nll(rows, [c], vectors).item() for c in ([0], [1], [0, 1], [])]
    assert told[0].tolist() == pytest.approx(expected, abs=1e-5)
    assert len({round(value, 4) for value in expected}) > 1


def test_a_group_s_advantages_add_up_to_nothing():
    told = against_the_others(torch.tensor([[1.0, 0.0, 2.0], [3.0, 3.0, 3.0]]))
    assert told.sum(dim=1).abs().max() < 1e-6 and told[1].abs().max() == 0


def test_a_loss_that_is_no_number_changes_nothing(monkeypatch):
    made = compressor()
    each = stage("answer", made, 1)
    monkeypatch.setattr(made, "nll", lambda rows, *rest: torch.full((len(rows),), torch.nan))
    with pytest.raises(AgentError, match="The loss is no finite number"):
        moved(made, lambda: run(each))


def test_bfloat16_is_what_is_computed_in_and_not_what_is_kept():
    made = compressor()
    made.halved = True
    figures = run(stage("answer", made, 2))
    assert figures[0]["loss"] > 0 and {w.dtype for w in made.parameters()} == {torch.float32}


def test_settings_of_runs_are_frozen(tmp_path):
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings(tmp_path).k = 3


def test_the_policy_learns_without_the_dropout_that_is_not_played():
    made = compressor()
    for module in made.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.9
    each, seen = stage("policy", made, 1), []
    vectors = made.row_vectors
    made.row_vectors = lambda rows: seen.append((rows, vectors(rows))) or seen[-1][1]
    run(each)
    made.eval()
    rows, told = seen[0]
    expected = vectors(rows)
    assert all(torch.equal(a, b) for a, b in zip(told[0], expected[0], strict=True))


def test_an_answer_that_says_nothing_is_not_learnt():
    made = compressor()
    case = Case(Question("a", "Who?", ("", "Ada")), (("", "key Ada"),))
    each = Stage("answer", made, CompressSettings(k=4), Material(None, [case]), 1)
    (row,) = each._rows(rng_for(0), share=1.0)
    assert made.tokenizer.decode(row.target, skip_special_tokens=True) == " Ada"
    assert each.step(0, rng_for(0))["loss"] > 0
