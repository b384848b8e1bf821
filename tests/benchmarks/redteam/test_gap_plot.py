from xml.etree import ElementTree

from learned_runs import report

from hopgym.benchmarks.redteam.gap_plot import columns_of, gap_svg


def test_runs_of_one_reward_share_a_column():
    found = columns_of([report(), report("cover_em"), report(seed=1)])
    assert [(label, len(runs)) for label, runs in found] == [
        ("SearchRead-v0 x f1", 2),
        ("SearchRead-v0 x cover_em", 1),
    ]


def test_it_is_a_picture_that_stands_alone_and_says_what_it_shows():
    svg = gap_svg([report(), report("cover_em", outcome="gamed", moment=4)])
    assert ElementTree.fromstring(svg).tag.endswith("svg") and "prefers-color-scheme" in svg
    for words in ("SearchRead-v0 x cover_em: gamed", "SearchRead-v0 x f1: holds", "iterative"):
        assert words in svg
    assert svg.count(">true score<") == 1  # one legend for all columns
    assert svg == gap_svg([report(), report("cover_em", outcome="gamed", moment=4)])


def test_a_hostile_name_is_text():
    assert "<script>" not in gap_svg([report("<script>$x$")])
