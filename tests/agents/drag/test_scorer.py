import pytest
import torch
from drag_graphs import CHAIN, LONG, WIDE, batch_of, question, retriever

from hopgym.agents.drag.instructions import mean_tokens
from hopgym.agents.drag.scorer import LinearScorer, MlpScorer
from hopgym.core import Fact
from hopgym.errors import AgentError

WIDTH = 5


@pytest.mark.parametrize("distances", [False, True])
def test_the_linear_scorer_is_one_product_with_the_facts_vector(distances):
    batch = batch_of(CHAIN, LONG, WIDE)
    generator = torch.Generator().manual_seed(0)
    entities = torch.randn(batch.num_entities, WIDTH, generator=generator)
    relations = torch.randn(len(batch.pair_owners), WIDTH, generator=generator)
    module = LinearScorer(WIDTH, distances=distances)
    scored = module(batch, entities, relations)
    whole = scored.facts
    assert whole.shape == (len(batch.heads), 3 * WIDTH)
    if distances:
        near = batch.node_features
        whole = torch.cat([whole, near[batch.heads], near[batch.tails]], 1)
    torch.testing.assert_close(scored.logits, module.linear(whole)[:, 0])


def test_vectors_of_some_facts_are_rows_of_all():
    for scorer in ("drag", "mlp"):
        scored = retriever(scorer=scorer)(batch_of(CHAIN, WIDE))
        places = torch.tensor([7, 0, 3])
        torch.testing.assert_close(scored.vectors(places), scored.facts[places])


def test_mlp_is_one_hidden_layer_over_the_parts():
    batch = batch_of(CHAIN, LONG, WIDE)
    module = MlpScorer(batch.questions.shape[2], WIDTH)
    parts = [
        mean_tokens(batch.questions, batch.question_mask)[batch.owners],
        batch.entity_vectors[batch.heads],
        mean_tokens(batch.relation_states, batch.relation_mask)[batch.relations],
        batch.entity_vectors[batch.tails],
        batch.node_features[batch.heads],
        batch.node_features[batch.tails],
    ]
    matrices = [module.question, module.head, module.relation, module.tail, *module.distances]
    matrix = torch.cat([each.weight for each in matrices], 1)
    hidden = torch.relu(torch.cat(parts, 1) @ matrix.T + module.question.bias)
    torch.testing.assert_close(module(batch).logits, module.out(hidden)[:, 0])


def test_names_without_words_share_one_learned_vector():
    nameless = question("n", [Fact("a", "r", "?"), Fact("a", "r", "!")], "a", "?")
    batch = batch_of(nameless)
    logits = MlpScorer(batch.questions.shape[2], WIDTH)(batch).logits
    torch.testing.assert_close(logits[0], logits[1])


def test_mlp_says_that_it_reads_names():
    batch = batch_of(CHAIN, names=False)
    with pytest.raises(AgentError, match="names=True"):
        MlpScorer(batch.questions.shape[2], WIDTH)(batch)


def test_logits_keep_their_precision_under_autocast():
    model, batch = retriever(), batch_of(CHAIN, LONG)
    plain = model(batch).logits
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(batch).logits
    assert logits.dtype == torch.float32
    torch.testing.assert_close(logits, plain, atol=0.05, rtol=0.05)
