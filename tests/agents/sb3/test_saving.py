import pytest

pytest.importorskip("sb3_contrib")
pytest.importorskip("torch_geometric")
import torch
from sb3_toys import batch, boards, shape, sizes

from hopgym.agents.model_folder import read_model_folder
from hopgym.agents.sb3.saving import SHAPE, WEIGHTS, load_weights, read_shape, save_policy
from hopgym.errors import DataError


@pytest.mark.parametrize("head", ["pointer", "stock"])
def test_a_policy_comes_back_as_it_went(head, tmp_path):
    torch.manual_seed(0)
    policy = shape(head=head).make(sizes())
    save_policy(policy, shape(head=head), tmp_path / "new", {"steps_made": 3})
    folder = tmp_path / "new"
    assert read_shape(folder) == shape(head=head)
    torch.manual_seed(1)
    again = read_shape(folder).make(sizes())
    seen = batch(boards(2)[0])
    assert not torch.equal(policy.predict_values(seen), again.predict_values(seen))
    load_weights(again, folder / WEIGHTS)
    assert torch.equal(policy.predict_values(seen), again.predict_values(seen))
    assert policy.state_dict().keys() == again.state_dict().keys()
    assert read_model_folder(folder) == ("sb3", {"model": str(folder)})


def test_no_pickle_is_written(tmp_path):
    save_policy(shape().make(sizes()), shape(), tmp_path, {})
    assert sorted(file.name for file in tmp_path.iterdir()) == ["hopgym.json", SHAPE, WEIGHTS]


def test_other_weights_are_refused(tmp_path):
    save_policy(shape().make(sizes()), shape(), tmp_path, {})
    with pytest.raises(DataError, match="weights of a policy of another shape"):
        load_weights(shape(width=8).make(sizes()), tmp_path / WEIGHTS)
    (tmp_path / WEIGHTS).write_bytes(b"no weights")
    with pytest.raises(DataError, match=r"policy\.safetensors: not weights"):
        load_weights(shape().make(sizes()), tmp_path / WEIGHTS)
    with pytest.raises(DataError, match="the folder holds no trained policy"):
        load_weights(shape().make(sizes()), tmp_path / "none")


def test_a_description_that_is_none_is_refused(tmp_path):
    (tmp_path / SHAPE).write_text('{"head": "linear"}')
    with pytest.raises(DataError, match="describes no policy: Invalid enum value 'linear'"):
        read_shape(tmp_path)
    (tmp_path / SHAPE).write_text("{")
    with pytest.raises(DataError, match="not JSON"):
        read_shape(tmp_path)
