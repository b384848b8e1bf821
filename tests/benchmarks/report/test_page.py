import base64
import hashlib
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import msgspec
import pytest
from boards import (
    HOSTILE,
    make_board_records,
    make_failed,
    make_many,
    make_one,
    make_trajectory,
    small_board,
)

from hopgym.benchmarks import tables
from hopgym.benchmarks.leaderboard import make_board
from hopgym.benchmarks.published import NOTE, published_for
from hopgym.benchmarks.report.charts import chart_data
from hopgym.benchmarks.report.index import pack_episodes, unpack
from hopgym.benchmarks.report.page import (
    ASSETS,
    SCRIPTS,
    json_for_script,
    render_page,
    script_text,
    write_page,
)

ATTACKS = [
    HOSTILE,
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<!--<script>",
    "]]></style><svg onload=alert(1)>",
    "{{ 7*7 }}{% raw %}${1+1}`",
    "' onmouseover='alert(1)",
]
ICON = {"rel": "icon", "href": "data:,"}
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
        for cell in (*tables.cells(group, row), *tables.hops_cells(group, row)):
            assert cell.text in page.text and cell.detail in page.text
    assert "My board" in page.text and tables.LEGEND in page.text
    assert "reasons of infrastructure" in page.text
    assert "number of hops" in page.text and "data-1" in page.text
    assert "+1.000" in page.text  # a term of the reward, without a script


def test_the_page_loads_nothing():
    text = render_page(small_board())
    page = Page(text)
    for tag, attrs in page.elements:
        assert tag not in ("iframe", "object", "embed", "img", "base", "link") or attrs == ICON
        for name in LOADS & attrs.keys():
            assert re.match(r"#|data:,$", attrs[name]), (tag, name, attrs[name])
    code = "".join(page.inside("style")) + script_text()
    code = code.replace("http://www.w3.org/2000/svg", "")  # a name, which nobody fetches
    assert not re.search(r"https?:|//\w+\.|@import|url\(|fetch\(|XMLHttp|import\(|WebSocket", code)
    assert not re.search(r"sendBeacon|EventSource|localStorage|cookie", code)


def test_only_the_pages_own_script_and_style_count():
    page = Page(render_page(small_board()))
    (policy,) = [m["content"] for m in page.all("meta") if "content" in m and "http-equiv" in m]
    *_, script = page.inside("script")
    (style,) = page.inside("style")
    assert f"script-src 'sha256-{digest(script)}'" in policy and "default-src 'none'" in policy
    assert f"style-src 'sha256-{digest(style)}'" in policy and "unsafe" not in policy
    kinds = [attrs.get("type", "script") for attrs in page.all("script")]
    assert kinds == ["application/json", "text/plain", "text/plain", "script"]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script)
    assert not any("style" in attrs for _, attrs in page.elements)  # the policy would refuse it


def digest(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_data_is_json_and_all_there():
    board = small_board()
    curves = [{"name": "r", "series": {"em": {"clock": "step", "points": [[1, 0.5]]}}}]
    page = Page(render_page(board, questions=5, curves=curves))
    packed = pack_episodes(board, 5)
    told = {"tables": chart_data(board), "curves": curves, "episodes": packed.contents}
    assert msgspec.json.decode(page.inside("script")[0]) == msgspec.json.decode(
        msgspec.json.encode(told)
    )
    assert page.inside("script")[1:-1] == packed.chunks
    assert {"id": "training"}.items() <= page.all("section")[1].items()
    assert len(Page(render_page(board)).all("section")) == 2


def test_results_without_trajectories_are_told():
    page = Page(render_page(make_board(make_many("a", 3, trajectory=None))))
    assert "24 of 24 episodes were kept without their trajectory" in page.text
    assert "without their trajectory" not in Page(render_page(make_board([make_one()]))).text


def test_published_rows_stand_apart():
    board = make_board(make_many("a", 3, questions="musique"))
    page = Page(render_page(board))
    assert NOTE in page.text
    assert all(row.system in page.text for row in published_for("musique"))
    assert NOTE not in Page(render_page(make_board([make_one()]))).text


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text(attack):
    curves = [{"name": attack, "series": {attack: {"clock": "step", "points": [[1, 1.0]]}}}]
    board = make_board(hostile_records(attack))
    page = Page(render_page(board, title=attack, curves=curves))
    harmless = Page(render_page(make_board(hostile_records("plain")), title="plain", curves=curves))
    assert structure(page) == structure(harmless)
    assert not any(key.startswith("on") for _, attrs in page.elements for key in attrs)
    data, chunk, script = page.inside("script")
    assert script == script_text()
    assert attack in msgspec.json.decode(data)["episodes"]["columns"]["prediction"]
    assert attack in unpack(chunk)[0]["text"] and re.fullmatch(r"[A-Za-z0-9+/=]+", chunk)
    assert attack in page.inside("title")[0] and "49" not in page.inside("title")[0]


@pytest.mark.parametrize("attack", [*ATTACKS, "\u2028\u2029&amp;"])
def test_json_for_a_script_holds_no_sign_of_html(attack):
    text = json_for_script({attack: [attack]})
    assert msgspec.json.decode(text) == {attack: [attack]}
    assert not set(text) & set("<>&\u2028\u2029")


def test_the_page_depends_on_the_results_alone_unless_a_time_is_given():
    board = small_board()
    assert render_page(board) == render_page(board)
    when = datetime(2024, 5, 6, 7, 8, tzinfo=UTC)
    assert "2024-05-06 07:08 UTC" in render_page(board, when=when)


def test_several_tables_share_one_page():
    records = [*make_board_records(), *make_many("iterative", 9, task="other")]
    page = Page(render_page(make_board(records)))
    assert sum(a.get("class") == "board" for a in page.all("table")) == 2
    ids = [attrs["id"] for _, attrs in page.elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for attrs in (a for _, a in page.elements if "aria-controls" in a or "aria-labelledby" in a):
        assert {attrs.get("aria-controls"), attrs.get("aria-labelledby")} - {None} <= set(ids)


def test_a_failed_write_leaves_the_old_page(tmp_path, monkeypatch):
    path = tmp_path / "p.html"
    path.write_text("old")
    monkeypatch.setattr("hopgym.benchmarks.report.page.ASSETS", tmp_path / "nowhere")
    with pytest.raises(Exception, match="nowhere"):
        write_page(small_board(), path)
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_the_assets_are_the_scripts_the_style_and_the_page():
    names = {path.name for path in ASSETS.iterdir()}
    assert names == {"report.html", "report.css", *(f"{name}.js" for name in SCRIPTS)}
    for path in ASSETS.iterdir():
        assert len(path.read_text().splitlines()) < 230, path.name
