import base64
import hashlib
import re
import shutil
import subprocess
from datetime import UTC, datetime
from html.parser import HTMLParser

import msgspec
import pytest
from boards import HOSTILE, make_board_records, make_failed, make_many, make_one, make_trajectory
from dag_steps import make_dag_trajectory, make_plan_step

from hopgym.benchmarks import tables
from hopgym.benchmarks.leaderboard import make_board
from hopgym.benchmarks.page import TEMPLATES, json_for_script, render_page, write_page
from hopgym.benchmarks.viewer import viewer_data

ATTACKS = [
    HOSTILE,
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<!--<script>",
    "]]></style><svg onload=alert(1)>",
    "{{ 7*7 }}{% raw %}${1+1}`",
    "' onmouseover='alert(1)",
]
LOADS = {"src", "srcset", "href", "xlink:href", "action", "formaction", "data", "poster", "ping"}


class Page(HTMLParser):
    """What a browser would find: elements with their attributes, and what scripts hold."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements = []
        self.contents = []
        self.text = ""
        self.open = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.contents.append("")
        self.open = True

    def handle_endtag(self, tag):
        self.open = False

    def handle_data(self, data):
        self.text += data
        if self.open:
            self.contents[-1] += data

    def all(self, tag):
        return [attrs for name, attrs in self.elements if name == tag]

    def inside(self, tag):
        pairs = zip(self.elements, self.contents, strict=True)
        return [content for (name, _), content in pairs if name == tag]


def hostile_records(text, agents=("a", "b")):
    """Records with the text in every place that an agent, a user or the web can fill."""
    same = {"task": text, "questions": text, "env_kwargs": {text: text}, "command": text}
    return [
        make_one(
            **same,
            agent=f"{agent}{text}",
            question_id=f"q{hops}{text}",
            question=text,
            type=text,
            hops=hops,
            answers=(text,),
            prediction=text,
            reward_terms={text: 0.5},
            metrics={"em": 0.0, "f1": 0.5},
            trajectory=make_trajectory(answer=text, text=text),
        )
        for agent in agents
        for hops in (1, 2)
    ] + [make_failed(**same, agent="c", question_id=f"q1{text}", error=text)]


def structure(page):
    """The page's elements without the parts that hold text of ours."""
    return [(tag, sorted(attrs)) for tag, attrs in page.elements]


def test_the_page_shows_every_agent_score_and_note():
    board = make_board([*make_board_records(), make_failed(agent="random", question_id="x")])
    page = Page(render_page(board, title="My board"))
    group = board.groups[0]
    for row in group.rows:
        for cell in tables.cells(group, row):
            assert cell.text in page.text and cell.detail in page.text
    assert "My board" in page.text and tables.LEGEND in page.text
    assert "reasons of infrastructure" in page.text
    assert "hops in the question" in page.text and "data-1" in page.text


def test_the_page_loads_nothing():
    text = render_page(make_board(make_board_records()))
    page = Page(text)
    for tag, attrs in page.elements:
        assert tag not in ("iframe", "object", "embed", "img", "base")
        for name in LOADS & attrs.keys():
            assert re.match(r"#|data:,$", attrs[name]), (tag, name, attrs[name])
    code = "".join(page.inside("style") + page.inside("script")[1:])
    assert not re.search(r"https?:|//\w+\.|@import|url\(|fetch\(|XMLHttp|import\(|WebSocket", code)
    # What is left are names of XML namespaces, which nobody fetches.
    links = set(re.findall(r"https?://[^\s\"'<>]+", text))
    assert links <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_only_the_pages_own_script_may_run():
    page = Page(render_page(make_board(make_board_records())))
    (policy,) = [m["content"] for m in page.all("meta") if "content" in m and "http-equiv" in m]
    data, script = page.inside("script")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy and "default-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert page.all("script") == [{"type": "application/json", "id": "data"}, {}]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script)
    assert msgspec.json.decode(data)


def test_the_data_is_json_and_all_there():
    board = make_board(make_board_records())
    data = Page(render_page(board, questions=5)).inside("script")[0]
    assert msgspec.json.decode(data) == msgspec.json.decode(
        msgspec.json.encode(viewer_data(board, 5))
    )


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text(attack):
    page = Page(render_page(make_board(hostile_records(attack)), title=attack))
    harmless = Page(render_page(make_board(hostile_records("plain")), title="plain"))
    assert structure(page) == structure(harmless)
    assert not any(key.startswith("on") for _, attrs in page.elements for key in attrs)
    assert (
        len(page.all("script")) == 2 and page.inside("script")[1] == (harmless.inside("script")[1])
    )
    data = msgspec.json.decode(page.inside("script")[0])
    episode = data["groups"][0]["episodes"][0]["0"]
    assert attack in episode["text"] and episode["prediction"] == attack
    assert attack in page.inside("title")[0] and "49" not in page.inside("title")[0]


@pytest.mark.parametrize("attack", [*ATTACKS, "\u2028\u2029&amp;"])
def test_json_for_a_script_holds_no_sign_of_html(attack):
    text = json_for_script({attack: [attack]})
    assert msgspec.json.decode(text) == {attack: [attack]}
    assert not set(text) & set("<>&\u2028\u2029")


def test_the_page_depends_on_the_results_alone_unless_a_time_is_given():
    board = make_board(make_board_records())
    assert render_page(board) == render_page(board)
    when = datetime(2024, 5, 6, 7, 8, tzinfo=UTC)
    assert "2024-05-06 07:08 UTC" in render_page(board, when=when)


def test_several_tables_share_one_page():
    records = [*make_board_records(), *make_many("iterative", 9, task="other")]
    page = Page(render_page(make_board(records)))
    assert len(page.all("table")) == 2 and len(page.all("figure")) == 2
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_a_failed_write_leaves_the_old_page(tmp_path, monkeypatch):
    path = tmp_path / "p.html"
    path.write_text("old")
    monkeypatch.setattr("hopgym.benchmarks.page.TEMPLATES", tmp_path / "nowhere")
    with pytest.raises(Exception, match="nowhere"):
        write_page(make_board(make_board_records()), path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_the_templates_are_shipped():
    names = {path.name for path in TEMPLATES.iterdir()}
    assert names == {"leaderboard.html", "leaderboard.css", "leaderboard.js"}


BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chrome")


def in_browser(records, path):
    """What a browser makes of the page."""
    write_page(make_board(records), path, title="safe")
    result = subprocess.run(
        [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return Page(result.stdout)


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no browser on this machine")
@pytest.mark.parametrize("attack", ATTACKS[:3])
def test_a_browser_shows_hostile_trajectories_as_text(tmp_path, attack):
    page = in_browser(hostile_records(attack), tmp_path / "page.html")
    assert page.inside("title") == ["safe · hopgym"], "a script of the transcript has run"
    assert not any(key.startswith("on") for _, attrs in page.elements for key in attrs)
    assert not page.all("img") and len(page.all("script")) == 2
    assert page.text.count(attack.strip()) > 5  # the list, the answer, the steps
    assert "Turn 1" in page.text and "partly right" in page.text


@pytest.mark.slow
@pytest.mark.skipif(BROWSER is None, reason="no browser on this machine")
@pytest.mark.parametrize("attack", ATTACKS[:3])
def test_a_browser_draws_a_hostile_plan_as_text(tmp_path, attack):
    nodes = {"A": (attack, attack), "B": ("Where was {A} born?", "News")}
    step = make_plan_step(nodes, (("A", "B"),), {"A": [(attack, True)]}, {"B": attack})
    record = make_one(env_id="hopgym/DagSearch-v0", trajectory=make_dag_trajectory(step))
    page = in_browser([record], tmp_path / "page.html")
    assert page.inside("title")[0] == "safe · hopgym", "a script of the plan has run"
    assert not any(key.startswith("on") for _, attrs in page.elements for key in attrs)
    assert not page.all("img") and len(page.all("script")) == 2
    first, second = (a for a in page.all("g") if a["class"].startswith("node"))
    assert first["aria-label"].startswith("A asks ") and first["tabindex"] == "0"
    assert attack.split()[0][:30] in first["aria-label"]
    assert second["aria-label"].startswith("B asks News: ")
    assert "no hits" in second["aria-label"] and second["class"] == "node none"
    assert "A plan of 2 searches in 2 layers: A → B" in page.text and "Turn 1 · plan" in page.text
    assert len(page.all("path")) == 1 and page.all("path")[0]["d"].startswith("M216,")
