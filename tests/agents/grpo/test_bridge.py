import pytest
from grpo_runs import (
    DAG,
    OWN,
    POISON,
    SEARCH_READ,
    SELECTIVE,
    WORLD,
    Poisoned,
    Writer,
    trainer_of,
    writes,
)
from tiny_llms import CHAT, byte_tokenizer, needs_llms

needs_llms()
torch = pytest.importorskip("torch")
pytest.importorskip("trl")

from hopgym.agents.grpo.bridge import Bridge  # noqa: E402
from hopgym.agents.llm.codec import TextCodec  # noqa: E402
from hopgym.agents.llm.generator import Generation  # noqa: E402
from hopgym.agents.llm.prompts import Prompts  # noqa: E402
from hopgym.envs.grammars import make_grammar  # noqa: E402
from hopgym.errors import ConfigError, DataError  # noqa: E402

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")

CASES = {
    "dag": (DAG, "dag", {}),
    "r3": (SEARCH_READ, "r3", {}),
    "search_r1": (SEARCH_READ, "search_r1", {"grammar": "search_r1"}),
}


def bridge_of(env, **changes):
    return Bridge(env, **{"questions": Poisoned(), "num_envs": 16, "max_new_tokens": 64, **changes})


def inputs_of(trainer, count):
    """Rows of the dataset, each as often as a group has episodes, again and again."""
    rows = [dict(row) for row in trainer.train_dataset for _ in range(trainer.num_generations)]
    return [dict(rows[n % len(rows)]) for n in range(count)]


def scored(trainer, count, step=0):
    """What TRL makes of a batch: the tensors that its loss is computed from."""
    trainer.model.train()
    trainer.state.global_step = step
    inputs = inputs_of(trainer, count)
    return inputs, trainer._generate_and_score_completions(inputs)


def runs(mask):
    """Where the ones of a mask stand, as ranges."""
    starts = [n for n, one in enumerate(mask) if one and not (n and mask[n - 1])]
    ends = [n + 1 for n, one in enumerate(mask) if one and mask[n + 1 : n + 2] != [1]]
    return list(zip(starts, ends, strict=True))


@pytest.mark.parametrize("case", CASES)
def test_the_tokens_that_receive_loss_are_exactly_what_the_agent_wrote(case, tmp_path, monkeypatch):
    env, grammar, kwargs = CASES[case]
    writer = Writer(grammar)
    writes(monkeypatch, writer)
    trainer = trainer_of(tmp_path, bridge_of(env, env_kwargs={**kwargs, "top_k": 2}))
    _, batch = scored(trainer, 500)
    decode, own, turns = byte_tokenizer().decode, [], 0
    for n in range(500):
        prompt = batch["prompt_ids"][n][batch["prompt_mask"][n].bool()].tolist()
        real = batch["completion_mask"][n].bool()
        row = batch["completion_ids"][n][real].tolist()
        mask = batch["tool_mask"][n][real].tolist()
        for start, end in runs(mask):  # token by token what was sampled behind just this prompt
            assert (tuple(prompt + row[:start]), tuple(row[start:end])) in writer.log
            own.append(decode(row[start:end]))
            turns += 1
        rest = decode([token for token, one in zip(row, mask, strict=True) if not one])
        assert OWN not in rest and OWN not in decode(prompt)
    assert turns > 600 and all(OWN in text and POISON not in text for text in own)


def test_what_the_environment_wrote_has_no_gradient(tmp_path, monkeypatch):
    writes(monkeypatch, Writer(rubbish=3))
    trainer = trainer_of(tmp_path, bridge_of(SEARCH_READ, env_kwargs={"grammar": "search_r1"}))
    _, batch = scored(trainer, 24)
    assert batch["advantages"].any()
    read = trainer._get_per_token_logps_and_entropies
    seen = []

    def watched(*args, **kwargs):
        logprobs, *rest = read(*args, **kwargs)
        logprobs.retain_grad()
        seen.append(logprobs)
        return logprobs, *rest

    monkeypatch.setattr(trainer, "_get_per_token_logps_and_entropies", watched)
    trainer.current_gradient_accumulation_steps = 1
    trainer._compute_loss(trainer.model, batch).backward()
    gradient, own = seen[0].grad, batch["tool_mask"].bool() & batch["completion_mask"].bool()
    poison = byte_tokenizer().encode(POISON, add_special_tokens=False)
    places = [
        (n, start)
        for n, row in enumerate(batch["completion_ids"].tolist())
        for start in range(len(row))
        if row[start : start + len(poison)] == poison
    ]
    assert places
    for n, start in places:
        assert not gradient[n, start : start + len(poison)].any()
    assert not gradient[~own].any()
    rows = batch["advantages"] != 0
    assert (gradient[rows][own[rows]] != 0).all()


def test_each_row_carries_its_own_episodes_reward_and_terms(tmp_path, monkeypatch):
    writes(monkeypatch, Writer(rubbish=3))
    trainer = trainer_of(tmp_path, bridge_of(DAG))
    inputs, batch = scored(trainer, 32)
    ids = [row["question_id"] for row in inputs]
    assert ids == [row["question_id"] for row in inputs_of(trainer, 32)]
    pays = [row["episode_reward"] for row in inputs]
    assert len(set(pays)) > 1
    for row in inputs:
        assert sum(row["episode_terms"].values()) == pytest.approx(row["episode_reward"])
    for n in range(0, 32, 2):
        better = pays[n] - pays[n + 1]
        assert torch.sign(batch["advantages"][n]) == (better > 0) - (better < 0)


def test_the_curriculum_follows_the_trainers_step(tmp_path, monkeypatch):
    writes(monkeypatch, Writer(rubbish=0))
    trainer = trainer_of(tmp_path, bridge_of(DAG, env_kwargs={"curriculum_steps": 3}))
    forms = [scored(trainer, 4, step)[0][0]["episode_terms"]["format"] for step in (2, 3, 2, 4)]
    assert forms == [0.4, 0.25, 0.4, 0.25]


def test_samples_follow_the_seed_the_step_and_the_call_and_nothing_else(tmp_path):
    def tokens(step=0, seed=0, calls=1, **changes):
        bridge = bridge_of(DAG, seed=seed, max_new_tokens=8, **changes)
        trainer = trainer_of(tmp_path, bridge)
        for _ in range(calls):
            _, batch = scored(trainer, 8, step)
        return batch["completion_ids"].tolist()

    first = tokens()
    assert tokens() == first and tokens(num_envs=3) == first
    assert tokens(step=1) != first and tokens(seed=1) != first and tokens(calls=2) != first
    assert first[0] != first[1]  # of one group


def test_a_failure_of_infrastructure_is_no_reward_and_no_loss(tmp_path, monkeypatch):
    writes(monkeypatch, Writer(rubbish=0))
    trainer = trainer_of(tmp_path, bridge_of(DAG, env_kwargs={"retriever": SELECTIVE}))
    inputs, batch = scored(trainer, 16)
    failed = [row["episode_reward"] is None for row in inputs]
    assert 0 < sum(failed) < 16
    for n, row in enumerate(inputs):
        if failed[n]:
            assert "out of reach" in row["episode_error"]
            assert not batch["tool_mask"][n][: batch["completion_mask"][n].sum()].any()
            assert batch["advantages"][n] == 0


def test_overlong_episodes_are_masked_and_paid(tmp_path):
    def learnt(**changes):
        trainer = trainer_of(tmp_path, bridge_of(DAG, max_new_tokens=6, **changes))
        inputs, batch = scored(trainer, 8)
        assert all(row["episode_reward"] is not None for row in inputs)
        return (batch["tool_mask"] * batch["completion_mask"]).sum(1).tolist()

    assert all(learnt(mask_overlong=False)) and not any(learnt())


def test_groups_without_a_difference_are_played_anew(tmp_path, monkeypatch):
    def flat(**changes):
        writes(monkeypatch, Writer(rubbish=3))
        bridge = bridge_of(DAG, **changes)
        inputs, _ = scored(trainer_of(tmp_path, bridge), 24)
        groups = [inputs[n : n + 2] for n in range(0, 24, 2)]
        assert all(a["question_id"] == b["question_id"] for a, b in groups)
        assert all(row["question"].startswith("Where is Vel") for row in inputs)
        left = sum(a["episode_reward"] == b["episode_reward"] for a, b in groups) / 12
        return left, bridge.figures["zero_variance_groups"], bridge.figures["resampled_groups"]

    left, before, none = flat()
    assert none == 0 and left == before > 0
    after, played, replaced = flat(resample=4)
    assert played == before and after == pytest.approx(before - replaced) and replaced > 0


def test_shuffled_rewards_are_the_same_rewards_elsewhere(tmp_path, monkeypatch):
    def pays(**changes):
        writes(monkeypatch, Writer(rubbish=3))
        inputs, _ = scored(trainer_of(tmp_path, bridge_of(DAG, **changes)), 24)
        return [row["episode_reward"] for row in inputs]

    assert pays(shuffled=True) != pays() and sorted(pays(shuffled=True)) == sorted(pays())


def test_trl_logs_the_figures_of_a_batch(tmp_path, monkeypatch):
    writes(monkeypatch, Writer(rubbish=3))
    trainer = trainer_of(tmp_path, bridge_of(DAG))
    scored(trainer, 8)
    told = trainer._metrics["train"]
    assert told["reward"] and told["rewards/reward/mean"]
    for name in ("em", "format_rate", "reward/semantic", "reward/dag", "reward/format",
                 "zero_variance_groups", "queries_per_episode", "overlong_share"):  # fmt: skip
        assert len(told[name]) == 1, name


def test_a_group_that_is_spread_over_processes_is_not_resampled(tmp_path, monkeypatch):
    writes(monkeypatch, Writer())
    bridge = bridge_of(DAG, resample=1)
    trainer = trainer_of(tmp_path, bridge)
    prompts = [row["prompt"] for row in inputs_of(trainer, 3)]
    trainer.model.train()
    with pytest.raises(ConfigError, match="3 episodes are no multiple of num_generations, 2"):
        bridge(prompts, trainer)


def test_evaluating_between_changes_no_sample(tmp_path):
    def tokens(evaluates):
        bridge = bridge_of(DAG, max_new_tokens=8)
        trainer = trainer_of(tmp_path, bridge)
        if evaluates:
            trainer.model.eval()
            bridge([row["prompt"] for row in inputs_of(trainer, 4)], trainer)
        return scored(trainer, 4)[1]["completion_ids"].tolist()

    assert tokens(True) == tokens(False)


def test_evaluating_is_not_watched_and_weighs_as_where_nobody_trains(tmp_path, monkeypatch):
    writes(monkeypatch, Writer(rubbish=2))
    bridge = bridge_of(DAG, watch_every=1, env_kwargs={"curriculum_steps": 3})
    trainer = trainer_of(tmp_path, bridge)
    scored(trainer, 8)
    waiting = bridge.watch._rows
    assert waiting and bridge.figures["weight/format"] == 0.4
    trainer.model.eval()
    told = bridge([row["prompt"] for row in inputs_of(trainer, 8)], trainer)
    assert bridge.watch._rows is waiting and "likelihood_shift" not in bridge.figures
    assert "weight/format" not in bridge.figures
    assert {terms["format"] for terms in told["episode_terms"]} <= {0.0, 0.25}
    scored(trainer, 8, step=1)
    assert "likelihood_shift" in bridge.figures


def test_what_cannot_be_played_is_told_at_once(tmp_path):
    with pytest.raises(ConfigError, match="sources2"):
        Bridge(DAG, questions=WORLD, env_kwargs={"sources2": 1})
    with pytest.raises(ConfigError, match="no questions in its split 'test'"):
        Bridge(DAG, questions=WORLD, split="test")
    bridge = bridge_of(DAG)
    with pytest.raises(DataError, match=r"No question of poisoned train has the prompt 'Who\?'"):
        bridge(["Who?"], trainer_of(tmp_path, bridge))


class Selecting:
    """Selects some facts, or writes rubbish, in the place of the trainer's model."""

    def __init__(self, mode):
        self.tokenizer = byte_tokenizer(CHAT)
        self.codec = TextCodec(self.tokenizer)
        self.grammar = make_grammar("select", mode=mode)
        self.prompts = set()

    def generate(self, prompts, rngs, stop):
        decode = self.tokenizer.decode
        self.prompts |= {decode(prompt, skip_special_tokens=False) for prompt in prompts}
        return [self.write(rng, stop) for rng in rngs]

    def write(self, rng, stop):
        number = int(rng.integers(6))
        last = self.grammar.mode == "sequential" and number > 3
        text = self.grammar.write_stop(OWN) if last else self.grammar.write_selection([number], OWN)
        text = f"{OWN} rubbish" if number == 3 else text
        assert stop.strings == ("</select>",) and stop.keep
        ids = self.codec.encode(text)
        return Generation(ids, [-0.5] * len(ids), text, text, "stop")


@pytest.mark.parametrize("mode", ["one_shot", "sequential"])
@pytest.mark.parametrize("style", ["plain", "chat"])
def test_selections_of_facts_are_collected(mode, style, tmp_path, monkeypatch):
    writer = Selecting(mode)
    writes(monkeypatch, writer)
    keywords = {"observation": "text", "mode": mode, "top_k": 5, "max_steps": 3}
    bridge = bridge_of(
        "hopgym/KGSubgraph-v0", questions=WORLD, env_kwargs=keywords, prompts=Prompts(style=style)
    )
    assert bridge.player.grammar == "select"
    inputs, batch = scored(trainer_of(tmp_path, bridge), 16)
    assert all(row["episode_error"] is None for row in inputs)
    assert {"answer", "size", "invalid"} <= inputs[0]["episode_terms"].keys()
    assert batch["advantages"].any()
    decode = byte_tokenizer().decode
    for n in range(16):
        own = batch["tool_mask"][n].bool() & batch["completion_mask"][n].bool()
        rest = batch["completion_ids"][n][~own & batch["completion_mask"][n].bool()]
        assert OWN not in decode(rest) and "<facts>" not in decode(batch["completion_ids"][n][own])
    assert all(prompt.count("</facts>") == 1 for prompt in writer.prompts)
    if style == "chat":  # the facts stand in the user's message, all else in the assistant's
        assert all("</facts>\n<|im_end|>" in prompt for prompt in writer.prompts)
