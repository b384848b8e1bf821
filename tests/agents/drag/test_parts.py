import json
from dataclasses import asdict, replace

import pytest
from drag_runs import (
    copied,
    joint_settings,
    same,
    settings,
    world_cases,
)
from subgraphs import AWKWARD
from tiny_llms import save_causal_lm

torch = pytest.importorskip("torch")

from hopgym.agents.drag.cases import make_compiler  # noqa: E402
from hopgym.agents.drag.judging import judge, prompts_of  # noqa: E402
from hopgym.agents.drag.parts import (  # noqa: E402
    check_fits,
    chosen_facts,
    device_of,
    in_order,
    joint_parts,
    load_parts,
    new_parts,
)
from hopgym.agents.drag.saving import SHAPE, save_weights  # noqa: E402
from hopgym.errors import ConfigError, DataError  # noqa: E402

CASES = [make_compiler(8)(each) for each in AWKWARD]


def saved(folder, **changes):
    """A folder with an untrained retriever, as phase 1 leaves one."""
    given = settings(folder, **changes)
    parts = new_parts(given)
    parts.save(folder / "one", {"epochs_made": 0})
    return parts


def change_shape(folder, **changes):
    file = folder / SHAPE
    said = json.loads(file.read_text())
    for name, value in changes.items():
        place = said["retriever"] if name in said["retriever"] or name == "new" else said
        place[name] = value
    file.write_text(json.dumps(said))


def test_a_seed_makes_the_same_retriever_and_another_does_not(tmp_path):
    before = torch.get_rng_state()
    first, second, other = (new_parts(settings(tmp_path, seed=seed)) for seed in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert same(copied(first.retriever), copied(second.retriever))
    assert not same(copied(first.retriever), copied(other.retriever))


@pytest.mark.parametrize("scorer", ["drag", "drag+dde", "mlp"])
def test_what_was_saved_retrieves_the_same(tmp_path, scorer):
    parts = saved(tmp_path, scorer=scorer, num_instructions=3, instruction_update=False)
    read = load_parts(tmp_path / "one", "cpu")
    assert read.shape == parts.shape and read.generator is None
    assert same(copied(read.retriever), copied(parts.retriever))
    assert torch.equal(read.score(CASES).logits, parts.score(CASES).logits)
    assert read.retrieve(CASES) == parts.retrieve(CASES)


def test_what_is_taken_is_the_likeliest_first_within_each_question(tmp_path):
    parts = new_parts(settings(tmp_path, k_facts=3, threshold=0.0))
    scored = parts.score(CASES)
    logits = scored.logits.split(scored.batch.facts_per_question.tolist())
    for own, facts in zip(logits, parts.retrieve(CASES), strict=True):
        assert facts == torch.argsort(own, descending=True, stable=True)[:3].tolist()
    batched = parts.retrieve(CASES)
    assert batched == [parts.retrieve([case])[0] for case in CASES]


def test_the_budget_and_the_threshold_are_kept(tmp_path):
    parts = new_parts(settings(tmp_path, k_facts=2, threshold=0.0))
    sizes = [case.num_facts for case in CASES]
    assert [len(facts) for facts in parts.retrieve(CASES)] == [min(size, 2) for size in sizes]
    parts.shape = replace(parts.shape, k_facts=100, threshold=1.0)
    assert [len(facts) for facts in parts.retrieve(CASES)] == [min(size, 1) for size in sizes]
    scored = parts.score(CASES)
    middle = float(scored.logits.sigmoid().median())
    for own, case in zip(chosen_facts(scored, 100, middle), CASES, strict=True):
        alone = parts.score([case]).logits.sigmoid()
        likely = int((alone >= middle).sum())
        assert len(own) == max(likely, min(case.num_facts, 1))


def test_a_mask_is_told_fact_by_fact(tmp_path):
    scored = new_parts(settings(tmp_path)).score(CASES)
    everything = in_order(scored, torch.ones_like(scored.logits, dtype=torch.bool))
    assert [sorted(own) for own in everything] == [list(range(c.num_facts)) for c in CASES]
    nothing = in_order(scored, torch.zeros_like(scored.logits, dtype=torch.bool))
    assert nothing == [[] for _ in CASES]


def test_questions_without_any_fact_retrieve_nothing(tmp_path):
    empty = [case for case in CASES if not case.num_facts]
    assert new_parts(settings(tmp_path)).retrieve(empty) == [[]]


def test_a_device_that_is_not_here_is_told(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert device_of("auto") == device_of("cpu") == "cpu"
    for name in ("cuda", "cuda:1", "tpu", "xpu"):
        with pytest.raises(ConfigError, match=f"'{name}'; here it may be cpu or auto: there is no"):
            device_of(name)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert device_of("auto") == "cuda" and device_of("cuda:0") == "cuda:0"
    with pytest.raises(ConfigError, match="'nothing'; here it may be cpu, cuda or auto"):
        device_of("nothing")


def test_another_encoder_than_that_of_the_weights_is_told(tmp_path):
    saved(tmp_path)
    change_shape(tmp_path / "one", encoder="hashing?dim=8")
    with pytest.raises(
        ConfigError, match=r"vectors of 32 numbers, and the encoder 'hashing\?dim=8'"
    ):
        load_parts(tmp_path / "one", "cpu")
    saved(tmp_path)
    change_shape(tmp_path / "one", hidden=8)
    with pytest.raises(DataError, match="does not hold the weights of this D-RAG"):
        load_parts(tmp_path / "one", "cpu")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"new": 3}, r"drag.json does not say what the retriever .*unexpected keyword .*'new'"),
        ({"hidden": 0}, r"drag.json does not say what the retriever is made of \(hidden is 0"),
        ({"k_facts": "many"}, r"drag.json does not say what the model is made of"),
    ],
)
def test_a_damaged_shape_is_told(tmp_path, changes, message):
    saved(tmp_path)
    change_shape(tmp_path / "one", **changes)
    with pytest.raises(DataError, match=message):
        load_parts(tmp_path / "one", "cpu")


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("place")
    save_causal_lm(folder / "lm")
    saved(folder)
    return folder


def test_phase_2_begins_with_the_retriever_of_phase_1(place):
    parts = joint_parts(joint_settings(place, k_facts=3, threshold=0.2, max_facts=7))
    one = load_parts(place / "one", "cpu")
    assert same(copied(parts.retriever), copied(one.retriever))
    shape = parts.shape
    assert (shape.k_facts, shape.threshold, shape.max_facts) == (3, 0.2, 7)
    assert (shape.vectors, shape.max_new_tokens, shape.projector_dim) == (True, 8, 16)
    assert shape.scale == pytest.approx(parts.generator.embedding_norm)
    assert asdict(shape)["retriever"] == one.shape.retriever and shape.encoder == "hashing?dim=32"
    assert (parts.projector.inputs, parts.projector.outputs) == (48, 32)


@pytest.mark.parametrize("changes", [{"lora_r": 0}, {"lora_r": 4}], ids=["whole", "adapter"])
def test_all_of_it_comes_back(place, tmp_path, changes):
    parts = joint_parts(joint_settings(place, **changes))
    with torch.no_grad():
        for weight in [*parts.generator.trainable(), *parts.projector.parameters()]:
            weight.add_(0.01)
    parts.save(tmp_path / "two", {})
    read = load_parts(tmp_path / "two", "cpu")
    assert read.shape == parts.shape
    assert same(copied(read.projector), copied(parts.projector))
    assert read.projector.scale == parts.projector.scale
    cases = world_cases()
    scored = parts.score(cases)
    prompts = prompts_of(parts, cases, scored, parts.retrieve(cases))
    wanted = [case.gold_answers for case in cases]
    told = [each.generator.log_likelihood(prompts, wanted) for each in (parts, read)]
    assert told[0] == pytest.approx(told[1], rel=1e-4)
    assert judge(read, cases).keys() >= {"f1_one_to_one", "fact_f1"}
    assert load_parts(tmp_path / "two", "cpu", generator=False).generator is None


def test_a_cascade_has_no_projector_and_its_vectors_may_be_left_unscaled(place):
    parts = joint_parts(joint_settings(place, cascade="static"))
    assert parts.projector is None and not parts.shape.vectors
    assert joint_parts(joint_settings(place, scale_projector=False)).shape.scale == 0.0


def test_flags_that_say_another_retriever_than_that_of_phase_1_are_refused(place, tmp_path):
    check_fits(joint_settings(place), place / "one")
    for name, value, held in (
        ("hidden_dim", 8, 16),
        ("num_reasoning_steps", 4, 2),
        ("num_instructions", 3, 2),
        ("num_iterations", 1, 2),
        ("instruction_update", False, True),
        ("scorer", "drag+dde", "'drag'"),
        ("encoder", "hashing?dim=8", "'hashing.dim=32'"),
    ):
        with pytest.raises(ConfigError, match=rf"{name} is .*trained with {held}, which stays"):
            check_fits(joint_settings(place, **{name: value}), place / "one")
    usual = {"hidden_dim": 256, "num_reasoning_steps": 3, "encoder": "minilm"}
    check_fits(joint_settings(place, **usual), place / "one")  # as if left out
    with pytest.raises(ConfigError, match="holds no D-RAG"):
        joint_parts(joint_settings(place, phase1_checkpoint=str(tmp_path)))


def test_the_scorer_without_messages_is_refused_in_joint_training_alone(place, tmp_path):
    saved(tmp_path, scorer="mlp")
    given = {"phase1_checkpoint": str(tmp_path / "one"), "generator_model": "not/there"}
    with pytest.raises(ConfigError, match=r"scorer=mlp, which .*give --cascade static or dynamic"):
        joint_parts(joint_settings(place, **given))  # told before the generator is looked for
    given["generator_model"] = str(place / "lm")
    parts = joint_parts(joint_settings(place, **given, cascade="dynamic"))
    assert parts.projector is None and parts.generator is not None


def test_a_projector_of_another_generator_is_told(place, tmp_path):
    parts = joint_parts(joint_settings(place))
    parts.save(tmp_path / "two", {})
    save_weights(torch.nn.Linear(2, 2), tmp_path / "two" / "projector.safetensors")
    with pytest.raises(DataError, match=r"projector\.safetensors does not hold the weights"):
        load_parts(tmp_path / "two", "cpu")


def test_states_of_models_are_kept_beside_the_run_and_hashes_are_not(tmp_path):
    from tiny_models import bert_in

    given = settings(tmp_path, encoder=str(bert_in(tmp_path / "bert")))
    parts = new_parts(given)
    parts.retrieve(world_cases(count=2))
    assert list((tmp_path / "one" / "tokens").rglob("*.npy"))
    new_parts(settings(tmp_path, checkpoint_dir=str(tmp_path / "x"))).retrieve(world_cases(count=1))
    assert not (tmp_path / "x").exists()
