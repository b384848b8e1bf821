from hopgym.agents.ppo.settings import PPOSettings
from hopgym.agents.training.playing import play_options


def settings(**changes):
    return PPOSettings(**{"model_name": "m", **changes})


def test_the_trained_model_plays_greedily_and_else_as_it_learnt():
    given = settings(prompt="chat", instructions=False, max_new_tokens=9, context=64)
    assert play_options(given) == {
        "prompt": "chat", "temperature": 0.0, "max_new_tokens": 9, "context": 64,
        "instructions": False,
    }  # fmt: skip
    assert "context" not in play_options(settings())
