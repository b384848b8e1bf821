import hashlib

import pytest

from hopgym.core import Hop, Question
from hopgym.envs.datasets.drafts import Draft, Passage, load, load_file, passage_id
from hopgym.errors import ConfigError, DataError
from hopgym.files import write_jsonl

pytestmark = pytest.mark.filterwarnings("ignore:.*skipped:UserWarning")

VEL, OTHER, ORM = Passage("Vel", "A film."), Passage("Vel", "A town."), Passage("Orm", "A name.")


def convert(record):
    """A record of an id, with the passages above for whoever asks for them."""
    hops = (Hop("Which?", "Orm"), Hop("And?", "Vel")) if "hops" in record else ()
    question = Question(record.text("id"), "Who?", ("Ada",), hops=hops, metadata={"kept": 1})
    gold = [Passage(*p) for p in record.get("gold", ())]
    return Draft(question, (VEL, OTHER, ORM), gold, (gold[0], None) if hops else ())


def values(*records):
    return [(f"f:{n}", record) for n, record in enumerate(records, 1)]


def place(*gold, **options):
    record = {"id": "a", "gold": gold}
    return load("mine", convert, values(record), **options).questions("train")[0]


def ids(*passages):
    return tuple(passage_id(*passage) for passage in passages)


def test_paragraphs_become_one_corpus_each_once():
    made = load("mine", convert, values({"id": "a"}, {"id": "b"}), split="dev")
    assert (made.name, made.splits) == ("mine", ("dev",))
    assert [(d.id, d.title, d.text) for d in made.documents] == [
        (passage_id(*p), *p) for p in (VEL, OTHER, ORM)
    ]
    assert passage_id("a", "b") == hashlib.sha256(b"a\nb").hexdigest()[:16]


def test_gold_is_found_by_title_and_by_text_where_titles_are_shared():
    assert place(VEL, ORM).document_ids == ids(VEL, ORM)
    assert place(OTHER).document_ids == ids(OTHER)
    assert place(("vel ", "a  TOWN.")).document_ids == ids(OTHER)  # in other letters
    assert place(("Vel", "A town. With more.")).document_ids == ids(OTHER)
    assert place(("Vel", "")).document_ids == ids(VEL)  # the first of that title
    assert place(("Lilu", "")).document_ids == ("missing:Lilu",)
    assert place(VEL, VEL).document_ids == ids(VEL)


def test_titles_of_gold_are_kept_and_a_question_without_gold_has_none():
    assert place(VEL, ORM).metadata == {"kept": 1, "gold_titles": ["Vel", "Orm"]}
    assert place().metadata == {"kept": 1} and place().document_ids == ()


def test_a_hop_has_its_gold_where_it_is_known():
    record = {"id": "a", "gold": [ORM], "hops": True}
    hops = load("mine", convert, values(record)).questions("train")[0].hops
    assert hops == (Hop("Which?", "Orm", ids(ORM)), Hop("And?", "Vel"))


def test_another_pool_takes_the_place_of_the_paragraphs(tmp_path):
    pool = [
        {"id": "0", "title": "Vel", "text": ""},
        {"id": "1", "title": "vel", "text": "A town."},
        {"id": "2", "title": "Vel", "text": "A film. It is long."},
    ]
    write_jsonl(tmp_path / "pool.jsonl.gz", pool)
    question = place(VEL, ORM, documents=tmp_path / "pool.jsonl.gz")
    assert question.document_ids == ("2", "missing:Orm")
    with pytest.raises(DataError, match=r"No file '.*none.jsonl'"):
        place(VEL, documents=tmp_path / "none.jsonl")


BAD = [
    ([1], r"f:2: a record must be a JSON object, not \[1\]"),
    ({"x": 1}, "f:2: field `id` is missing"),
    ({"id": "a"}, "f:2: id 'a' stands at f:1 already"),
    (DataError("f:2: not JSON"), "f:2: not JSON"),
]


@pytest.mark.parametrize(("record", "message"), BAD)
def test_a_bad_record_raises(record, message):
    with pytest.raises(DataError, match=message):
        load("mine", convert, values({"id": "a"}, record))


def test_bad_records_are_skipped_and_counted():
    records = [{"id": "a"}, *(record for record, _ in BAD), {"id": "b"}]
    made = load("mine", convert, values(*records), strict=False)
    assert [q.id for q in made.questions("train")] == ["a", "b"]
    assert [reason.split(":")[1] for reason in made.skipped] == ["2", "3", "4", "2"]
    assert "field `id` is missing" in made.skipped[1]


def test_no_more_is_read_than_the_limit():
    def endless():
        yield from values({"id": "a"}, {"id": "b"})
        raise AssertionError("read on")

    made = load("mine", convert, endless(), limit=2)
    assert len(made.questions("train")) == 2


@pytest.mark.parametrize("text", ["", "\n\n", "[]"])
def test_an_empty_file_is_named(tmp_path, text):
    (tmp_path / "f.json").write_text(text)
    with pytest.raises(DataError, match="mine: no question could be read"):
        load_file("mine", convert, tmp_path / "f.json")


def test_half_a_line_and_a_file_of_bad_records(tmp_path):
    path = tmp_path / "f.jsonl"
    path.write_text('{"id": "a"}\n{"id": \n')
    with pytest.raises(DataError, match=r"f.jsonl:2: not JSON \(.*\). Mend or remove"):
        load_file("mine", convert, path)
    made = load_file("mine", convert, path, strict=False)
    assert len(made.questions("train")) == 1 and "f.jsonl:2: not JSON" in made.skipped[0]
    path.write_text('{"x": 1}\n')
    with pytest.raises(DataError, match=r"no question could be read; first: .*:1: field `id`"):
        load_file("mine", convert, path, strict=False)
    with pytest.raises(DataError, match=r"No file '.*none.jsonl'"):
        load_file("mine", convert, tmp_path / "none.jsonl")


def test_of_one_title_the_passage_most_alike_is_gold():
    assert place(("Vel", "A town, in the north.")).document_ids == ids(OTHER)
    assert place(("Vel", "film of A. Orm")).document_ids == ids(VEL)


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "3"])
def test_a_limit_is_a_whole_number_from_1(limit):
    with pytest.raises(ConfigError, match=r"limit is .*; it must be a whole number from 1"):
        load("mine", convert, values({"id": "a"}), limit=limit)
