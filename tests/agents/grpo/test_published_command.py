import json
import os
import shutil

import pytest
import typer
from exa_server import exa_server, page
from fake_trackers import told, write_trackers
from hub_server import TOKEN as HUB_TOKEN
from hub_server import hub_environment, hub_server
from judge_servers import Raw, fake_model, judges, says
from seed_runs import (
    EXA_KEY,
    KEYS,
    OPENAI_KEY,
    VARIABLES,
    WANDB_KEY,
    keys_in,
    run_grpo,
    save_planner,
    write_questions,
)
from typer.testing import CliRunner

pytest.importorskip("peft")
pytest.importorskip("trl")
pytest.importorskip("exa_py")
pytest.importorskip("openai")

from hopgym.agents import make_agent
from hopgym.agents.grpo.cli import add_command
from hopgym.errors import AgentError

SMALL = ["--num_generations", 2, "--max_new_tokens", 64, "--max_steps", 3]


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def exa():
    with exa_server(
        lambda _: (200, {"results": [page("u", "Vel is by Ada.", title="Web page")]})
    ) as fake:
        yield fake


@pytest.fixture(scope="module")
def base(tmp_path_factory, exa):
    """A folder with questions, and a model that searches and answers."""
    folder = tmp_path_factory.mktemp("base")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXA_API_KEY", EXA_KEY)
        patch.setenv("EXA_BASE_URL", exa.url)
        save_planner(folder / "model", write_questions(folder))
    return folder


@pytest.fixture
def place(base, tmp_path, monkeypatch):
    shutil.copytree(base, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def journal(folder):
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


@pytest.mark.slow
def test_the_published_command_line_trains_logs_and_pushes(place, exa):
    with fake_model() as openai, hub_server() as hub:
        trackers = write_trackers(place)
        where = {"OPENAI_BASE_URL": f"{openai.url}/v1", "EXA_BASE_URL": exa.url}
        before = len(exa.asked)
        ran = run_grpo(
            place, "--model_name", "model", "--data_path", "your_data.json",
            "--output_dir", "./output", "--openai_api_key", OPENAI_KEY, "--exa_api_key", EXA_KEY,
            "--use_wandb", "--wandb_api_key", WANDB_KEY, "--use_tensorboard",
            "--push_to_hub", "--hub_model_id", "user/name", "--hub_token", HUB_TOKEN,
            "--hub_private", *SMALL,
            env={**where, **trackers, **hub_environment(hub), "WANDB_MODE": "offline"},
        )  # fmt: skip
    output = place / "output"
    assert ran.code == 0, ran.said
    # What it says.
    *_, wrote, pushed, following = ran.out.splitlines()
    assert (wrote, pushed) == ("Wrote output: 3 steps.", "Pushed to user/name.")
    assert following == (
        "Next: hopgym bench --envs hopgym/DagSearch-v0 --questions OTHER-QUESTIONS "
        "--set retriever=exa --agents output"
    )
    assert ran.err.count("others on this machine can read a command line") == 1
    assert "nothing is played while training" in ran.err and "step 3/3  reward " in ran.err
    # Both services were asked, with their keys, the judge for the model of the publication.
    assert len(exa.asked) > before and openai.asked
    assert {asked.headers["authorization"] for asked in openai.asked} == {f"Bearer {OPENAI_KEY}"}
    assert {asked.json["model"] for asked in openai.asked} == {"gpt-4o-mini"}
    # What it leaves.
    lines = journal(output)
    assert [line["step"] for line in lines] == [1, 2, 3]
    assert all(line["episodes"] == 4 for line in lines)
    assert any(line["reward/semantic"] > 0 and line["grad_norm"] > 0 for line in lines)
    made = json.loads((output / "hopgym.json").read_text())["made"]
    assert (made["judge"], made["retriever"], made["lora_r"]) == ("openai", "exa", 16)
    assert make_agent(str(output)).name
    # What the trackers were told.
    (begun,) = told(place, "init")
    assert begun["project"] == "r-search-training" and begun["mode"] == "offline"
    assert begun["key"] == len(WANDB_KEY)
    logged = [line for line in told(place, "log") if "train/loss" in line]
    assert [line["train/global_step"] for line in logged] == [1, 2, 3]
    assert logged[0]["train/reward/semantic"] == pytest.approx(lines[0]["reward/semantic"])
    assert told(place, "board_folder") == ["output/tensorboard"] and told(place, "board_close")
    shown = {name for name, *_ in told(place, "board_scalar")}
    assert {"train/loss", "train/em", "train/reward/dag"} <= shown
    # What the hub was told, and by whom.
    assert hub.made == [{"name": "name", "organization": "user", "visibility": "private"}]
    assert sorted(hub.files) == [
        "adapter_config.json", "adapter_model.safetensors", "hopgym.json", "journal.jsonl",
        "marks.jsonl", "tokenizer.json", "tokenizer_config.json", "trained_on.json",
    ]  # fmt: skip
    for name in ("adapter_model.safetensors", "hopgym.json"):
        assert hub.files[name] == (output / name).read_bytes()
    for asked in hub.asked:
        assert HUB_TOKEN not in asked.path and HUB_TOKEN.encode() not in asked.body
        held = [name for name, value in asked.headers.items() if HUB_TOKEN in value]
        assert held in ([], ["authorization"])
    # No key is anywhere.
    assert keys_in(place) == [] and not any(key in ran.said for key in KEYS)


def refuses(asked):
    """Refuse as OpenAI does, with the key in the words."""
    key = asked.headers["authorization"].removeprefix("Bearer ")
    error = {"message": f"Incorrect API key provided: {key}", "code": "invalid_api_key"}
    return Raw(401, {"error": error})


def trained(place, exa, openai, *flags):
    """Run the command in this process."""
    app = typer.Typer()
    app.callback()(lambda: None)
    add_command(app)
    where = {"OPENAI_BASE_URL": f"{openai.url}/v1", "EXA_BASE_URL": exa.url}
    words = ["grpo", "--model_name", place / "model", "--data_path", place / "your_data.json",
             "--output_dir", place / "out", *SMALL, *flags]  # fmt: skip
    return CliRunner().invoke(app, [*map(str, words)], env=where)


def check_no_keys(place, result, *more):
    said = [result.output, repr(result.exception), str(result.exception)]
    assert not any(key in text for key in [*KEYS, *more] for text in said)
    assert keys_in(place) == []


def test_a_judge_that_refuses_all_ends_the_run_and_no_key_is_told(place, exa):
    with fake_model(refuses) as openai:
        keys = ["--openai_api_key", OPENAI_KEY, "--exa_api_key", EXA_KEY]
        result = trained(place, exa, openai, *keys)
    assert isinstance(result.exception, AgentError)
    assert "No episode could be played to its end; the first: " in str(result.exception)
    assert "Incorrect API key provided: [key]" in str(result.exception)
    assert not (place / "out" / "hopgym.json").exists()
    assert not any(name in os.environ for name in VARIABLES)
    check_no_keys(place, result)


def test_a_search_that_refuses_all_ends_the_run(place, exa):
    with fake_model() as openai:
        result = trained(place, exa, openai, "--exa_api_key", "ex-not-this-one")
        assert not openai.asked  # the key of the search has nobody judge
    assert isinstance(result.exception, AgentError)
    assert "answered 401: 'Invalid API key ***'" in str(result.exception)
    check_no_keys(place, result, "ex-not-this-one")


def test_episodes_without_a_verdict_are_counted_and_not_learnt_from(place, exa):
    def script(asked):
        return says(asked, "I cannot tell.") if asked.claim["answer"] != "Ada" else judges(asked)

    with fake_model(script) as openai:
        keys = ["--openai_api_key", OPENAI_KEY, "--exa_api_key", EXA_KEY]
        result = trained(place, exa, openai, *keys, "--gradient_accumulation_steps", 8)
    assert result.exit_code == 0, result.output
    lines = journal(place / "out")
    unscored = [line for line in lines if line["unscored_episodes"]]
    assert unscored and all(line["episodes"] + line["unscored_episodes"] == 8 for line in unscored)
    assert all(line["em"] > 0 for line in unscored if line["answered_share"])  # else no verdict
    check_no_keys(place, result)
