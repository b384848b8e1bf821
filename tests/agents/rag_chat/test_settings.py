import pytest
from rag_chats import needs_llms

needs_llms()

from hopgym.agents.rag_chat.settings import RagChatSettings  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402


def test_the_trainer_gets_them_under_its_own_names():
    given = RagChatSettings(source="m", device_batch_size=3, epochs=1.5, seed=7, lr=0.1)
    theirs = given.for_trainer()
    assert theirs.epochs == 1.5
    assert (theirs.batch_size, theirs.lora_r, theirs.seed, theirs.learning_rate) == (3, 0, 7, 0.1)


def test_a_fresh_model_learns_faster_than_a_trained_one():
    fresh, trained = RagChatSettings(block_pattern="T,M"), RagChatSettings(source="m")
    assert (fresh.learning_rate, trained.learning_rate) == (1e-3, 1e-5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": ""}, "There is no model: give --source .* or --block_pattern"),
        ({"block_pattern": "T,X"}, "block_pattern is 'T,X'"),
        ({"tasks": ()}, "tasks and output_dir are needed"),
        ({"task_type": "multihop"}, "task_type is 'multihop'"),
        ({"task_type": "static"}, "contexts are what static reads"),
        ({"contexts": "found"}, "contexts are what static reads"),
        ({"top_k": 0}, "top_k"),
        ({"limit": -1}, "limit"),
        ({"epochs": -1.0}, "epochs"),
        ({"epochs": 0.5}, r"epochs is 0\.5; give a number from 1"),  # it once trained one
        ({"lr": -1.0}, "lr is"),
        ({"push_to_hub": True}, "hub_model_id"),
        ({"gradient_accumulation_steps": 0}, "gradient_accumulation_steps"),
    ],
)
def test_what_cannot_be_trained_is_refused(changes, message):
    with pytest.raises(ConfigError, match=message):
        RagChatSettings(**{"source": "m", **changes})
