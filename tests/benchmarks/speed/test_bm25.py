from rich.console import Console

from hopgym.benchmarks.speed.bm25 import make_texts, measure, show


def test_texts_are_always_the_same():
    texts = make_texts("documents", 50, words=40)
    assert texts == make_texts("documents", 50, words=40)
    assert texts != make_texts("queries", 50, words=40)
    assert all(len(text.split()) == 40 for text in texts)


def test_a_small_measurement_makes_a_table():
    timing = measure(300, queries=5, rounds=2)
    assert timing.documents == 300
    assert min(timing.library, timing.batched, timing.single) > 0
    console = Console(width=120)
    with console.capture() as shown:
        console.print(show([timing]))
    assert f"{timing.batched:.3f}" in shown.get()
