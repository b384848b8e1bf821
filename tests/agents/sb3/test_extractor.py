import pytest

pytest.importorskip("stable_baselines3")
pytest.importorskip("torch_geometric")
import torch
from gymnasium import spaces
from sb3_toys import FACTS, SLOTS, batch, boards, toy_spaces

from hopgym.agents.sb3.extractor import CLOSED, SubgraphExtractor, flatten
from hopgym.errors import ConfigError

torch.set_num_threads(1)


def network(slots=SLOTS, width=8):
    torch.manual_seed(0)
    return SubgraphExtractor(toy_spaces(slots=slots)[0], relation_ids=8, width=width).eval()


def test_it_returns_a_logit_for_each_slot_and_stop_and_the_values_features():
    seen = batch(boards(3)[0])
    out = network()(seen)
    assert out.shape == (3, SLOTS + 1 + 8) and network().features_dim == SLOTS + 1 + 8
    assert (out[:, FACTS:SLOTS] == CLOSED).all() and (out[:, :FACTS] > CLOSED).all()
    assert out.isfinite().all()


@pytest.mark.parametrize(
    ("space", "told"),
    [
        (spaces.Text(9), 'have no edge_feat, edge_index, .*step; .* observation="padded"'),
        (spaces.Dict({"edge_mask": spaces.MultiBinary(2)}), "have no edge_feat, edge_index, edge"),
    ],
)
def test_observations_of_another_form_are_refused(space, told):
    with pytest.raises(ConfigError, match=told):
        SubgraphExtractor(space)


def test_only_what_is_there_is_flattened_and_keeps_to_its_episode():
    seen = batch(boards(2)[0])
    flat = flatten(seen)
    assert flat.rows.tolist() == [0] * FACTS + [1] * FACTS
    assert flat.slots.tolist() == list(range(FACTS)) * 2
    assert flat.nodes.shape == (26, 10) and flat.owners.tolist() == [0] * 13 + [1] * 13
    assert (flat.owners[flat.links] == flat.rows).all()
    assert (flat.links[:, FACTS:] - 13).T.tolist() == seen["edge_index"][1, :, :FACTS].T.tolist()


def test_facts_keep_their_logits_where_the_slots_change():
    seen = batch(boards(2)[0])
    order = torch.randperm(SLOTS, generator=torch.Generator().manual_seed(1))
    moved = dict(seen)
    for name in ("edge_type", "edge_feat", "edge_mask", "selected"):
        moved[name] = seen[name][:, order]
    moved["edge_index"] = seen["edge_index"][:, :, order]
    before, after = network()(seen), network()(moved)
    assert torch.allclose(before[:, order], after[:, :SLOTS], atol=1e-5)
    assert torch.allclose(before[:, SLOTS:], after[:, SLOTS:], atol=1e-5)


def test_more_room_changes_nothing():
    few, many = batch(boards(2)[0]), batch(boards(2, slots=30)[0])
    small, large = network()(few), network(slots=30)(many)
    assert torch.allclose(small[:, :FACTS], large[:, :FACTS], atol=1e-5)
    assert torch.allclose(small[:, SLOTS:], large[:, 30:], atol=1e-5)


def test_episodes_know_nothing_of_each_other():
    seen, _ = boards(3)
    together = network()(batch(seen))
    alone = torch.cat([network()(batch([one])) for one in seen])
    assert torch.allclose(together, alone, atol=1e-5)


def test_what_is_selected_is_closed_and_changes_the_others():
    before = network()(batch(boards(1)[0]))
    after = network()(batch(boards(1, chosen=[2])[0]))
    others = [slot for slot in range(FACTS) if slot != 2]
    assert after[0, 2] == CLOSED and (after[0, others] > CLOSED).all()
    assert not torch.allclose(before[0, others], after[0, others])
    assert not torch.allclose(before[0, SLOTS:], after[0, SLOTS:])


def test_an_empty_graph_is_only_stopped():
    seen = batch(boards(2)[0])
    for name in ("edge_mask", "node_mask"):
        seen[name] = seen[name].clone()
        seen[name][0] = 0
    out = network()(seen)
    assert (out[0, :SLOTS] == CLOSED).all() and out.isfinite().all()
    whole = network()(batch(boards(2)[0]))
    assert torch.allclose(out[1], whole[1], atol=1e-5)
