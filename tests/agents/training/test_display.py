import io

import pytest
from rich.console import Console

from hopgym.agents.training.display import Display
from hopgym.agents.training.examination import Mark, Marks


@pytest.mark.parametrize("opened", [True, False])
def test_an_examination_is_told_beside_the_best_so_far(tmp_path, opened):
    display = Display(Console(file=io.StringIO(), width=120))
    marks = Marks(tmp_path / "marks.jsonl")
    with display:
        if opened:
            display.open("grpo", 10)
        for step, score in enumerate((0.25, 0.125)):
            marks.add(Mark(step=step, epoch=1.0, score=score))
            display.examined(marks.all[-1], "em", marks)
    told = display.console.file.getvalue().splitlines()
    expected = ["step 0  em 25.0 (the best so far)", "step 1  em 12.5 (best 25.0)"]
    assert told == (expected if opened else [])
