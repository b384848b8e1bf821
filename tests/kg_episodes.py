"""Episodes of selecting facts, as hopgym/KGSubgraph-v0 stores them."""

from hopgym.core import Fact, Question, Step, Trajectory

FACTS = (
    Fact("Vel", "author", "Ada"),  # gold
    Fact("Ada", "lives", "Ull"),  # gold
    Fact("Vel", "printer", "Bo"),
    Fact("Bo", "lives", "Oz"),
    Fact("Ada", "born", "Ull"),  # beside a gold one
)
QUESTION = Question(
    "q",
    "Where does the author of Vel live?",
    ("Ull",),
    facts=FACTS,
    topic_entities=("Vel",),
    answer_entities=("Ull",),
    gold_facts=(0, 1),
)


def episode(*moves, answers=None, outcome="running"):
    """Each move: the facts that it selects, a number of masked choices, or None for unreadable."""
    steps = [Step(n, n, parsed(move)) for n, move in enumerate(moves, 1)]
    if answers is not None:
        outcome = "answered"
        steps.append(Step(len(steps) + 1, 99, parsed(()) | {"kind": "stop", "answers": answers}))
    prediction = None if answers is None else " | ".join(answers)
    return Trajectory(
        "q", "hopgym/KGSubgraph-v0", steps=tuple(steps), prediction=prediction, outcome=outcome
    )


def one_shot(facts, answers, invalid=0):
    """An episode of one action."""
    move = {"kind": "select", "facts": list(facts), "invalid": invalid, "answers": answers}
    return Trajectory(
        "q",
        "hopgym/KGSubgraph-v0",
        steps=(Step(1, list(facts), move),),
        prediction=" | ".join(answers),
        outcome="answered",
    )


def parsed(move):
    if move is None:
        return {}
    if isinstance(move, int):
        return {"kind": "select", "facts": [], "invalid": move}
    return {"kind": "select", "facts": list(move), "invalid": 0}
