import msgspec
from boards import make_board_records, make_failed, make_many, make_one, make_trajectory
from dag_steps import make_dag_trajectory, make_plan_step

from hopgym.benchmarks.leaderboard import make_board
from hopgym.benchmarks.plan_drawing import plan_drawing
from hopgym.benchmarks.viewer import MAX_CHARS, MAX_HITS, pick_questions, verdict, viewer_data


def only(records, limit=40):
    (group,) = viewer_data(make_board(records), limit)["groups"]
    return group


def test_every_agent_shows_the_same_questions():
    group = only(make_board_records(), 6)
    assert group["agents"] == ["oracle", "iterative", "single_shot", "random"]
    assert group["start"] == 1  # the best
    assert len(group["questions"]) == 6
    assert [sorted(episodes) for episodes in group["episodes"]] == [list(range(6))] * 4


def test_questions_are_spread_over_the_hops():
    picked = pick_questions(make_many("a", 1, n=24), 9)
    assert [record.hops for record in picked] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    ids = [record.question_id for record in picked if record.hops == 1]
    assert ids == ["q000", "q003", "q006"]
    assert len(pick_questions(make_many("a", 1, n=5), 40)) == 5


def test_an_episode_that_was_not_played_is_left_out():
    records = [*make_many("a", 2, n=2), make_one(agent="b", question_id="q001", hops=2)]
    group = only(records)
    shown = dict(zip(group["agents"], map(sorted, group["episodes"]), strict=True))
    assert shown == {"a": [0, 1], "b": [1]}


def test_the_first_seed_of_a_question_is_shown():
    group = only([make_one(seed=2, prediction="late"), make_one(seed=1, prediction="early")])
    (episode,) = group["episodes"][0].values()
    assert (episode["seed"], episode["prediction"]) == (1, "early")


def test_verdicts():
    words = [
        make_failed(),
        make_one(prediction=None, metrics={"em": 0.0, "f1": 0.0}),
        make_one(metrics={"em": 1.0, "f1": 1.0}),
        make_one(metrics={"em": 0.0, "f1": 0.4}),
        make_one(metrics={"em": 0.0, "f1": 0.0}),
    ]
    assert [verdict(record) for record in words] == ["error", "none", "right", "partly", "wrong"]


def test_steps_point_into_the_transcript():
    (episode,) = only([make_one()])["episodes"][0].values()
    first, second = episode["steps"]
    text = episode["text"]
    assert text[slice(*first["action"])] == "Step 1: look"
    assert text[slice(*first["reply"])] == "Document: Leeds is a town."
    assert text[slice(*second["action"])] == "Step 2: Leeds"
    assert first["queries"] == ["look"] and first["hits"] == [["d1", 1.5, True, 0]]
    assert first["terms"] == {"gold": 0.5} and second["terms"] == {"answer": 1.0}


def test_spans_cover_the_transcript_by_author():
    trajectory = make_trajectory(text="\U0001d518 \u2028")
    (episode,) = only([make_one(trajectory=trajectory)])["episodes"][0].values()
    pieces = [(episode["text"][start:end], who) for start, end, who in episode["spans"]]
    assert "".join(piece for piece, _ in pieces) == trajectory.transcript
    assert [who for _, who in pieces] == ["env", "agent", "env", "agent"]


def test_a_long_transcript_is_cut_and_says_so():
    trajectory = make_trajectory(text="x" * (MAX_CHARS + 50))
    (episode,) = only([make_one(trajectory=trajectory)])["episodes"][0].values()
    assert len(episode["text"]) == MAX_CHARS and episode["cut"] is True
    assert max(end for _, end, _ in episode["spans"]) <= MAX_CHARS
    pieces = [step["action"] for step in episode["steps"]]
    assert all(len(piece) <= MAX_CHARS for piece in pieces if isinstance(piece, str))


def test_a_plan_has_its_drawing_and_other_steps_have_none():
    plan = make_plan_step()
    episodes = only([make_one(trajectory=make_dag_trajectory(plan))])["episodes"]
    planned, answered = episodes[0][0]["steps"]
    assert planned["plan"] == plan_drawing(plan) and planned["plan"][0] == "svg"
    assert planned["hits"][2] == ["b1", 2.0, True, 1]
    assert answered["plan"] is None


def test_many_hits_are_cut():
    found = {label: [(f"{label}{n}", True) for n in range(40)] for label in "ABC"}
    record = make_one(trajectory=make_dag_trajectory(make_plan_step(found=found)))
    assert len(only([record])["episodes"][0][0]["steps"][0]["hits"]) == MAX_HITS


def test_a_failed_episode_has_its_error_and_nothing_to_read():
    (episode,) = only([make_failed()])["episodes"][0].values()
    assert episode["verdict"] == "error" and episode["error"] == "RetrievalError: down"
    assert episode["text"] == "" and episode["steps"] == [] and episode["spans"] == []


def test_it_is_plain_data():
    data = viewer_data(make_board(make_board_records()))
    assert msgspec.json.decode(msgspec.json.encode(data))["groups"][0]["start"] == 1


def test_how_many_questions_there_are_is_told():
    assert only(make_board_records(), 6)["total"] == 24
    assert only(make_board_records(), 40)["total"] == 24
