from hopgym.retrieval.readers.base import Reader


def test_a_function_of_query_and_row_is_a_reader_and_a_text_is_none():
    assert isinstance(lambda query, row: query, Reader)
    assert not isinstance("span", Reader)
