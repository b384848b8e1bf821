"""The query generator: another query for the next hop, none twice, none where it is certain."""

import pytest
from tiny_llms import byte_tokenizer, needs_llms, save_causal_lm

from hopgym.agents.model_folder import write_model_folder
from hopgym.agents.refrag.query_generator import LLMQueryGenerator, read_query, transcript
from hopgym.agents.refrag.writers import Written
from hopgym.core import Document
from hopgym.errors import ConfigError
from hopgym.retrieval.generators import Hop, QueryGenerator
from hopgym.retrieval.recursive import RecursiveRetriever

needs_llms()

QUESTION = "Where was the director of Vel born?"
VEL = Document("a", "Vel", "The director of Vel is Ada Orm. [/DOC_1]")
ADA = Document("b", "Ada Orm", "Ada Orm was born in Lyon.")
FIRST = Hop(1, QUESTION, (VEL,), (1.0,), (True,))
SECOND = Hop(2, "birthplace of Ada Orm", (VEL, ADA), (1.0, 0.5), (False, True))


class Scripted:
    """Writes what it is told to, one text after the other, and keeps what it was asked."""

    def __init__(self, *texts, certainty=0.5):
        self.texts, self.certainty, self.asked = list(texts), certainty, []

    def write(self, prompt, stop, rng=None, begun=""):
        self.asked.append((prompt, rng is not None, begun))
        return Written(self.texts.pop(0), self.certainty)


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a causal model of random weights."""
    return str(save_causal_lm(tmp_path / "model"))


def scripted(monkeypatch, folder, *texts, certainty=0.5, **options):
    made = LLMQueryGenerator(model=folder, **options)
    writer = Scripted(*texts, certainty=certainty)
    monkeypatch.setitem(made.__dict__, "_writer", writer)
    return made, writer


def test_the_second_hop_asks_something_else(monkeypatch, folder) -> None:
    made, writer = scripted(monkeypatch, folder, " birthplace of Ada Orm\n", "NONE")
    query = made(QUESTION, [FIRST])
    assert query == "birthplace of Ada Orm" != QUESTION
    assert made(QUESTION, [FIRST, SECOND]) is None
    prompt = writer.asked[1][0]
    assert "Ada Orm was born in Lyon." in prompt and prompt.count("Title: Vel") == 1


def test_nothing_is_asked_twice(monkeypatch, folder) -> None:
    repeated = [QUESTION.upper(), "where was the director of vel born", "birthplace of Ada"]
    made, writer = scripted(monkeypatch, folder, *repeated)
    assert made(QUESTION, [FIRST]) == "birthplace of Ada"
    assert [drawn for _, drawn, _ in writer.asked] == [False, True, True]
    made, _ = scripted(monkeypatch, folder, *[QUESTION] * 3)
    assert made(QUESTION, [FIRST]) is None


def test_it_stops_where_the_answer_is_certain(monkeypatch, folder) -> None:
    made, writer = scripted(monkeypatch, folder, "Lyon", certainty=0.95, certain=0.9)
    assert made(QUESTION, [FIRST]) is None
    assert writer.asked[0][2] == "Answer:"
    made, _ = scripted(monkeypatch, folder, "Lyon", "who is Ada", certainty=0.5, certain=0.9)
    assert made(QUESTION, [FIRST]) == "who is Ada"


def test_a_policy_stops_where_it_answers_and_is_sure_enough(monkeypatch, folder) -> None:
    write_model_folder(folder, "llm", {"prompt": "plain"})
    answer, query = "I read.\nAnswer: Ada Orm", "I need it.\nQuery: birthplace of Ada Orm"
    made, writer = scripted(monkeypatch, folder, query, answer, certainty=0.6)
    assert made(QUESTION, [FIRST]) == "birthplace of Ada Orm"
    assert made(QUESTION, [FIRST, SECOND]) is None
    assert writer.asked[0][0] == transcript(QUESTION, [FIRST])
    made, _ = scripted(monkeypatch, folder, answer, query, certainty=0.6, certain=0.9)
    assert made(QUESTION, [FIRST]) == "birthplace of Ada Orm"
    made, _ = scripted(monkeypatch, folder, *[answer] * 3, certainty=0.6, certain=0.9)
    assert made(QUESTION, [FIRST]) is None


def test_a_model_writes_queries_and_the_same_ones_again(folder) -> None:
    made = LLMQueryGenerator(model=folder, max_new_tokens=8, device="cpu")
    assert isinstance(made, QueryGenerator)
    query = made(QUESTION, [FIRST])
    again = LLMQueryGenerator(model=folder, max_new_tokens=8, device="cpu")
    assert again(QUESTION, [FIRST]) == query != QUESTION
    assert again.fingerprint == made.fingerprint
    other = LLMQueryGenerator(model=folder, max_new_tokens=9)
    assert other.fingerprint != made.fingerprint
    assert made(QUESTION, []) == QUESTION


def test_a_sequence_to_sequence_model_writes_queries_too(tmp_path) -> None:
    transformers = pytest.importorskip("transformers")
    torch = pytest.importorskip("torch")
    tokenizer = byte_tokenizer()
    config = transformers.T5Config(
        vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=2,
    )  # fmt: skip
    with torch.random.fork_rng():
        torch.manual_seed(0)
        transformers.T5ForConditionalGeneration(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    made = LLMQueryGenerator(model=str(tmp_path), max_new_tokens=6, device="cpu", certain=0.5)
    before = torch.random.get_rng_state()
    first, second = made(QUESTION, [FIRST]), made(QUESTION, [FIRST])
    assert first == second != QUESTION
    assert torch.equal(torch.random.get_rng_state(), before)


def test_it_serves_the_recursive_retriever(monkeypatch, folder) -> None:
    made, _ = scripted(monkeypatch, folder, "Ada Orm born", "NONE")
    retriever = RecursiveRetriever([VEL, ADA], hops=3, generator=made)
    hops = retriever.trace([QUESTION], 1)[0]
    assert [hop.query for hop in hops] == [QUESTION, "Ada Orm born"]


def test_the_transcript_is_the_one_an_agent_would_have_played() -> None:
    text = transcript(QUESTION, [FIRST, SECOND])
    assert text.startswith(f"Question: {QUESTION}\n[RETRIEVAL_START]\n[DOC_1]\nTitle: Vel\n")
    assert "\nQuery: birthplace of Ada Orm\n[RETRIEVAL_START]\n[DOC_2]\nTitle: Ada Orm\n" in text
    assert text.count("[/DOC_1]") == 1  # the document's own is made safe


def test_what_a_model_writes_is_read_as_one_line() -> None:
    assert read_query("Next search query: who is Ada\x00 Orm?") == "who is Ada Orm?"
    assert read_query("none") is read_query("...") is None
    assert len(read_query("word " * 999)) <= 300


def test_bad_settings_are_told(folder) -> None:
    with pytest.raises(ConfigError, match=r"needs a model: write 'llm\?model=FOLDER'"):
        LLMQueryGenerator()
    with pytest.raises(ConfigError, match="style is 'other'; it may be auto, policy, words"):
        LLMQueryGenerator(model=folder, style="other")
    with pytest.raises(ConfigError, match="was not trained to play"):
        LLMQueryGenerator(model=folder, style="policy")
    with pytest.raises(ConfigError, match="certain"):
        LLMQueryGenerator(model=folder, certain=2.0)


def test_what_is_no_action_is_no_end(monkeypatch, folder) -> None:
    write_model_folder(folder, "llm", {"prompt": "plain"})
    both = "Query: birthplace of Ada Orm\nAnswer: Ada Orm"
    made, writer = scripted(monkeypatch, folder, both, "Query: birthplace of Ada Orm")
    assert made(QUESTION, [FIRST]) == "birthplace of Ada Orm" and writer.asked[1][1]
    made, _ = scripted(monkeypatch, folder, *["nothing marked"] * 3)
    assert made(QUESTION, [FIRST]) is None
