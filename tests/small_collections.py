"""A folder of small collections in the public files' own formats, to try retrieval benchmarks on.

Films, their directors and their towns: the second passage of each question shares no word with it.
"""

import gzip
import io
import json
import tarfile

FILMS = 12


def write_data(folder):
    """Write every file that the retrieval benchmarks read; return the folder."""
    passages = [passage for n in range(FILMS) for passage in _passages(n)]
    questions = [_question(n) for n in range(FILMS)]
    two_wiki = folder / "2wikimultihopqa"
    _write(two_wiki / "2wikimultihopqa_corpus.json.gz", passages)
    _write(two_wiki / "hipporag_1000_questions.json.gz", questions[:8])
    _write(two_wiki / "lag_dev_4000.json.gz", [_dev(q) for q in questions[6:]])
    names = ["hotpotqa_train_100.json.gz", "bolaa_easy_100.jsonl.gz", "bolaa_medium_100.jsonl.gz"]
    for part, name in enumerate(names):
        _write(folder / "hotpotqa" / name, [_hotpot(n) for n in range(4 * part, 4 * part + 4)])
    _write(folder / "musique" / "musique_train_100.json.gz", [_musique(n) for n in range(FILMS)])
    lines = [
        {"id": f"p{n}", **passage, "source": ["2wiki_hipporag"]}
        for n, passage in enumerate(passages)
    ]
    # A homonym from another set: it must not count as the gold that its title names.
    other = {"id": "other", "title": "Film Qa", "text": "A river.", "source": ["squad_v1.1_dev"]}
    _lines(folder / "corpus" / "wiki_union_corpus.jsonl.gz", [*lines, other])
    write_cacm(folder / "retrieval" / "cacm")
    return folder


def write_cacm(folder):
    """Write three pages, three topics of which two are judged, and a run."""
    folder.mkdir(parents=True)
    pages = {"CACM-1": "sorting networks", "CACM-2": "time sharing", "CACM-3": "caf\xe9 sorting"}
    with tarfile.open(folder / "cacm.tar.gz", "w:gz") as archive:
        for name, text in pages.items():
            data = f"<html>\n<pre>\n{text}\n</pre></html>".encode("latin-1")
            member = tarfile.TarInfo(f"{name}.html")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    topics = ["sorting", "time sharing", "nothing of this kind"]
    (folder / "topics.cacm.txt").write_text(
        "".join(f"<DOC>\n<DOCNO> {n} </DOCNO>\n\n{t}\n</DOC>\n" for n, t in enumerate(topics, 1))
    )
    (folder / "qrels.cacm.txt").write_text("1 Q0 CACM-1 1\n1 Q0 CACM-3 1\n2 Q0 CACM-2 1\n")
    (folder / "cacm-bm25_anserini_run.txt").write_text(
        "1 Q0 CACM-3 1 2.0 Anserini\n1 Q0 CACM-2 2 1.0 Anserini\n2 Q0 CACM-2 1 3.0 Anserini\n"
    )


def _name(n, first="Q"):
    return first + "abcdefghijkl"[n]


def _passages(n):
    film, person, town = f"Film {_name(n)}", f"Ada {_name(n, 'W')}", f"Town {_name(n, 'T')}"
    return [
        {"title": film, "text": f"A picture by {person}, shown often."},
        {"title": person, "text": f"Born in {town}, long ago."},
    ]


def _question(n):
    return {
        "id": f"q{n}",
        "question": f"Where is the home of who made the picture Film {_name(n)}?",
        "answer": f"Town {_name(n, 'T')}",
        "answer_aliases": [],
        "supporting_facts": [p["title"] for p in _passages(n)],
    }


def _dev(question):
    facts = [[title, 0] for title in question["supporting_facts"]]
    kept = {key: question[key] for key in ("question", "answer")}
    return {"_id": question["id"], "type": "compositional", **kept, "supporting_facts": facts}


def _hotpot(n):
    context = [[p["title"], [p["text"]]] for p in _passages(n)]
    return {**_dev(_question(n)), "_id": f"h{n}", "level": "easy", "context": context}


def _musique(n):
    paragraphs = [
        {"idx": i, "title": p["title"], "paragraph_text": p["text"], "is_supporting": True}
        for i, p in enumerate(_passages(n))
    ]
    steps = [
        {
            "id": 1,
            "question": "made?",
            "answer": f"Ada {_name(n, 'W')}",
            "paragraph_support_idx": 0,
        },
        {
            "id": 2,
            "question": "#1 home",
            "answer": f"Town {_name(n, 'T')}",
            "paragraph_support_idx": 1,
        },
    ]
    return {
        "id": f"2hop__{n}",
        "question": _question(n)["question"],
        "answer": f"Town {_name(n, 'T')}",
        "answer_aliases": [],
        "answerable": True,
        "paragraphs": paragraphs,
        "question_decomposition": steps,
    }


def _write(path, records):
    if path.name.endswith(".jsonl.gz"):
        _lines(path, records)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(json.dumps(records).encode()))


def _lines(path, records):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(record) + "\n" for record in records)
    path.write_bytes(gzip.compress(text.encode()))
