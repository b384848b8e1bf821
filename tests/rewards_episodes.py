"""Episodes for the reward tests, written down and drawn."""

from dataclasses import replace

from hypothesis import strategies as st

from hopgym.core import Hit, Question, Span, Step, Trajectory

QUESTION = Question("q", "Who made it?", ("Ada Orm", "A. Orm"), document_ids=("d1", "d2"))


def query(text, *document_ids, new=True):
    hits = tuple(Hit(d, 1.0, 0, new) for d in document_ids)
    return Step(0, text, {"kind": "query", "text": text}, queries=(text,), hits=hits)


def answer(text):
    return Step(0, text, {"kind": "answer", "text": text})


def unreadable(code="no_action"):
    return Step(0, "?", parse_error=code)


def episode(*steps, outcome="running", prediction=None, shown=""):
    steps = tuple(replace(step, observation=shown if step.hits else "") for step in steps)
    opening = "The question: Ada Orm?"
    spans = (Span(0, len(opening), "env"), Span(len(opening), len(opening) + len(shown), "env"))
    return Trajectory("q", "e", 0, steps, prediction, spans, opening + shown, outcome)


@st.composite
def episodes(draw):
    """A whole episode as an environment could have played it: documents are new once."""
    steps, seen = [], set()
    for text in draw(st.lists(st.sampled_from(["one", "two", "bad"]), max_size=5)):
        if text == "bad":
            steps.append(unreadable())
            continue
        found = draw(st.lists(st.sampled_from(["d1", "d2", "d3"]), max_size=3, unique=True))
        hits = tuple(Hit(d, 1.0, 0, d not in seen) for d in found)
        seen.update(found)
        steps.append(Step(0, text, {"kind": "query"}, queries=(text,), hits=hits))
    end = draw(st.sampled_from(["answered", "malformed", "out_of_steps"]))
    if end == "answered":
        prediction = draw(st.sampled_from(["Ada Orm", "Vel", "A. Orm, Vel"]))
        return episode(*steps, answer(prediction), outcome=end, prediction=prediction)
    last = unreadable() if end == "malformed" else query("last")
    return episode(*steps, last, outcome=end)
