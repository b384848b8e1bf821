import pytest
from rag_runs import copied, same
from tiny_llms import needs_llms

needs_llms()
import torch  # noqa: E402
from tiny_rag import DOCUMENTS, generator, model  # noqa: E402

from hopgym.agents.rag.inference import generate_answer, load_rag_model  # noqa: E402
from hopgym.agents.rag.making import save_generator, save_towers  # noqa: E402
from hopgym.agents.rag.saving import save_rag  # noqa: E402
from hopgym.errors import ConfigError, DataError  # noqa: E402

QUESTION, TEXT = "Where was Ada Orm born?", "Ada Orm was born in Lyon."


def test_a_folder_answers_from_a_text_or_several(tmp_path):
    save_rag(model(), tmp_path / "rag", {})
    device = torch.device("cpu")
    made, tokenizer = load_rag_model(str(tmp_path / "rag"), device)
    answer = generate_answer(made, tokenizer, QUESTION, TEXT, device)
    assert isinstance(answer, str) and answer == generate_answer(made, tokenizer, QUESTION, [TEXT])
    assert isinstance(generate_answer(made, tokenizer, QUESTION, DOCUMENTS, beams=1), str)
    empty = generate_answer(made, tokenizer, QUESTION, [])
    assert isinstance(empty, str)
    other = tokenizer.__class__(tokenizer_object=tokenizer.backend_tokenizer)
    other.add_tokens(["more"])
    with pytest.raises(ConfigError, match=r"Give the one that load_rag_model returned"):
        generate_answer(made, other, QUESTION, TEXT)


def old_file(folder, made):
    """Weights by the names that the first public description gives them."""
    towers = made.towers
    parts = {
        "retriever.question_encoder.": towers.question.model,
        "retriever.context_encoder.": towers.context.model,
        "generator.": made.generator.model,
    }
    weights = {f"{p}{n}": v for p, module in parts.items() for n, v in module.state_dict().items()}
    embeddings = "retriever.question_encoder.question_encoder.bert_model.embeddings.position_ids"
    weights[embeddings] = torch.arange(4)[None]
    torch.save(weights, folder / "best_rag_model.pth")
    return folder / "best_rag_model.pth"


@pytest.fixture
def bases(tmp_path):
    """The models that a file of weights was trained from."""
    save_towers(model(seed=5).towers, tmp_path / "towers")
    save_generator(generator(), tmp_path / "t5")
    return {
        "question_encoder": str(tmp_path / "towers/question"),
        "context_encoder": str(tmp_path / "towers/context"),
        "generator": str(tmp_path / "t5"),
    }


def test_an_old_file_of_weights_is_read(tmp_path, bases):
    old = model(seed=9)
    with torch.no_grad():
        old.generator.model.shared.weight.add_(0.5)
    file = old_file(tmp_path, old)
    made, tokenizer = load_rag_model(file, "cpu", **bases)
    assert same(copied(made.towers), copied(old.towers))
    assert same(copied(made.generator), copied(old.generator)) and not made.training
    assert isinstance(generate_answer(made, tokenizer, QUESTION, TEXT, "cpu"), str)


class Code:
    def __reduce__(self):
        return print, ("run",)


@pytest.mark.parametrize(
    ("held", "match"),
    [
        ({"x": Code()}, r"is no file of weights alone .* Save `model\.state_dict\(\)`"),
        ({"generator.x": torch.ones(1)}, "holds no weights of a RAG: their names begin with"),
        ([1], "holds no weights of a RAG"),
    ],
    ids=["code", "other", "list"],
)
def test_what_holds_no_weights_is_told_and_not_run(tmp_path, bases, capsys, held, match):
    torch.save(held, tmp_path / "bad.pth")
    with pytest.raises(DataError, match=match):
        load_rag_model(tmp_path / "bad.pth", "cpu", **bases)
    assert "run" not in capsys.readouterr().out


def test_weights_of_other_models_are_told(tmp_path, bases):
    held = torch.load(old_file(tmp_path, model()), weights_only=True)
    held["generator.shared.weight"] = torch.ones(3, 3)
    torch.save(held, tmp_path / "best_rag_model.pth")
    with pytest.raises(DataError, match=r"generator\.\* are not those of a T5For.*generator="):
        load_rag_model(tmp_path / "best_rag_model.pth", "cpu", **bases)
    with pytest.raises(ConfigError, match="neither a folder nor a file"):
        load_rag_model(tmp_path / "none.pth", "cpu")
