from boards import make_board_records, make_failed, make_many, make_one, small_board

from hopgym.benchmarks.leaderboard import make_board
from hopgym.benchmarks.report.episodes import episode_detail
from hopgym.benchmarks.report.index import CHUNK, COLUMNS, pack_episodes, pick_questions, unpack


def packed(records, limit=40):
    board = small_board() if records is None else make_board(records)
    return pack_episodes(board, limit)


def test_every_agent_shows_the_same_questions():
    columns = packed(None, 6).contents["columns"]
    by_agent = {}
    for agent, question in zip(columns["agent"], columns["question"], strict=True):
        by_agent.setdefault(agent, []).append(question)
    assert sorted(by_agent) == [0, 1, 2, 3]
    assert all(questions == list(range(6)) for questions in by_agent.values())


def test_questions_are_spread_over_the_hops():
    picked = pick_questions(make_many("a", 1, n=24), 9)
    assert [record.hops for record in picked] == [1, 1, 1, 2, 2, 2, 3, 3, 3]
    ids = [record.question_id for record in picked if record.hops == 1]
    assert ids == ["q000", "q003", "q006"]
    assert len(pick_questions(make_many("a", 1, n=5), 40)) == 5


def test_episodes_of_one_question_lie_side_by_side_and_each_in_its_chunk():
    records = make_board_records()
    index, chunks = packed(records)
    columns = index["columns"]
    assert [len(columns[name]) for name in COLUMNS] == [len(records)] * len(COLUMNS)
    assert columns["question"] == sorted(columns["question"])
    assert len(chunks) == -(-len(records) // CHUNK) and index["chunk"] == CHUNK
    details = [detail for chunk in chunks for detail in unpack(chunk)]
    rows = [row.key for row in make_board(records).groups[0].rows]
    for place, detail in enumerate(details):
        key = rows[columns["agent"][place]]
        question = index["questions"][columns["question"][place]][0]
        (record,) = (r for r in records if r.agent == key.agent and r.question_id == question)
        assert detail["text"] == episode_detail(record)["text"]
        assert index["verdicts"][columns["verdict"][place]] == (
            "right" if record.metrics["em"] else "wrong"
        )


def test_every_seed_is_there():
    columns = packed([make_one(seed=seed) for seed in (2, 0, 1)]).contents["columns"]
    assert columns["seed"] == [0, 1, 2] and columns["question"] == [0, 0, 0]


def test_the_same_question_in_two_tables_is_carried_once():
    index = packed([make_one(), make_one(task="other")]).contents
    assert index["columns"]["table"] == [0, 1] and len(index["questions"]) == 1


def test_what_is_left_out_or_bare_is_counted():
    index = packed(None, 6).contents
    assert index["played"] == 96 and len(index["columns"]["table"]) == 24 and index["bare"] == 0
    assert packed([make_one(trajectory=None), make_failed(agent="b")]).contents["bare"] == 1


def test_a_failed_episode_has_its_error():
    columns = packed([make_failed()]).contents["columns"]
    assert columns["error"] == ["RetrievalError: down"] and columns["verdict"] == [4]
    assert columns["score"] == [None]


def test_the_same_records_give_the_same_bytes():
    assert packed(None) == packed(None)
