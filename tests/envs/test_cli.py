import pytest
import typer
from typer.testing import CliRunner

from hopgym.envs.cli import add_commands
from hopgym.errors import ConfigError

app = typer.Typer()
add_commands(app)


def run(*arguments, typed=None):
    return CliRunner().invoke(app, arguments, input=typed)


def test_the_listing_names_every_environment_and_grammar():
    result = run("envs")
    assert result.exit_code == 0
    for name in ("hopgym/SearchRead-v0", "r3", "search_r1"):
        assert name in result.stdout


PLAY = ("play", "hopgym/SearchRead-v0", "--questions", "world?entities=300", "--seed", "3")


def test_an_episode_can_be_played_by_typing():
    result = run(*PLAY, typed="who made it\n\n=\n= Ada Orm\n")
    assert result.exit_code == 0, result.output
    assert "The retrieval query: who made it" in result.stdout
    assert "no letter or digit in that. Type a query, or = and the answer." in result.stdout
    assert result.stdout.count("4 turns left>") == 3  # asked again, at no cost
    assert "-1.00" not in result.stdout
    assert "[answered] answer: 'Ada Orm'" in result.stdout and "em" in result.stdout


def test_facts_can_be_selected_by_typing():
    facts = ("play", "hopgym/KGSubgraph-v0", *PLAY[2:])  # in text and turn by turn, if not told
    result = run(*facts, typed="0\n999\nstop\n")
    assert result.exit_code == 0, result.output
    assert "Type the numbers of facts" in result.stdout and "[0] " in result.stdout
    assert "not allowed: masked_action" in result.stdout and "19 turns left>" in result.stdout
    assert "[answered] answer:" in result.stdout and "fact_f1" in result.stdout
    result = run(*facts, "--set", "mode=one_shot", typed="2 0;1\n")
    assert "<select>2, 0, 1</select>" in result.stdout and "selected" in result.stdout
    result = run(*facts, "--set", "observation=padded")
    assert isinstance(result.exception, ConfigError)
    assert "not played in text" in str(result.exception)


def test_the_end_of_input_and_quit_stop_quietly():
    for typed in ("", "quit\n"):
        result = run(*PLAY, typed=typed)
        assert result.exit_code == 0 and "5 turns left>" in result.stdout


def test_an_unknown_environment_is_named():
    result = run("play", "SearchRead-v0")
    assert "Did you mean 'hopgym/SearchRead-v0'" in str(result.exception)


def test_other_keywords_are_passed_on():
    result = run(*PLAY, "--set", "grammar=search_r1", "--set", "top_k=1", typed="= x\n")
    assert "<answer>x</answer>" in result.stdout


def test_a_keyword_needs_a_value():
    result = run(*PLAY, "--set", "top_k")
    assert isinstance(result.exception, ConfigError)
    assert "write name=value" in str(result.exception)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("questions=world", "'questions' cannot be set by --set: use --questions"),
        ("split=dev", "'split' cannot be set by --set: use --split"),
        (
            "render_mode=ansi",
            "'render_mode' cannot be set by --set: what is played is always shown",
        ),
        ("id=x", "'id' cannot be set by --set: the environment is the command's first argument"),
        ("topk=1", "Did you mean 'top_k'"),
    ],
)
def test_what_the_command_says_itself_cannot_be_set(text, message):
    result = run(*PLAY, "--set", text)
    assert isinstance(result.exception, ConfigError) and message in str(result.exception)


def test_hints_show_no_escapes():
    settings = ("grammar=search_r1", "max_steps=1", "force_answer=true")
    chosen = [word for text in settings for word in ("--set", text)]
    result = run(*PLAY, *chosen, typed="</search>\nwho made it\nwho was it\nquit\n")
    assert result.exit_code == 0, result.output
    assert "not understood (unclosed_tag). The tag search or answer lacks" in result.stdout
    assert "not understood: query_not_allowed" in result.stdout
    assert "This turn takes no query: give the final answer." in result.stdout
    assert "&lt;" not in result.stdout


def test_a_plan_can_be_typed():
    typed = "A: x (Library)\nA: river of Vel (General); B: {A} founder (News)\n= Tessa\n"
    result = run("play", "hopgym/DagSearch-v0", *PLAY[2:], typed=typed)
    assert result.exit_code == 0, result.output
    assert "a plan as A: query (General); B: query with {A} (News)" in result.stdout
    assert "\nSources: General, News, Academy. At most 8 searches" in result.stdout
    assert "not understood (unknown_tool). Node A names no tool" in result.stdout
    assert "Node B (News): " in result.stdout and "format" in result.stdout
    assert "[answered] answer: 'Tessa'" in result.stdout


def test_a_query_alone_is_a_plan_of_one_search():
    result = run("play", "hopgym/DagSearch-v0", *PLAY[2:], typed="who made Vel\nquit\n")
    assert result.exit_code == 0 and "A: who made Vel (General)" in result.stdout
    assert "1 turn left>" in result.stdout


def test_other_names_of_sources_are_understood():
    aliases = ("--set", 'aliases={"papers": "Academy"}')
    typed = "A: x (papers)\nquit\n"
    result = run("play", "hopgym/DagSearch-v0", *PLAY[2:], *aliases, typed=typed)
    assert "Node A (Academy): " in result.stdout, result.output


def test_a_plan_can_be_pasted():
    plan = "<think>t</think>\n<search>\nNodes:\nA: river of Vel (General)\n</search>\n"
    result = run("play", "hopgym/DagSearch-v0", *PLAY[2:], typed=f"{plan}<answer>Ull</answer>\n")
    assert result.exit_code == 0, result.output
    assert "think>t" not in result.stdout.replace("<think>t", "")
    assert "[answered] answer: 'Ull'" in result.stdout
