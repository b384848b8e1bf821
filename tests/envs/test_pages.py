from dataclasses import fields

import gymnasium
import pytest

from hopgym.envs import ENVS
from hopgym.envs.pages import env_page, field_docs, keyword_table, page_name, read_docstring
from hopgym.envs.rag.settings import RagSettings
from hopgym.errors import UnknownNameError


@pytest.mark.parametrize("env_id", sorted(env for env in ENVS if env.startswith("hopgym/")))
def test_a_page_says_all_that_a_player_needs(env_id):
    page = env_page(env_id)
    titles = [line for line in page.splitlines() if line.startswith("## ")]
    wanted = ["Description", "Observation", "Actions", "Reward", "Episode end", "Info", "Keywords"]
    assert titles == [f"## {title}" for title in [*wanted, "Example", "Version history", "Spaces"]]
    kind = type(
        gymnasium.make(env_id, questions="world?entities=60&train=4&dev=2&test=2").unwrapped
    )
    meanings = field_docs(kind.settings_class)
    for field in fields(kind.settings_class):
        assert f"| `{field.name}` |" in page
        assert meanings[field.name].strip()


def test_a_keyword_has_its_own_default_and_its_base_s_meaning():
    assert "| `reward` | `'rag'` | A registered name" in keyword_table(RagSettings)
    assert field_docs(RagSettings)["top_k"] == "Documents asked for by each query."


def test_a_docstring_is_read_in_its_sections():
    class Sample:
        """What it is.

        Reward:
            One line,
            and another.

        Info:
            Nothing.
        """

    assert read_docstring(Sample) == (
        "What it is.",
        {"Reward": "One line,\nand another.", "Info": "Nothing."},
    )


def test_names_of_pages_are_parted_into_words():
    names = [page_name(f"hopgym/{name}-v0") for name in ("SearchRead", "KGSubgraph", "RAG")]
    assert names == ["search_read-v0", "kg_subgraph-v0", "rag-v0"]


def test_an_environment_that_is_not_there_is_told():
    with pytest.raises(UnknownNameError, match="SearchRead-v0"):
        env_page("hopgym/SearchRaed-v0")
