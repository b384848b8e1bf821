import re
import time

from hypothesis import given
from hypothesis import strategies as st

from hopgym.benchmarks.reachability import VERDICTS, find_phrases, find_reachable, share
from hopgym.benchmarks.records import Facts
from hopgym.core import Document, Question
from hopgym.files import read_jsonl
from hopgym.rewards.normalize import squad

DOCUMENTS = [
    Document("d1", "Ada Orm", "Ada Orm was born in the Upper Tessa, in 1902."),
    Document("d2", "Vel", "Vel is a film."),
]


def ask(*answers, document_ids=()):
    question = Question("q", "?", answers, document_ids=document_ids)
    return find_reachable([question], DOCUMENTS)["q"]


def test_an_answer_is_found_as_whole_words():
    assert ask("upper tessa").answer_reachable is True
    assert ask("The Ada Orm").answer_reachable is True  # in a title; articles do not count
    assert ask("tess").answer_reachable is False
    assert ask("Tessa Upper").answer_reachable is False
    assert ask("Orm Ada").answer_reachable is False  # not across the title's end


def test_one_accepted_answer_is_enough():
    assert ask("Nowhere", "1902").answer_reachable is True


def test_verdicts_and_empty_answers_are_not_looked_for():
    assert ask("yes").answer_reachable is None
    assert ask("...").answer_reachable is None


def test_gold_documents_must_all_be_there():
    assert ask("x", document_ids=("d1", "d2")).documents_reachable is True
    assert ask("x", document_ids=("d1", "d9")).documents_reachable is False
    assert ask("x").documents_reachable is None


def test_without_a_corpus_nothing_is_known():
    assert find_reachable([Question("q", "?", ("x",))], [])["q"] == Facts(None, None)


def test_shares_leave_out_what_is_not_known():
    facts = [Facts(True, None), Facts(False, None), Facts(None, None), Facts(True, None)]
    assert share(facts) == (2 / 3, None)


WORDS = st.lists(st.sampled_from(["ka", "lo", "mi", "nu"]), min_size=1, max_size=6)


@given(st.lists(WORDS, max_size=5), st.lists(WORDS, max_size=6))
def test_it_finds_what_a_plain_search_finds(texts, phrases):
    documents = [Document(str(n), "", " ".join(words)) for n, words in enumerate(texts)]
    wanted = [tuple(phrase) for phrase in phrases]
    plain = {
        phrase
        for phrase in wanted
        if any(re.search(rf"\b{' '.join(phrase)}\b", d.text) for d in documents)
    }
    assert find_phrases(wanted, documents) == plain


def test_real_questions_over_the_real_corpus_in_seconds(shared_data):
    rows = read_jsonl(shared_data / "corpus" / "wiki_union_corpus.jsonl.gz")
    documents = [Document(row["id"], row["title"], row["text"]) for _, row in rows]
    rows = read_jsonl(shared_data / "bamboogle" / "r1searcher_bamboogle_125.jsonl")
    questions = [Question(str(r["idx"]), r["question"], (r["answer"],)) for _, r in rows]
    started = time.process_time()
    found = find_reachable(questions, documents)
    assert time.process_time() - started < 10
    texts = [f" {squad(d.title)} | {squad(d.text)} " for d in documents]
    for question in questions[:12]:
        answer = f" {squad(question.answers[0])} "
        wanted = None if answer.strip() in VERDICTS else any(answer in text for text in texts)
        assert found[question.id].answer_reachable is wanted
