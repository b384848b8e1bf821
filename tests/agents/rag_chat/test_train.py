import json

import pytest
from rag_chats import COLOURS, colour_document, colour_files, colour_settings, needs_llms
from sft_runs import generators
from tiny_llms import CHAT, save_causal_lm

needs_llms()

from hopgym.agents import make_agent  # noqa: E402
from hopgym.agents.rag_chat.engine import Engine  # noqa: E402
from hopgym.agents.rag_chat.train import train  # noqa: E402
from hopgym.envs.conversations import create_rag_training_example  # noqa: E402
from hopgym.errors import ConfigError  # noqa: E402


def answer(engine, colour):
    asked = create_rag_training_example("Which?", [colour_document(colour)])
    return engine.generate_from_conversation(asked).text


def falls(losses):
    return sum(losses[-3:]) < 0.8 * sum(losses[:3])


def test_swapping_the_documents_swaps_the_answer(tmp_path):
    """A hybrid learns to answer from what is shown; saved, loaded and asked again."""
    before = generators()
    told = train(colour_settings(colour_files(tmp_path)))
    assert (told.sequences, told.steps) == (48, 60) and falls(told.losses)
    assert generators() == before
    engine = Engine.load(told.folder)
    assert [answer(engine, colour) for colour in COLOURS] == COLOURS
    assert make_agent(tmp_path / "out").name == "out"
    said = json.loads((tmp_path / "out" / "hopgym.json").read_text())
    assert said["kind"] == "rag_chat" and said["made"]["block_pattern"] == "T,M"


@pytest.mark.parametrize("pattern", ["T,T", "M,M"])
def test_a_transformer_and_a_mamba_learn(tmp_path, pattern):
    given = {"block_pattern": pattern, "epochs": 2, "gradient_checkpointing": pattern == "T,T"}
    told = train(colour_settings(colour_files(tmp_path), **given))
    assert told.steps == 12 and falls(told.losses)
    assert answer(Engine.load(told.folder), "red") is not None


@pytest.mark.parametrize("template", [None, CHAT])
def test_a_folder_s_model_is_trained_on_in_chats_of_its_own(tmp_path, template):
    save_causal_lm(tmp_path / "base", chat_template=template)
    given = {"block_pattern": "", "source": str(tmp_path / "base"), "epochs": 2}
    told = train(colour_settings(colour_files(tmp_path), **given))
    assert falls(told.losses)
    engine = Engine.load(told.folder)
    assert engine.renderer.has_chat_tokens == (template is None)


def test_a_run_is_repeated_resumed_and_not_overwritten(tmp_path):
    files = colour_files(tmp_path)
    given = {"epochs": 2, "limit": 16, "save_steps": 1, "max_steps": 4}
    given |= {"tasks": (str(tmp_path / "chats.jsonl"),)}
    whole = train(colour_settings(files, **given, output_dir=str(tmp_path / "a")))
    settings = colour_settings(files, **given, output_dir=str(tmp_path / "b"))
    assert train(settings).losses == whole.losses
    with pytest.raises(ConfigError, match=r"holds an earlier run. Go on with it by --resume"):
        train(settings)
    again = colour_settings(files, **given, output_dir=str(tmp_path / "b"), resume=True)
    assert train(again).steps == 4
    other = colour_settings(
        files, **{**given, "top_k": 1}, output_dir=str(tmp_path / "b"), resume=True
    )
    with pytest.raises(ConfigError, match="was trained under other conditions"):
        train(other)
