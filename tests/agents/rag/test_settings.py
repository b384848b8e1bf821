import pytest

from hopgym.agents.rag.settings import FREE, RagSettings
from hopgym.errors import ConfigError, UnknownNameError


def test_the_published_flags_have_their_defaults():
    given = RagSettings()
    assert (given.dataset_name, given.batch_size, given.learning_rate) == ("squad", 8, 5e-5)
    assert (given.num_epochs, given.warmup_steps) == (3, 500)
    assert given.question_spec == "squad" and given.trains_passages and given.refreshes
    assert given.question_encoder == "facebook/dpr-question_encoder-single-nq-base"
    assert given.context_model == "facebook/dpr-ctx_encoder-single-nq-base"


def test_another_question_encoder_has_its_own_copy_beside_it():
    assert RagSettings(question_encoder="minilm").context_model == "minilm"
    assert RagSettings(question_encoder="a", context_encoder="b").context_model == "b"
    assert RagSettings(context_encoder="b").context_model == "b"


def test_what_is_frozen_is_not_trained():
    frozen = RagSettings(freeze_retriever=True)
    assert not frozen.trains_passages and not frozen.refreshes and frozen.retrieval_weight == 0
    lewis = RagSettings(train_context_encoder=False)
    assert not lewis.refreshes and lewis.retrieval_weight == 1.0
    assert not RagSettings(reindex_every=0).refreshes
    assert RagSettings(questions="world", dataset_name="x").question_spec == "world"


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"variant": "both"}, "variant is 'both'; it may be token, sequence, fid"),
        ({"precision": "int8"}, "precision is 'int8'; it may be auto, float32"),
        ({"encoder": "bert"}, "encoder is 'bert'; it may be auto, dpr"),
        ({"dataset_name": ""}, "question_spec is missing"),
        ({"output_dir": ""}, "output_dir is missing: give --output_dir"),
        ({"batch_size": 0}, "batch_size is 0; it must be a whole number from 1"),
        ({"reindex_every": -1}, "reindex_every is -1"),
        ({"learning_rate": -1.0}, "learning_rate is -1"),
        ({"eval_share": 2.0}, "eval_share is 2"),
        ({"variant": "fid", "ret_loss_weight": 0.0}, "nothing teaches the retriever"),
        ({"async_reindex": True, "reindex_every": 0}, "give --reindex_every"),
        ({"async_reindex": True, "freeze_retriever": True}, "leave out freeze_retriever"),
        ({"retrieval_cache": "x"}, "give --freeze_retriever or --no_train_context_encoder"),
    ],
    ids=str,
)
def test_what_cannot_be_trained_is_refused(given, match):
    with pytest.raises(ConfigError, match=match):
        RagSettings(**given)


def test_what_may_change_on_the_way_is_a_setting():
    assert set(RagSettings.__dataclass_fields__) >= FREE
    with pytest.raises(UnknownNameError, match="hopgym train rag --help"):
        RagSettings.preset("huge")
