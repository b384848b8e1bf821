import pytest

from hopgym.core import Document
from hopgym.errors import ConfigError, DataError
from hopgym.retrieval import make_retriever
from hopgym.retrieval.as_of import AsOfRetriever
from hopgym.retrieval.bm25 import BM25Retriever


def dated(id, date=None, **metadata):
    told = {} if date is None else {"date": date}
    return Document(id, "Vel", f"The mayor of Vel is {id}.", metadata={**told, **metadata})


OLD, NEW, LATE, ALWAYS = dated("a", "2019-04-01"), dated("b", "2021"), dated("c", 2023), dated("z")
ALL = [OLD, NEW, LATE, ALWAYS]


def found(documents=ALL, **options):
    return sorted(AsOfRetriever(documents, **options).search(["mayor of Vel"], 9).ids[0])


@pytest.mark.parametrize(
    ("date", "ids"),
    [
        ("2018", ["z"]),
        ("2019-03-31", ["z"]),
        ("2019-04-01", ["a", "z"]),
        ("2019", ["a", "z"]),
        ("2020-12-31T23:59", ["a", "z"]),
        ("2021", ["a", "b", "z"]),
        (2030, ["a", "b", "c", "z"]),
    ],
)
def test_what_was_there_at_a_date(date, ids):
    assert found(date=date) == ids
    assert found(date=date, undated=False) == ids[:-1]


def test_scores_know_nothing_of_what_came_later():
    hits = AsOfRetriever(ALL, date="2020").search(["mayor a"], 5)
    assert hits.scores == BM25Retriever([OLD, ALWAYS]).search(["mayor a"], 5).scores


def test_of_several_versions_the_newest_by_then():
    versions = [dated("a", "2019", of="vel"), dated("b", "2021", of="vel"), dated("y", of="orm")]
    for date, ids in (("2020", ["a", "y"]), ("2022", ["b", "y"])):
        assert found(versions, date=date, version_of="of") == ids
    assert found(versions, date="2022") == ["a", "b", "y"]


def test_another_field_and_by_name_with_options():
    documents = [Document("n", "Vel", "x", metadata={"published": "2024-01-05"})]
    assert found(documents, date="2020", field="published") == []
    made = make_retriever("as_of?date=2021&base=tfidf", ALL)
    assert sorted(made.search(["mayor"], 5).ids[0]) == ["a", "b", "z"]


def test_dates_are_part_of_its_name_and_saved(tmp_path):
    one, other = (AsOfRetriever(ALL, date=date) for date in ("2020", "2021"))
    assert one.fingerprint != other.fingerprint
    other.save(tmp_path / "index")
    opened = make_retriever(tmp_path / "index")
    assert opened.fingerprint == other.fingerprint
    assert opened.search(["mayor"], 5) == other.search(["mayor"], 5)


@pytest.mark.parametrize(
    ("date", "told", "there"),
    [
        ("2021-05-03T10:00:00", "2021-05-03T10:00:00Z", True),
        ("2021-05-03T10:00:00+00:00", "2021-05-03T10:00:00Z", True),
        ("2021-05-03T10:00:00Z", "2021-05-03 10:00:00+00:00", True),
        ("2021-05-03T10:00Z", "2021-05-03T10:00:30", True),
        ("2021-05-03T10:00Z", "2021-05-03T10:01:00", False),
        ("2021-05-03", "2021", False),  # it may be of December
        ("2021-05", "2021-05", True),
        ("2021-12-31", "2021-12", False),
        ("2022", "2021", True),
    ],
)
def test_a_date_is_later_or_may_be(date, told, there):
    assert found([dated("x", told)], date=date) == ["x"] * there


@pytest.mark.parametrize("date", ["yesterday", "21", "2021-13", "2021-5", None, True, 20210503])
def test_a_date_that_is_none_is_refused(date):
    with pytest.raises(ConfigError, match=r"date is .*; write it as 2021, 2021-05, 2021-05-03"):
        AsOfRetriever(ALL, date=date)


def test_a_document_s_date_that_is_none_is_refused():
    with pytest.raises(DataError, match=r"'date' of 'x' is 'May 2021'; write it as 2021"):
        AsOfRetriever([dated("x", "May 2021")], date="2021")


def test_a_base_with_documents_of_its_own_is_refused(tmp_path):
    BM25Retriever(ALL).save(tmp_path / "index")
    with pytest.raises(ConfigError, match="brings documents of its own, later ones too"):
        AsOfRetriever(ALL, date="2020", base=str(tmp_path / "index"))
    with pytest.raises(ConfigError, match="give the name of a retriever, since it is built over"):
        AsOfRetriever(ALL, date="2020", base=BM25Retriever(ALL))
