from hopgym.benchmarks.fleet.report import Row, markdown, table

ROW = Row(2, 1000, 123.4, 125.0, 1500.0, 2500.0, 63.2, 0.99, "retriever")


def test_cells_are_rounded_and_columns_are_as_many():
    shown = "| 2 | 1,000 | 123.4 | 99% | 1,500.0 | 2,500.0 | 63.2 | 99% | retriever |\n"
    lines = markdown([ROW]).splitlines(keepends=True)
    assert lines[2] == shown and {line.count("|") for line in lines} == {10}
    assert table([ROW]).row_count == 1
