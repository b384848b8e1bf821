import pytest
from tiny_llms import needs_llms

from hopgym.agents.training.surroundings import quiet, undisturbed
from hopgym.benchmarks.speed import grpo_sides as sides
from hopgym.benchmarks.speed import steps
from hopgym.benchmarks.speed.ppo import make_lfm2, make_qwen2
from hopgym.benchmarks.speed.rounds import race
from hopgym.envs.grammars import make_grammar
from hopgym.errors import ConfigError

needs_llms()
import torch  # noqa: E402

SMALL = sides.Size(rows=4, generations=2, batch_size=2, turns=2, turn_tokens=6)


@pytest.fixture(scope="module")
def raced(tmp_path_factory):
    torch.set_num_threads(1)
    folder = str(tmp_path_factory.mktemp("grpo"))
    with pytest.MonkeyPatch.context() as patch, undisturbed(), quiet():
        patch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")
        bridge, made = sides.make_sides(make_lfm2(), SMALL, folder)
        race(made, 2, 0.0)
    return bridge, {side.name: side for side in made}


@pytest.mark.slow
def test_all_sides_read_and_write_as_many_tokens_in_every_round(raced):
    bridge, made = raced
    ours, inside, single = (made[name].counts for name in (sides.OURS, sides.INSIDE, sides.SINGLE))
    assert len(ours) == 2 and ours[0] != ours[1]
    for one, other, third in zip(ours, inside, single, strict=True):
        assert one == other
        assert one[:2] == third[:2]
        assert one.written == (SMALL.written,) * SMALL.rows
        assert one.padded >= sum(one.rows) <= third.padded
    assert ours[-1].rows == tuple(map(sum, bridge.lengths))


def test_replies_are_real_documents(raced):
    bridge, made = raced
    assert all(lengths.replies for lengths in bridge.lengths)
    decode = made[sides.OURS].trainer.processing_class.decode
    assert any("Doc 1(Title: " in decode(sides.replies_of(row)) for row in bridge.rows)


def test_each_step_has_its_parts(raced):
    _, made = raced
    for name, side in made.items():
        assert side.trainer.state.global_step == 3  # the first warms up
        assert [cost.cpu for cost in side.rows[0].costs] == [p[steps.STEP].cpu for p in side.parts]
        for spent in side.parts:
            assert 0 < spent[sides.WRITING].cpu < spent[steps.STEP].cpu
            assert (steps.LOOK in spent) == (sides.PLAYING in spent) == (name == sides.OURS)
    for spent in made[sides.OURS].parts:
        parts = (sides.SEARCHING, sides.WRITING, sides.PLAYING, steps.STEP)
        seconds = [spent[part].cpu for part in parts]
        assert seconds == sorted(seconds)


def test_trainers_differ_in_nothing_but_how_they_write(raced):
    _, made = raced
    ours, *others = (side.trainer for side in made.values())
    for other in others:
        assert other.args.to_dict() | {"logging_dir": 0} == ours.args.to_dict() | {"logging_dir": 0}
        assert type(other) is type(ours) and type(other.optimizer) is type(ours.optimizer)
        assert len(other.train_dataset) == len(ours.train_dataset)


@pytest.mark.parametrize("make", [make_qwen2, make_lfm2])
def test_prompts_are_as_long_as_asked_for(make, raced):
    tokenizer = make().tokenizer
    texts = sides.Texts(tokenizer, raced[0])
    for length in (1, 7, 300):
        assert len(tokenizer(text=[texts.of_length(length, 5)])["input_ids"][0]) == length
    assert list(map(len, tokenizer(text=texts())["input_ids"])) == [
        row.prompt + row.replies for row in raced[0].lengths
    ]


def test_no_end_is_sampled():
    player = make_lfm2()
    model = sides.never_ending(player)
    with torch.no_grad():
        chances = model(input_ids=torch.tensor([[5, 6, 7]])).logits.softmax(-1)
        before = player.model(input_ids=torch.tensor([[5, 6, 7]])).logits.softmax(-1)
    end = player.tokenizer.eos_token_id
    assert not chances[..., end].any() and before[..., end].all()


def test_anything_is_a_query():
    grammar = make_grammar(sides.FREE)
    assert grammar.parse("\x07 <searc> Vel,\nor Ada?", 1).text == "searc Vel or Ada"
    assert grammar.parse(">>>", 1).text == "nothing"
    assert len(grammar.parse("w " * 99, 1).text.split()) == sides.WORDS


def test_bad_sizes_are_refused():
    with pytest.raises(ConfigError, match="rows is 10; it must be a multiple of generations, 4"):
        sides.Size(rows=10)
    with pytest.raises(ConfigError, match="multiple of batch_size, 3"):
        sides.Size(rows=8, batch_size=3)
    with pytest.raises(ConfigError, match="generations"):
        sides.Size(rows=4, generations=1)
