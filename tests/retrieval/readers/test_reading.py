from hopgym.retrieval.readers.reading import (
    candidates,
    known_names,
    overlaps,
    read,
    split,
    wants_number,
)

VEL = ("Vel", "Vel is a film. The director of Vel is Ada Orm. Vel came out in 1990.")
ADA = (
    "Ada Orm",
    "Ada Orm is a person. The mentor of Ada Orm was Bo Lin. Ada Orm was a child of 1950.",
)
BO = ("Bo Lin", "The mentor of Bo Lin was Cy Tal.")


def test_the_sentence_that_shares_the_words_answers():
    assert read("the director of Vel", [BO, ADA, VEL]).answer == "Ada Orm"
    assert read("the mentor of Bo Lin", [ADA, BO]).answer == "Cy Tal"  # not whose mentor Bo Lin was


def test_numbers_answer_what_asks_for_numbers():
    assert read("the release year of Vel", [VEL]).answer == "1990"
    assert read("When was Ada Orm born?", [ADA, VEL]).answer == "1950"
    assert wants_number("How many people live in Vel?") and not wants_number("Who made Vel?")


def test_a_sentence_that_tells_another_relation_comes_last():
    text = "The mentor of Ada was Bo Lin. Ada draws a salary from Orm Works."
    reading = read("the employer of Ada", [("Ada", text)])
    assert reading.answer == "Orm Works" and not reading.sure


def test_it_is_sure_only_of_shared_words_in_a_document_of_that_name():
    assert read("the director of Vel", [VEL]).sure
    assert not read("the director of Vel", [("Other", VEL[1])]).sure
    assert not read("the painter of Vel", [VEL]).sure


def test_verdicts_and_nothing_to_read():
    assert read("Are Vel and Orm both films?", [VEL]).answer == "yes"
    assert read("Are Vel and Orm both films?", []).answer == "no"
    assert read("Has Vel year", [VEL]).answer == "1990"  # a name may look like a question
    assert read("Who made Vel?", []) == ("", "", False)


def test_a_first_word_is_a_name_only_if_known():
    documents = [("Notes on Vel", "News reached us of Vel. Vel lies in Orm.")]
    known = known_names(documents)
    assert candidates("News reached us of Vel.", known) == ["Vel"]
    assert candidates("Vel lies in Orm.", known) == ["Vel", "Orm"]


def test_overlaps_and_split():
    assert overlaps("Orm", ["Ada Orm"]) and not overlaps("Bo", ["Ada Orm"])
    assert split("One. Two.") == ("One.", "Two.")
