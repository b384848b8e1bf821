import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hopgym.core import Document
from hopgym.errors import DataError
from hopgym.retrieval.links import Links, Titles, bare_title


def documents(*pairs):
    return [Document(str(n), title, text) for n, (title, text) in enumerate(pairs)]


def test_titles_are_found_whatever_the_case_and_marks():
    titles = Titles(["Ada Orm", "Tessa-Town", "O'Brien"])
    assert titles.mentioned("ADA ORM, born in tessa town; o'brien.") == [0, 1, 2]


def test_the_longest_title_wins():
    titles = Titles(["River", "River King", "River King of Tessa", "King of Tessa"])
    assert titles.mentioned("the River King of Tessa and the river king") == [2, 1]
    assert titles.mentioned("River of kings") == [0]


def test_each_title_is_named_once_in_the_order_of_mention():
    titles = Titles(["Tessa", "Vel Town"])
    assert titles.mentioned("Vel Town, Tessa, Vel Town, Tessa") == [1, 0]


def test_a_title_of_one_word_needs_more_than_four_letters():
    titles = Titles(["Vel", "Orms", "Tessa", "1984", "", "?!", "Of It"])
    assert titles.mentioned("vel orms tessa 1984 of it") == [2, 6]


def test_what_stands_in_brackets_at_the_end_is_dropped():
    titles = Titles(["Tessa (film)", "Tessa (1997 song)", "(I Saw) Tessa Town", "(Tessa)"])
    assert titles.mentioned("the film Tessa") == [0, 1, 3]
    assert titles.mentioned("sang I saw Tessa Town") == [2]
    assert bare_title("Tessa (film)") == "Tessa"
    assert bare_title("(Tessa)") == "(Tessa)"  # nothing else would be left


def test_titles_of_more_than_eight_words_are_not_looked_for():
    eight, nine = " ".join(["word"] * 8), " ".join(["term"] * 9)
    titles = Titles([eight, nine])
    assert titles.mentioned(f"{eight} and {nine}") == [0]


def test_links_are_the_mentions_of_others():
    links = Links.between(
        documents(
            ("Ada Orm", "Ada Orm made Vel Town and lived in Tessa."),
            ("Vel Town", "By Ada Orm."),
            ("Tessa", "A place."),
        )
    )
    assert [links[n] for n in range(3)] == [[1, 2], [0], []]
    assert len(links) == 3


def test_a_title_that_many_documents_mention_is_no_link():
    texts = [("Tessa", ""), *((f"Title {n}", "in Tessa") for n in range(4))]
    assert len(Links.between(documents(*texts), most_mentions=4)) == 4
    assert len(Links.between(documents(*texts), most_mentions=3)) == 0


def test_no_documents_have_no_links():
    assert len(Links.between([])) == 0


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=40)), max_size=8))
def test_links_equal_looking_for_each_title_alone(pairs):
    found = Links.between(documents(*pairs))
    together = Titles([title for title, _ in pairs])
    for n, (_, text) in enumerate(pairs):
        assert found[n] == [t for t in together.mentioned(text) if t != n]
        for target in found[n]:  # found in the crowd, so found alone
            assert Titles([pairs[target][0]]).mentioned(text) == [0]


def test_hostile_text_takes_no_longer():
    title = " ".join(["a"] * 8)
    assert Titles([f"{title[:-1]}b"]).mentioned("a " * 50_000) == []


# --- saving -----------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    links = Links.between(documents(("Ada Orm", "of Tessa"), ("Tessa", "of Ada Orm"), ("X", "")))
    links.save(tmp_path)
    return tmp_path


def test_saved_links_are_mapped(saved):
    links = Links.load(saved, documents=3)
    assert [links[n] for n in range(3)] == [[1], [0], []]
    assert isinstance(links._targets, np.memmap)


def test_links_of_other_documents_are_refused(saved):
    with pytest.raises(DataError, match=r"the links do not fit the documents. Build the index"):
        Links.load(saved, documents=4)


def test_links_to_nowhere_are_refused(saved):
    np.save(saved / "targets.npy", np.array([1, 7], dtype=np.int32))
    with pytest.raises(DataError, match="the links do not fit the documents"):
        Links.load(saved, documents=3)


@pytest.mark.parametrize("damage", ["missing", "nonsense", "empty", "pickle"])
def test_damaged_links_are_refused(saved, damage):
    file = saved / "pointers.npy"
    if damage == "missing":
        file.unlink()
    elif damage == "pickle":
        np.save(file, np.array([print], dtype=object), allow_pickle=True)
    else:
        file.write_bytes(b"" if damage == "empty" else b"nonsense")
    with pytest.raises(DataError, match="the links are damaged"):
        Links.load(saved, documents=3)
