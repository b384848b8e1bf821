import msgspec
from boards import make_failed, make_one, make_trajectory
from dag_steps import make_dag_trajectory, make_plan_step
from kg_episodes import QUESTION, one_shot

from hopgym.benchmarks.plan_drawing import plan_drawing
from hopgym.benchmarks.report.episodes import MAX_CHARS, MAX_HITS, episode_detail, verdict
from hopgym.benchmarks.subgraph import subgraph_of


def test_verdicts():
    records = [
        make_failed(),
        make_one(prediction=None, metrics={"em": 0.0, "f1": 0.0}),
        make_one(metrics={"em": 1.0, "f1": 1.0}),
        make_one(metrics={"em": 0.0, "f1": 0.4}),
        make_one(metrics={"em": 0.0, "f1": 0.0}),
    ]
    assert [verdict(record) for record in records] == ["error", "none", "right", "partly", "wrong"]


def test_steps_point_into_the_transcript():
    episode = episode_detail(make_one())
    first, second = episode["steps"]
    text = episode["text"]
    assert text[slice(*first["action"])] == "Step 1: look"
    assert text[slice(*first["reply"])] == "Document: Leeds is a town."
    assert text[slice(*second["action"])] == "Step 2: Leeds"
    assert first["queries"] == ["look"] and first["hits"] == [["d1", 1.5, True, 0]]
    assert first["terms"] == {"gold": 0.5} and second["terms"] == {"answer": 1.0}


def test_spans_cover_the_transcript_by_author():
    trajectory = make_trajectory(text="\U0001d518 \u2028")
    episode = episode_detail(make_one(trajectory=trajectory))
    pieces = [(episode["text"][start:end], who) for start, end, who in episode["spans"]]
    assert "".join(piece for piece, _ in pieces) == trajectory.transcript
    assert [who for _, who in pieces] == ["env", "agent", "env", "agent"]


def test_a_long_transcript_is_cut_and_says_so():
    trajectory = make_trajectory(text="x" * (MAX_CHARS + 50))
    episode = episode_detail(make_one(trajectory=trajectory))
    assert len(episode["text"]) == MAX_CHARS and episode["cut"] is True
    assert max(end for _, end, _ in episode["spans"]) <= MAX_CHARS
    pieces = [step["action"] for step in episode["steps"]]
    assert all(len(piece) <= MAX_CHARS for piece in pieces if isinstance(piece, str))


def test_a_plan_has_its_drawing_and_other_steps_have_none():
    plan = make_plan_step()
    planned, answered = episode_detail(make_one(trajectory=make_dag_trajectory(plan)))["steps"]
    assert planned["plan"] == plan_drawing(plan) and planned["plan"][0] == "svg"
    assert planned["hits"][2] == ["b1", 2.0, True, 1]
    assert answered["plan"] is None


def test_many_hits_are_cut():
    found = {label: [(f"{label}{n}", True) for n in range(40)] for label in "ABC"}
    record = make_one(trajectory=make_dag_trajectory(make_plan_step(found=found)))
    assert len(episode_detail(record)["steps"][0]["hits"]) == MAX_HITS


def test_selected_and_gold_facts_are_there():
    played = one_shot([1, 3], ["Oz"])
    graph = subgraph_of(QUESTION, played)
    episode = episode_detail(make_one(trajectory=played, graph=graph))
    assert episode["graph"]["edges"] == graph.edges and episode["graph"]["topics"] == ("Vel",)
    assert episode["steps"][0]["facts"] == [1, 3]
    assert episode_detail(make_one())["graph"] is None


def test_an_episode_without_a_trajectory_says_so_and_has_nothing_to_read():
    for record in (make_failed(), make_one(trajectory=None)):
        episode = episode_detail(record)
        assert episode["kept"] is False
        assert episode["text"] == "" and episode["steps"] == [] and episode["spans"] == []


def test_it_is_plain_data():
    episode = episode_detail(make_one())
    assert msgspec.json.decode(msgspec.json.encode(episode)) == episode
