# ruff: noqa: RUF001 (full-width punctuation is what is tested)
import pytest

from hopgym.envs.grammars.tools import ALIASES, TOOLS, ToolNames
from hopgym.errors import ConfigError


def test_every_alias_stands_for_its_tool():
    names = ToolNames(TOOLS)
    for alias, tool in ALIASES.items():
        assert names[alias] == names[alias.upper()] == names[tool.lower()] == tool
    assert names["Bing"] == "Bing" and names.tools == TOOLS


def test_aliases_of_tools_that_are_not_there_mean_nothing():
    assert ToolNames(["News"])["web"] == "web"


def test_a_tool_goes_before_an_alias_and_a_given_alias_before_a_known_one():
    assert ToolNames(["General", "Web"])["web"] == "Web"
    assert ToolNames(["General", "News"], {"web": "News"})["WEB"] == "News"


@pytest.mark.parametrize(
    "name",
    ["", "?", "a(b)", "a]", "a\nb", " a", "a：b", 7, "<r>"],
)
def test_names_that_cannot_stand_in_a_plan_are_refused(name):
    with pytest.raises(ConfigError, match=r"is called .*; a name stands on one line.*`source`"):
        ToolNames(["General", name])


@pytest.mark.parametrize("tools", [(), "News"])
def test_there_are_some_tools(tools):
    with pytest.raises(ConfigError, match=r"tools is .*; give a sequence of one or more names"):
        ToolNames(tools)


def test_names_that_a_plan_could_not_tell_apart_are_refused():
    message = r"Two sources .* called 'News' and 'news'\. .*field `source` and by `sources=`"
    with pytest.raises(ConfigError, match=message):
        ToolNames(["General", "News", "news"])
    with pytest.raises(ConfigError, match="are called 'News' and 'News'"):
        ToolNames(["News", "General", "News"])
    with pytest.raises(ConfigError, match="Two aliases are called 'x' and 'X'"):
        ToolNames(TOOLS, {"x": "News", "X": "General"})


def test_an_alias_that_is_another_source_is_refused():
    message = r"The alias 'web' of 'News' is the name of a source itself, 'Web'\. Leave the alias"
    with pytest.raises(ConfigError, match=message):
        ToolNames(["General", "News", "Web"], {"web": "News"})
    assert ToolNames(["News"], {"NEWS": "News"})["news"] == "News"


@pytest.mark.parametrize("aliases", [{"x": "Bing"}, {"x)": "News"}, {"": "News"}])
def test_aliases_that_stand_for_nothing_are_refused(aliases):
    with pytest.raises(ConfigError, match=r"The alias .* stands for .*; an alias is .*: News\."):
        ToolNames(["News"], aliases)


def test_aliases_are_a_mapping():
    with pytest.raises(ConfigError, match="aliases is 'web'; give a mapping of names to tools"):
        ToolNames(TOOLS, "web")


def test_odd_but_sound_names_are_kept():
    tools = ("my.index", "http://host:80/x", "a; b", "知识")
    assert [ToolNames(tools)[tool] for tool in tools] == list(tools)
