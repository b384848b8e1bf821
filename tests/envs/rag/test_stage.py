import pytest
from toy import DOCUMENTS, toy_kwargs

from hopgym.envs.grammars.rag import RagAnswerGrammar, RagGrammar
from hopgym.envs.rag.settings import RagSettings
from hopgym.envs.rag.stage import RagStage
from hopgym.errors import ConfigError, UnknownNameError
from hopgym.retrieval.generators import EntityGenerator, TemplateGenerator, TitleGenerator


def make(**changes):
    return RagStage(RagSettings(**toy_kwargs(reward="f1", **changes)), "hopgym/RAG-v0")


def test_the_grammar_follows_who_asks():
    for changes in ({}, {"hops": 3}, {"generator": "agent"}):
        assert type(make(**changes).grammar) is RagAnswerGrammar and make(**changes).turns == 1
    stage = make(hops=3, generator="agent")
    assert type(stage.grammar) is RagGrammar and stage.grammar_name == "rag"
    assert stage.turns == 3 and stage.generator is None


def test_a_generator_is_a_name_one_with_options_or_an_object():
    assert isinstance(make().generator, TitleGenerator)
    assert isinstance(make(generator="entities").generator, EntityGenerator)
    template = make(generator="template?template={title} town").generator
    assert isinstance(template, TemplateGenerator)
    assert make(generator=template).generator is template
    assert make(generator="hopgym.retrieval.generators:EntityGenerator").generator is not None


def test_titles_are_those_of_what_is_searched():
    stage = make(retriever="bm25")
    assert stage.generator.fingerprint == TitleGenerator(stage.retriever.documents).fingerprint
    assert len(stage.retriever.documents) == len(DOCUMENTS)


def test_what_is_no_generator_is_refused():
    with pytest.raises(UnknownNameError, match=r"query generator 'title'. Did you mean 'titles'"):
        make(generator="title")
    with pytest.raises(ConfigError, match=r"'template' has no option 'templat'. Did you mean"):
        make(generator="template?templat=x")
    with pytest.raises(ConfigError, match=r"5 is no query generator: it needs `fingerprint`"):
        make(generator=5)


def test_a_budget_makes_the_longest_transcript_shorter():
    assert make(hops=5, max_documents=2).max_text < make(hops=5).max_text
