"""`real-multihop`: published question sets over one pool of Wikipedia passages, from your files."""

from __future__ import annotations

from .suite import DATA, Suite, Task

_POOL = f"{DATA}/corpus/wiki_union_corpus.jsonl.gz"


def _real(name: str, loader: str, file: str, split: str) -> Task:
    return Task(
        name=name,
        env_id="hopgym/SearchRead-v0",
        questions=f"{loader}?path={DATA}/{file}&split={split}&documents={_POOL}",
        split=split,
    )


REAL = Suite(
    "real-multihop",
    "HotpotQA, 2Wiki, MuSiQue and Bamboogle from your files (--data).",
    (
        _real("hotpotqa", "hotpotqa", "hotpotqa/hotpotqa_train_100.json.gz", "train"),
        _real("hotpotqa_dev", "hotpotqa", "hotpotqa/hotpot_dev_fullwiki_200.jsonl.gz", "dev"),
        _real("two_wiki", "two_wiki", "2wikimultihopqa/hipporag_1000_questions.json.gz", "dev"),
        _real("musique", "musique", "musique/musique_train_100.json.gz", "train"),
        _real("bamboogle", "bamboogle", "bamboogle/r1searcher_bamboogle_125.jsonl", "test"),
    ),
    ("single_shot", "iterative", "oracle"),
)
