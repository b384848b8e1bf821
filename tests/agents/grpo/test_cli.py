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

from hopgym.agents.grpo.cli import add_command, summary
from hopgym.agents.grpo.settings import GRPOSettings
from hopgym.agents.grpo.train import Trained
from hopgym.agents.health import Alarm
from hopgym.agents import make_agent
from hopgym.agents.sft.examination import Mark
from hopgym.errors import AgentError, ConfigError

SMALL = ["--num_generations", 2, "--max_new_tokens", 64, "--max_steps", 3]
VARIABLES = ("OPENAI_API_KEY", "EXA_API_KEY", "WANDB_API_KEY", "HF_TOKEN", "OPENAI_BASE_URL",
             "EXA_BASE_URL", "WANDB_PROJECT", "RANK")  # fmt: skip


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


def run(*arguments, **environment):
    app = typer.Typer()
    app.callback()(lambda: None)
    add_command(app)
    words = ["grpo", *map(str, arguments)]
    return CliRunner().invoke(app, words, env={"COLUMNS": "200", **environment})


def given(monkeypatch, *arguments, **environment):
    """Return the settings that the command makes of its flags, and the variables then."""
    seen = []

    def training(settings, display):
        seen.extend([settings, dict(os.environ)])
        raise KeyboardInterrupt

    monkeypatch.setattr("hopgym.agents.grpo.train.train", training)
    result = run(*arguments, **environment)
    assert result.exit_code == 130 and "--resume goes on from the last" in result.stderr
    return seen


def journal(folder):
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


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
        "Next: hopgym bench --envs hopgym/DagSearch-v0 --questions your_data.json --agents output"
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
        "marks.jsonl", "tokenizer.json", "tokenizer_config.json",
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
    where = {"OPENAI_BASE_URL": f"{openai.url}/v1", "EXA_BASE_URL": exa.url}
    return run("--model_name", place / "model", "--data_path", place / "your_data.json",
               "--output_dir", place / "out", *SMALL, *flags, **where)  # fmt: skip


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
    # What was answered wrongly was in good form; none of it was paid for that without a verdict.
    assert all(line["em"] == line["answered_share"] > 0 for line in unscored)
    check_no_keys(place, result)


def test_questions_without_documents_name_what_could_search(place):
    result = run("--model_name", "tiny", "--data_path", "your_data.json", *SMALL)
    assert isinstance(result.exception, ConfigError)
    assert "your_data has questions and no documents" in str(result.exception)
    for way in ("--exa_api_key", "--retriever exa", "?documents="):
        assert way in str(result.exception)
    assert not (place / "output").exists()


DEFAULTS = {
    "model_name": "deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", "data_path": "world",
    "output_dir": "./output", "batch_size": "1", "max_steps": "100", "lr": "5e-06",
    "num_generations": "4", "gradient_accumulation_steps": "4", "curriculum_steps": "30",
    "lora_r": "16", "lora_alpha": "32", "lora_dropout": "0.05",
    "lora_target_modules": "q_proj,k_proj,v_proj,o_proj", "use_wandb": "(off)",
    "wandb_project": "r-search-training", "wandb_run_name": "", "push_to_hub": "(off)",
    "hub_model_id": "", "hub_private": "(off)", "openai_api_key": "", "exa_api_key": "",
    "wandb_api_key": "", "hub_token": "",
}  # fmt: skip
"""The published flags with their defaults; but for `data_path`, which had none."""


def test_help_lists_the_published_flags_with_their_defaults():
    lines = run("--help", COLUMNS="300").output.splitlines()
    for flag, default in DEFAULTS.items():
        (line,) = [line for line in lines if line.startswith(f"│ --{flag} ")]
        assert not default or f"[default: {default}]" in line, flag


def test_help_has_panels_with_the_keys_first():
    output = run("--help").output
    panels = ["Keys", "Files", "Episodes", "Optimiser", "GRPO", "Weights", "Held-out play",
              "Checkpoints and the guard", "Elsewhere"]  # fmt: skip
    places = [output.index(f"─ {panel} ─") for panel in panels]
    assert places == sorted(places) and "tiny-cpu, qwen2.5-3b-gpu" in output


def test_keys_of_the_environment_alone_switch_nothing_on(monkeypatch):
    settings, _ = given(monkeypatch, OPENAI_API_KEY="a", EXA_API_KEY="b", HF_TOKEN="c")
    assert settings == GRPOSettings()


def test_keys_are_in_the_environment_while_it_trains_and_not_after(monkeypatch):
    flags = ["--exa_api_key", "e", "--hub-token", "h", "--judge", "rule", "--use_wandb"]
    settings, then = given(monkeypatch, *flags, HF_TOKEN="before")
    assert settings == GRPOSettings(retriever="exa", judge="rule", use_wandb=True)
    assert (then["EXA_API_KEY"], then["HF_TOKEN"]) == ("e", "h")
    assert then["WANDB_PROJECT"] == "r-search-training"
    assert not {"EXA_API_KEY", "HF_TOKEN", "WANDB_PROJECT"} & set(os.environ)


def test_a_preset_is_changed_by_a_file_and_by_flags(monkeypatch, place):
    (place / "settings.json").write_text('{"lr": 2e-6, "beta": 0.5, "guard_set": ["most_kl=4"]}')
    flags = ["--preset", "qwen2.5-3b-gpu", "--config", "settings.json", "--beta", 0, "--no-guard"]
    settings, _ = given(monkeypatch, *flags)
    assert settings == GRPOSettings.preset(
        "qwen2.5-3b-gpu", lr=2e-6, beta=0.0, guard=False, guard_set=("most_kl=4",)
    )


def test_a_key_in_a_file_of_settings_is_refused(place):
    (place / "settings.json").write_text('{"exa_api_key": "ex-secret"}')
    result = run("--config", "settings.json")
    assert isinstance(result.exception, ConfigError) and "ex-secret" not in result.output
    assert "settings.json holds 'exa_api_key': a key belongs" in str(result.exception)


def test_one_of_several_processes_speaks(monkeypatch):
    done = Trained("out", 1, None, None)
    monkeypatch.setattr("hopgym.agents.grpo.train.train", lambda *_: done)
    assert run().stdout.startswith("Wrote out: 1 step.")
    assert run(RANK="1").stdout == ""


def test_the_last_lines_tell_the_best_and_what_stopped_it():
    told = GRPOSettings(eval_metric="f1", push_to_hub=True, hub_model_id="user/name")
    alarm = Alarm("kl", "kl", 7.9, 2.0, 38, 40, "the policy has run away", "a smaller one")
    best = Mark(step=30, epoch=1.0, score=0.456)
    assert summary(told, Trained("my runs/out", 40, best, alarm)) == [
        "Wrote my runs/out: 40 steps, f1 45.6 at step 30.",
        f"The guard stopped it. {alarm.reason}",
        "Pushed to user/name.",
        "Next: hopgym bench --envs hopgym/DagSearch-v0 --agents 'my runs/out'",
    ]
