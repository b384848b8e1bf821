import typer
from typer.testing import CliRunner

from hopgym.retrieval import RETRIEVERS
from hopgym.retrieval.analyzer import ANALYZERS
from hopgym.retrieval.cli import add_commands
from hopgym.retrieval.encoders import ENCODERS
from hopgym.retrieval.fusion import SCALES
from hopgym.retrieval.generators import GENERATORS
from hopgym.retrieval.readers import READERS
from hopgym.retrieval.rerankers import RERANKERS


def test_the_retrievers_are_listed():
    app = typer.Typer()
    app.callback()(lambda: None)
    add_commands(app)
    result = CliRunner().invoke(app, ["retrievers"])
    assert result.exit_code == 0
    for registry in (RETRIEVERS, ENCODERS, RERANKERS, GENERATORS, READERS):
        for name in registry:
            assert name in result.output
            assert registry.summary(name)[:20] in result.output
    for name in [*SCALES, *ANALYZERS]:
        assert f"│ {name} " in result.output
