import pytest

from hopgym.benchmarks.suites import QUICK, REAL, Task, check_files, make_suite, with_data
from hopgym.errors import ConfigError, UnknownNameError

TASK = Task(
    name="t", env_id="e", questions="{data}/a b/q.json", env_kwargs={"retriever": "{data}/i"}
)


def test_suites_are_made_by_name_by_path_and_as_they_are(tmp_path):
    assert make_suite("quick") is QUICK and make_suite(REAL) is REAL
    file = tmp_path / "mine.py"
    file.write_text(
        "from hopgym.benchmarks import Suite\nMINE = Suite('mine', '', (), ())\ndef made(): return MINE\n"
    )
    assert make_suite(f"{file}:MINE").name == make_suite(f"{file}:made").name == "mine"


def test_an_unknown_suite_names_the_nearest():
    with pytest.raises(UnknownNameError, match=r"Unknown suite 'quik'\. Did you mean 'quick'"):
        make_suite("quik")


def test_what_is_no_suite_is_refused():
    with pytest.raises(ConfigError, match="not a Suite"):
        make_suite("hopgym.benchmarks.suites:DEFAULT")


def test_the_default_suite_needs_no_data_and_the_real_one_does():
    assert not any(task.needs_data for task in QUICK.tasks)
    assert all(task.needs_data for task in REAL.tasks)


@pytest.mark.parametrize("spread", [False, True])
def test_no_more_questions_are_played_than_there_are(spread):
    for episodes in (None, 7, 99):
        task = Task(name="t", env_id="e", episodes=episodes, spread=spread)
        assert list(task.places(7)) == list(range(7)) and not list(task.places(0))


def test_questions_are_the_first_or_from_all_over_the_split():
    assert list(Task(name="t", env_id="e", episodes=4).places(10)) == [0, 1, 2, 3]
    assert list(Task(name="t", env_id="e", episodes=4, spread=True).places(10)) == [0, 2, 5, 7]


def test_the_data_folder_is_put_in(tmp_path, monkeypatch):
    folder = tmp_path / "my data"
    folder.mkdir()
    filled = with_data(TASK, folder)
    assert filled.env_kwargs == {"retriever": f"{folder}/i"}
    assert filled.questions == f"{tmp_path}/my%20data/a b/q.json"
    monkeypatch.setenv("HOPGYM_DATA", str(folder))
    assert with_data(TASK, None) == filled


def test_a_missing_data_folder_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("HOPGYM_DATA", raising=False)
    with pytest.raises(ConfigError, match=r"none is given.*--data FOLDER, or set HOPGYM_DATA"):
        with_data(TASK, None)
    with pytest.raises(ConfigError, match="is no folder"):
        with_data(TASK, tmp_path / "nothing")


def test_the_real_suite_names_files_that_exist(shared_data):
    from urllib.parse import parse_qs

    for task in REAL.tasks:
        options = parse_qs(with_data(task, shared_data).questions.partition("?")[2])
        for key in ("path", "documents"):
            assert options[key][0].startswith(str(shared_data))
            assert (shared_data / options[key][0]).is_file(), options[key]


@pytest.mark.parametrize(
    "changes", [{"episodes": 0}, {"seeds": ()}, {"seeds": (1, 1)}, {"seeds": (-1,)}]
)
def test_numbers_out_of_range_are_refused(changes):
    with pytest.raises(ConfigError, match=next(iter(changes))):
        Task(name="t", env_id="e", **changes)


@pytest.mark.parametrize("name", ["questions", "split"])
def test_what_a_task_plays_is_no_keyword(name):
    with pytest.raises(ConfigError, match=f"'{name}' is a field of the task"):
        Task(name="t", env_id="e", env_kwargs={name: "other"})


def test_missing_files_are_listed_all_at_once(tmp_path):
    (tmp_path / "here.json").write_text("[]")
    tasks = [
        Task(
            name=name, env_id="e", questions=f"plain?path={tmp_path}/{file}&documents={tmp_path}/d"
        )
        for name, file in (("a", "here.json"), ("b", "gone.json"))
    ]
    with pytest.raises(ConfigError, match=r"2 files are missing in '.*'") as caught:
        check_files(tasks, tmp_path)
    told = str(caught.value)
    assert f"{tmp_path}/d (for a, b)" in told and f"{tmp_path}/gone.json (for b)" in told
    assert "here.json" not in told and "docs/real_sets.md" in told
    (tmp_path / "d").write_text("")
    check_files(tasks[:1], tmp_path)
    check_files([Task(name="o", env_id="e", questions=object())])
