import pytest
import torch
from tiny_rag import ANSWERS, DOCUMENTS, QUESTIONS, batch, generator, model, towers

from hopgym.agents.rag.making import make_generator, make_towers
from hopgym.agents.rag.marginal import rag_sequence_nll, rag_token_nll
from hopgym.agents.rag.model import Batch, RagModel
from hopgym.agents.rag.vocabulary import train_vocabulary
from hopgym.core import Document
from hopgym.errors import ConfigError, DataError
from hopgym.seeding import rng_for

VARIANTS = ["token", "sequence", "fid"]


def norm(module):
    return sum(float(w.grad.norm()) for w in module.parameters() if w.grad is not None)


@pytest.mark.parametrize("variant", ["token", "sequence"])
def test_the_loss_is_made_of_its_parts(variant):
    made = model(variant, ret_loss_weight=0.25)
    losses = made.loss(batch())
    with torch.no_grad():
        questions = made.towers.questions(QUESTIONS)
        vectors = made.towers.passages(DOCUMENTS)
        scores = questions @ vectors.T / 8
        own = scores.clone()
        own[1, 2] = -torch.inf
        logp, mask = made.generator.token_logp(QUESTIONS, [DOCUMENTS] * 2, ANSWERS)
        nll = rag_token_nll if variant == "token" else rag_sequence_nll
        generation = nll(own, logp, mask).sum() / mask.sum()
        retrieval = torch.nn.functional.cross_entropy(scores, torch.tensor([0, 1]))
    torch.testing.assert_close(losses["gen_loss"], generation, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(losses["ret_loss"], retrieval, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(losses["loss"], generation + 0.25 * retrieval)
    torch.testing.assert_close(made(batch())["loss"], losses["loss"])


@pytest.mark.parametrize("variant", ["token", "sequence"])
def test_the_generation_loss_alone_reaches_both_towers(variant):
    made = model(variant, ret_loss_weight=0.0)
    losses = made.loss(batch())
    assert losses["ret_loss"].item() == 0
    losses["gen_loss"].backward()
    assert norm(made.towers.question) > 0 and norm(made.towers.context) > 0
    assert norm(made.generator) > 0


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_frozen_context_tower_leaves_the_gradient_to_the_question_tower(variant):
    made = model(variant, train_context=False)
    made.loss(batch())["loss"].backward()
    assert norm(made.towers.question) > 0 and norm(made.towers.context) == 0


def test_fusion_in_decoder_teaches_towers_by_the_retrieval_loss_alone():
    made = model("fid")
    losses = made.loss(batch())
    losses["gen_loss"].backward(retain_graph=True)
    assert norm(made.towers) == 0 and norm(made.generator) > 0
    losses["ret_loss"].backward()
    assert norm(made.towers.question) > 0 and norm(made.towers.context) > 0


def test_scores_come_from_vectors_of_now_and_not_from_an_index():
    made = model().eval()
    before = made.doc_scores(QUESTIONS, [DOCUMENTS, DOCUMENTS[:2]])
    assert before.requires_grad and before[1, 2].item() == -torch.inf
    with torch.no_grad():
        made.towers.context.load_state_dict(towers(seed=9).context.state_dict())
    after = made.doc_scores(QUESTIONS, [DOCUMENTS, DOCUMENTS[:2]])
    assert not torch.isclose(before, after)[0].any()


def test_a_document_that_helps_gains():
    """One step along the gradient makes the document likelier that the answer is likelier from."""
    made = model(ret_loss_weight=0.0)
    given = batch(retrieved=[DOCUMENTS] * 2)
    with torch.no_grad():
        logp, _ = made.generator.token_logp(QUESTIONS, [DOCUMENTS] * 2, ANSWERS)
        best = logp.sum(-1).argmax(-1)
        before = made.doc_scores(QUESTIONS, [DOCUMENTS] * 2).softmax(-1)
    made.loss(given)["loss"].backward()
    with torch.no_grad():
        for weights in made.towers.parameters():
            if weights.grad is not None:
                weights -= 1e-2 * weights.grad / norm(made.towers)
        after = made.doc_scores(QUESTIONS, [DOCUMENTS] * 2).softmax(-1)
    rows = torch.arange(2)
    assert (after[rows, best] > before[rows, best]).any()


def test_a_passage_of_several_questions_is_encoded_once_and_is_no_negative_of_its_own():
    made = model()
    sizes = []
    made.towers.context.register_forward_hook(lambda _, texts, out: sizes.append(len(out)))
    losses = made.loss(batch(positives=[DOCUMENTS, DOCUMENTS], hard_negatives=[DOCUMENTS] * 2))
    assert sizes == [3] and losses["ret_loss"].item() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_without_gold_or_documents_there_is_a_loss_all_the_same(variant):
    made = model(variant)
    losses = made.loss(Batch(QUESTIONS, ANSWERS, [[], DOCUMENTS]))
    losses["loss"].backward()
    assert losses["ret_loss"].item() == 0 and torch.isfinite(losses["loss"])
    grads = [w.grad for w in made.parameters() if w.grad is not None]
    assert all(torch.isfinite(grad).all() for grad in grads)


def test_no_more_than_n_docs_are_read():
    made, few = model(n_docs=1), batch(retrieved=[DOCUMENTS[:1], DOCUMENTS[:1]])
    torch.testing.assert_close(made.loss(batch())["gen_loss"], made.loss(few)["gen_loss"])
    assert [len(each.prior) for each in made.answer(QUESTIONS, [DOCUMENTS, []])] == [1, 1]


def test_rag_token_agrees_with_transformers():
    """Its labels must begin with the decoder's start, which it shifts away; ours need not."""
    from transformers import RagConfig, RagTokenForGeneration

    made = model("token", ret_loss_weight=0.0).eval()
    reader = made.generator
    rows = [DOCUMENTS, DOCUMENTS[::-1]]
    config = RagConfig.from_question_encoder_generator_configs(
        made.towers.question.model.config, reader.model.config, n_docs=3
    )
    library = RagTokenForGeneration(
        config=config, question_encoder=made.towers.question.model, generator=reader.model
    )
    texts = [reader.inputs(q, z) for q, row in zip(QUESTIONS, rows, strict=True) for z in row]
    tokens = reader.tokenizer(texts, padding=True, return_tensors="pt")
    targets = reader.targets(ANSWERS)
    labels = torch.cat([torch.full((2, 1), reader.start), targets.ids], 1)
    output = library(
        context_input_ids=tokens.input_ids,
        context_attention_mask=tokens.attention_mask,
        doc_scores=made.doc_scores(QUESTIONS, rows),
        labels=labels,
    )
    ours = made.loss(Batch(QUESTIONS, ANSWERS, rows))["gen_loss"] * targets.mask.sum()
    torch.testing.assert_close(output.loss.sum(), ours, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("variant", VARIANTS)
def test_answers_are_the_same_alone_together_and_again(variant):
    made = model(variant).train()
    rows = [DOCUMENTS, DOCUMENTS[:2]]
    together = made.answer(QUESTIONS, rows, beams=2, max_new_tokens=6)
    assert together == made.answer(QUESTIONS, rows, beams=2, max_new_tokens=6)
    assert made.training
    alone = made.answer(QUESTIONS, rows, beams=2, max_new_tokens=6, batch_size=1)
    for one, other in zip(together, alone, strict=True):
        assert one.text == other.text and one.logp == pytest.approx(other.logp, abs=1e-3)
    assert made.answer([], []) == []


@pytest.mark.parametrize(
    ("variant", "steps"), [("token", 60), pytest.param("fid", 160, marks=pytest.mark.slow)]
)
def test_it_learns_what_is_asked_and_where_it_stands(variant, steps):
    """Six questions, one passage with the answer among three: both parts learn by one loss."""
    names, places = ["Ada", "Bob", "Cid", "Dot", "Eve", "Fay"], ["Lyon", "Kiel", "Oslo"]
    documents = [Document(n, n, f"{n} lives in {places[i % 3]}.") for i, n in enumerate(names)]
    questions = [f"Where is {name}?" for name in names]
    answers = [places[i % 3] for i in range(6)]
    known = train_vocabulary([each.text for each in documents] + questions, size=100)
    made = RagModel(
        make_towers("tiny", vocabulary=known),
        make_generator("tiny", vocabulary=known, max_answer_tokens=6),
        variant=variant,
        n_docs=3,
    )
    draws = rng_for(0, "test")
    rows = [[documents[j] for j in sorted({i, (i + 1) % 6, (i + 2) % 6})] for i in range(6)]
    gold = [[each] for each in documents]
    optimizer = torch.optim.AdamW(made.parameters(), lr=2e-3)
    made.train()
    for _ in range(steps):
        order = draws.permutation(6)
        fields = [[each[i] for i in order] for each in (questions, answers, rows, gold)]
        optimizer.zero_grad()
        made.loss(Batch(*fields))["loss"].backward()
        torch.nn.utils.clip_grad_norm_(made.parameters(), 1.0)
        optimizer.step()
    found = made.answer(questions, rows, beams=2)
    assert [each.text for each in found] == answers
    for own, row, answer in zip(documents, rows, found, strict=True):
        assert row[max(range(3), key=answer.posterior.__getitem__)] == own
        assert max(answer.prior) > 0.5


def test_the_same_seed_gives_the_same_losses():
    one, same = (model().loss(batch())["loss"].item() for _ in range(2))
    assert one == same
    other = RagModel(towers(seed=4), generator(), n_docs=3).loss(batch())["loss"].item()
    assert one != other


def test_refusals():
    with pytest.raises(ConfigError, match="variant is 'best'; it is token, sequence or fid"):
        model("best")
    with pytest.raises(ConfigError, match="n_docs is 0"):
        model(n_docs=0)
    with pytest.raises(DataError, match="one entry for each question in every field"):
        Batch(QUESTIONS, ANSWERS[:1], [DOCUMENTS] * 2)
    with pytest.raises(DataError, match="one entry for each question in every field"):
        batch(positives=[DOCUMENTS])
    with pytest.raises(DataError, match="one entry for each question"):
        Batch([], [], [])
    with pytest.raises(ConfigError, match="beams is 0; it must be a whole number from 1"):
        model().answer(QUESTIONS, [DOCUMENTS] * 2, beams=0)
