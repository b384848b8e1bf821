"""The page in a real browser. One test runs by default; the others are marked slow."""

import random
import re
import time
from dataclasses import replace

import pytest
from boards import HOSTILE, make_failed, make_many, make_one, make_trajectory
from browser import NO_BROWSER, browsing, can_browse
from dag_steps import make_dag_trajectory, make_plan_step
from kg_episodes import QUESTION, one_shot

from hopgym.benchmarks.leaderboard import make_board
from hopgym.benchmarks.report import write_page
from hopgym.benchmarks.subgraph import subgraph_of

pytestmark = pytest.mark.skipif(not can_browse(), reason=NO_BROWSER)

CURVES = [
    {"name": name, "series": {"em": {"clock": "step", "points": [[0, 0.1], [50, top]]}, **more}}
    for name, top, more in [
        ("sft", 0.6, {"loss": {"clock": "step", "points": [[1, 3.0], [9, 0.5]]}}),
        ("ppo", 0.8, {}),
    ]
]
ATTACKS = [HOSTILE, '"><img src=x onerror=alert(1)>', "</textarea><svg onload=alert(1)>"]


def make_records():
    """Four environments: texts, a plan, facts, and a failed episode."""
    several = [
        *make_many("random", 1),
        *make_many("iterative", 14, trajectory=make_trajectory(text="marmalade")),
        *make_many("oracle", 24, ceiling=True),
        make_failed(agent="random", question_id="far", hops=4),
    ]
    dag = {"task": "plans", "env_id": "hopgym/DagSearch-v0"}
    planned = make_dag_trajectory(make_plan_step(asked={"B": "Where was Ada Orm born?"}))
    kg = {"task": "facts", "env_id": "hopgym/KGSubgraph-v0", "question": QUESTION.text}
    selected = [one_shot([0, 3], ["Oz"]), one_shot([0, 1], ["Ull"])]
    return [
        *(replace(each, type="mixed" if each.hops == 2 else "chain") for each in several),
        make_one(**dag, agent="planner", trajectory=planned),
        *(
            make_one(**kg, agent=name, trajectory=played, graph=subgraph_of(QUESTION, played))
            for name, played in zip(("ppr", "cosine"), selected, strict=True)
        ),
    ]


@pytest.fixture(scope="module")
def opened():
    with browsing() as tabs:
        yield tabs


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_page(make_board(make_records()), path, title="Mine", questions=100, curves=CURVES)
    return path


def start(opened, page, address="", **options):
    watched = opened(**options)
    watched.open(page, address)
    return watched


def address(tab):
    return tab.evaluate("location.hash")


def shown(tab):
    """What a reader sees, apart from where the focus is."""
    return tab.evaluate(
        """() => [document.body.innerText,
          [...document.querySelectorAll("select,input")].filter((e) => e.offsetParent).map((e) => e.type === "checkbox" ? e.checked : e.value),
          document.documentElement.dataset.theme,
          [...document.querySelectorAll("[aria-sort],[aria-selected],[aria-pressed]")].map((e) =>
            [e.ariaSort, e.ariaSelected, e.ariaPressed])]"""
    )


def count(tab):
    return int(re.match(r"[\d,]+", tab.inner_text("#count"))[0].replace(",", ""))


def waits(tab, expression):
    """Wait until an expression is true; Playwright's own way needs `eval`, which the page forbids."""
    end = time.monotonic() + 60
    while not tab.evaluate(expression):
        assert time.monotonic() < end, expression
        tab.wait_for_timeout(20)


def test_it_opens_from_a_file_and_works_without_a_network(opened, page):
    watched = start(opened, page)
    tab = watched.tab
    assert tab.title() == "Mine · hopgym" and tab.locator("#list .item").count() > 5
    tab.get_by_role("tab", name="SearchRead").click()
    tab.get_by_role("button", name="F1", exact=True).locator("visible=true").click()
    tab.select_option("[name=agent]", "iterative")
    waits(tab, "document.querySelector('#episode').innerText.includes('marmalade')")
    tab.select_option("#with", "random")
    waits(tab, "document.querySelectorAll('#episode mark').length > 0")
    before, link = shown(tab), address(tab)
    again = start(opened, page, link)
    waits(again.tab, "document.querySelectorAll('#episode mark').length > 0")
    assert shown(again.tab) == before
    assert watched.told == [] and watched.outside == []
    assert [url for url in watched.asked_for if url.startswith("file:")] == [page.as_uri()]


@pytest.mark.slow
def test_tables_sort_by_any_column(opened, page):
    tab = start(opened, page, "#task=world").tab
    table = tab.locator(".panel:not([hidden]) table.board")
    names = lambda: table.locator("tbody th").all_inner_texts()  # noqa: E731
    first = names()
    assert first[0].startswith("oracle")
    heads = table.locator("thead th")
    for place in range(heads.count()):
        heads.nth(place).locator("button").click()
        way = heads.nth(place).get_attribute("aria-sort")
        assert way == ("ascending" if place == 0 else "descending")
        values = table.locator(f"tbody tr > :nth-child({place + 1})")
        keys = [values.nth(n).get_attribute("data-sort") for n in range(values.count())]
        if place:
            assert [float(k) for k in keys] == sorted(map(float, keys), reverse=True)
        else:
            assert keys == sorted(keys)
        sorted_heads = table.locator("thead th:not([aria-sort=none])")
        assert sorted_heads.count() == 1
    heads.nth(3).locator("button").press("Enter")
    heads.nth(3).locator("button").press("Enter")
    assert heads.nth(3).get_attribute("aria-sort") == "ascending"
    assert names()[-1].startswith("oracle") and "sort=" in address(tab)


@pytest.mark.slow
def test_tabs_by_pointer_and_by_keyboard(opened, page):
    tab = start(opened, page).tab
    tabs = tab.get_by_role("tab")
    assert tabs.all_inner_texts() == ["KGSubgraph", "DagSearch", "SearchRead"]
    tabs.nth(0).press("ArrowRight")
    assert tabs.nth(1).get_attribute("aria-selected") == "true"
    assert tab.evaluate("document.activeElement.id") == "tab1"
    tabs.nth(1).press("End")
    tabs.nth(2).press("ArrowRight")
    tabs.nth(0).press("ArrowLeft")
    tabs.nth(2).press("Home")
    assert tabs.nth(0).get_attribute("aria-selected") == "true"
    assert tab.locator(".panel:visible").count() == 1
    tabs.nth(2).click()
    assert "task=world" in address(tab)
    assert tab.locator(".panel:visible h2").inner_text().startswith("world")


@pytest.mark.slow
def test_plots_say_what_they_show(opened, page):
    tab = start(opened, page, "#task=world").tab
    panel = tab.locator(".panel:visible")
    hops = panel.locator("[data-draw=hops] svg.plot").get_attribute("aria-label")
    assert "oracle: 1 hops 100.0, 2 hops 100.0" in hops
    assert panel.locator("[data-draw=hops] .series").count() == 3
    front = panel.locator("[data-draw=cost] .told")
    assert "nothing is cheaper and better than iterative" in front.inner_text()
    panel.locator("[data-choice=cost]").select_option("words")
    assert "words an episode" in panel.locator("[data-draw=cost] svg.plot").inner_html()
    panel.locator("[data-choice=score]").select_option("em")
    assert "cost=words" in address(tab) and "score=em" in address(tab)
    terms = panel.locator("[data-draw=terms] svg.plot").get_attribute("aria-label")
    assert "iterative: gold 0.5, answer 1" in terms
    key = panel.locator("[data-draw=hops] .keys-of li").first
    key.hover()
    assert panel.locator("[data-draw=hops] .dim").count() == 2
    key.focus()
    panel.get_by_text("The numbers").first.click()
    assert panel.locator("details[open] table").count() == 1


@pytest.mark.slow
def test_training_curves_are_drawn(opened, page):
    tab = start(opened, page).tab
    figure = tab.locator("#training")
    assert "em by step: sft from 0.1 to 0.6; ppo from 0.1 to 0.8" in (
        figure.locator("svg.plot").get_attribute("aria-label")
    )
    assert figure.locator("tbody tr").all_inner_texts()[1].split() == (
        ["ppo", "50", "0.1", "0.1", "0.8", "0.8"]
    )
    tab.select_option("#curve", "loss")
    assert figure.locator(".series").count() == 1 and "curve=loss" in address(tab)


@pytest.mark.slow
def test_every_filter_finds_what_it_says(opened, page):
    tab = start(opened, page).tab
    records = make_records()
    total = len(records)
    assert count(tab) == total

    def expect(name, value, wanted):
        tab.select_option(f"[name={name}]", value)
        assert count(tab) == sum(map(wanted, records)), name
        assert f"{name}={value}" in address(tab)
        tab.click("#filters [type=reset]")
        assert count(tab) == total and address(tab) in ("", "#")

    expect("env", "world", lambda r: r.task == "world")
    expect("agent", "oracle", lambda r: r.agent == "oracle")
    expect("hops", "2", lambda r: r.hops == 2)
    expect("type", "mixed", lambda r: r.type == "mixed")
    expect("verdict", "wrong", lambda r: r.error is None and r.metrics["em"] == 0)
    expect("verdict", "error", lambda r: r.error is not None)
    expect("verdict", "right", lambda r: r.metrics.get("em") == 1)
    tab.fill("[name=find]", "MAKER of q003")
    waits(tab, "document.querySelector('#count').textContent.startsWith('3 of')")
    tab.fill("[name=find]", "marmalade")
    waits(tab, "document.querySelector('#count').textContent.startsWith('0 of')")
    assert "No episode matches" in tab.inner_text("#list")
    tab.check("[name=deep]")
    waits(tab, "document.querySelector('#count').textContent.startsWith('24 of')")
    assert "find=marmalade" in address(tab) and "deep=1" in address(tab)


@pytest.mark.slow
def test_the_list_by_keyboard_and_pointer(opened, page):
    watched = start(opened, page, "#env=world")
    tab = watched.tab
    here = lambda: tab.get_attribute("#list [aria-selected=true]", "aria-posinset")  # noqa: E731
    tab.locator("#list").focus()
    for key, place in [
        ("ArrowDown", 2),
        ("ArrowDown", 3),
        ("ArrowUp", 2),
        ("End", 73),
        ("Home", 1),
    ]:
        tab.keyboard.press(key)
        assert here() == str(place), key
    tab.keyboard.press("PageDown")
    assert int(here()) > 4
    tab.keyboard.press("Home")
    tab.keyboard.press("ArrowRight")
    waits(tab, "document.querySelector('#episode dl').innerText.startsWith('iterative')")
    assert tab.get_attribute("#list", "aria-activedescendant") == tab.get_attribute(
        "#list [aria-selected=true]", "id"
    )
    tab.keyboard.press("ArrowLeft")
    tab.locator("#list .item").nth(2).click()
    assert here() == "3" and "ask=q000" in address(tab)
    assert tab.locator("#list .item").count() < 30  # the others do not exist until they are seen
    tab.get_by_role("button", name="planner").locator("visible=true").or_(
        tab.get_by_role("button", name="ppr").locator("visible=true")
    ).first.click()
    assert "agent=" in address(tab) and tab.evaluate("document.activeElement.id") == "list"
    assert watched.told == []


@pytest.mark.slow
def test_text_plan_and_graph_of_an_episode(opened, page):
    tab = start(opened, page, "#env=world&agent=iterative").tab
    assert tab.locator("#episode .span.agent").count() == 2
    assert tab.locator("#episode .span.env").count() == 1
    tab.get_by_role("button", name="Transcript").click()
    waits(tab, "document.querySelectorAll('#episode .whole .span').length === 4")
    assert "view=text" in address(tab)
    assert tab.evaluate("document.activeElement.textContent") == "Transcript"
    tab.locator("[data-view=steps]").click()
    tab.select_option("[name=agent]", "planner")
    tab.select_option("[name=env]", "plans")
    waits(tab, "document.querySelector('#episode .plan') !== null")
    nodes = tab.locator("#episode .plan .node")
    assert nodes.count() == 3
    nodes.nth(1).focus()
    assert tab.inner_text("#episode .plan figcaption").startswith("B asks News")
    tab.locator("#episode .hits summary").click()
    assert "shared" in tab.inner_text("#episode details.hits")
    tab.select_option("[name=env]", "facts")
    tab.select_option("[name=agent]", "ppr")
    waits(tab, "document.querySelector('#episode .graph') !== null")
    for fate, number in (("found", 1), ("missed", 1), ("extra", 1)):
        assert tab.locator(f"#episode .graph g.fact.{fate}").count() == number, fate
    assert tab.text_content("#episode .entity.topic text") == "● Vel"
    assert "✗ missed\tAda\tlives\tUll" in tab.inner_text("#episode .graph table")


@pytest.mark.slow
def test_two_agents_side_by_side(opened, page):
    tab = start(opened, page, "#env=facts&agent=ppr").tab
    tab.select_option("#with", "cosine")
    waits(tab, "document.querySelectorAll('#episode .graph').length === 2")
    assert tab.evaluate("document.activeElement.id") == "with"
    assert "with=cosine" in address(tab)
    tab.select_option("[name=env]", "world")
    tab.select_option("[name=agent]", "iterative")
    tab.select_option("#with", "oracle")
    waits(tab, "document.querySelectorAll('#episode .two .step').length === 4")
    marks = tab.locator("#episode mark").all_inner_texts()
    assert marks == ["marmalade"], marks
    assert "by both (1)" in tab.inner_text("#episode")
    row = tab.locator("#episode tr", has_text="reward: gold").inner_text().split("\t")
    assert row == ["reward: gold", "0.5", "0.5", "0"]
    tab.get_by_role("button", name="Transcript").click()
    waits(tab, "document.querySelectorAll('#episode .whole').length === 2")


@pytest.mark.slow
def test_a_link_restores_the_whole_view(opened, page):
    link = (
        "#task=world&sort=2.3.a&score=em&cost=steps&curve=loss&env=world&agent=iterative&verdict=right"
        "&hops=2&type=mixed&find=marmalade&deep=1&on=world&by=iterative&ask=q004&seed=0&view=text"
        "&with=oracle&theme=dark"
    )
    first = start(opened, page, link)
    waits(first.tab, "document.querySelector('#count').textContent.startsWith('5 of')")
    second = start(opened, page, address(first.tab))
    waits(second.tab, "document.querySelector('#count').textContent.startsWith('5 of')")
    assert shown(first.tab) == shown(second.tab)
    assert address(first.tab) == link == address(second.tab)
    assert first.tab.evaluate("scrollY") > 300  # at the episode
    assert "q004" in first.tab.inner_text("#episode h3")
    first.tab.evaluate("location.hash = '#task=facts'")  # as typed into the address bar
    waits(
        first.tab, "document.querySelector('.panel:not([hidden]) h2').innerText.startsWith('facts')"
    )
    assert first.tab.input_value("[name=agent]") == ""
    nowhere = start(
        opened, page, "#on=x&by=y&ask=z&with=w&task=u&sort=9.9.z&score=v&curve=t&hops=s"
    )
    assert nowhere.told == [] and count(nowhere.tab) == 0


@pytest.mark.slow
def test_light_dark_and_the_links_of_the_head(opened, page):
    ground = "getComputedStyle(document.body).backgroundColor"
    tab = start(opened, page, color_scheme="dark").tab
    dark = tab.evaluate(ground)
    tab.get_by_role("button", name="Theme: auto").click()
    light = tab.evaluate(ground)
    assert (light, dark) == ("rgb(250, 250, 248)", "rgb(18, 19, 21)")
    tab.get_by_role("button", name="Theme: light").click()
    assert tab.evaluate(ground) == dark and "theme=dark" in address(tab)
    tab.get_by_role("button", name="Theme: dark").click()
    assert "theme" not in address(tab)
    tab.keyboard.press("Home")
    tab.locator(".skip").focus()
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "trajectories"
    for name in ("Leaderboard", "Training", "Trajectories"):
        tab.get_by_role("link", name=name, exact=True).click()
        assert tab.evaluate("document.activeElement.id") == name.lower()
    tab.get_by_role("button", name="Copy link").click()
    waits(tab, "document.querySelector('#copy').textContent !== 'Copy link'")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "view",
    [
        "#task=world",
        "#task=facts&env=facts&agent=ppr",
        "#env=plans",
        "#env=facts&agent=ppr&with=cosine",
        "#env=world&agent=iterative&with=random&view=text",
        "#find=nothing-like-it",
    ],
)
def test_it_breaks_no_rule_of_accessibility(opened, page, scheme, view):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    tab = opened(color_scheme=scheme)
    tab.open(page, view)
    tab.tab.wait_for_timeout(200)
    for details in tab.tab.locator("details:visible").all():
        details.evaluate("(element) => { element.open = true; }")
    found = axe.Axe().run(tab.tab).response["violations"]
    told = [(v["id"], node["target"], node["failureSummary"]) for v in found for node in v["nodes"]]
    assert not told, told[:5]


@pytest.mark.slow
@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_stays_text(opened, tmp_path, attack):
    nodes = {"A": (attack, attack), "B": ("Where was {A} born?", "News")}
    step = make_plan_step(nodes, (("A", "B"),), {"A": [(attack, True)]}, {"B": attack})
    played = one_shot([0, 3], [attack])
    graph = subgraph_of(QUESTION, played)
    graph = type(graph)(
        tuple(edge._replace(relation=attack, tail=attack) for edge in graph.edges),
        (attack,),
        (attack,),
    )
    same = {"task": attack, "questions": attack, "question": attack, "type": attack}
    same |= {"prediction": attack, "answers": (attack,), "reward_terms": {attack: 0.5}}
    text = make_trajectory(answer=attack, text=attack)
    records = [
        make_one(**same, agent=f"a{attack}", question_id=attack, hops=2, trajectory=text),
        make_one(**same, agent="b", question_id=attack, trajectory=text, metrics={"f1": 0.5}),
        make_one(**same, agent="c", question_id=attack, trajectory=make_dag_trajectory(step)),
        make_one(**same, agent="d", question_id=attack, trajectory=played, graph=graph),
        make_failed(**{**same, "prediction": None}, agent="e", question_id=attack, error=attack),
    ]
    path = tmp_path / "page.html"
    curves = [{"name": attack, "series": {attack: {"clock": "step", "points": [[1, 1], [2, 3]]}}}]
    write_page(make_board(records), path, title="safe", curves=curves)
    watched = start(opened, path)
    for agent in (f"a{attack}", "b", "c", "d", "e"):
        watched.tab.select_option("[name=agent]", agent)
        for other in ("", "b", "d"):
            if other != agent:
                watched.tab.select_option("#with", other)
            watched.tab.wait_for_timeout(60)
            assert attack.split()[0] in watched.tab.inner_text("#episode")
    assert watched.tab.title() == "safe · hopgym" and watched.told == [] and watched.outside == []
    kinds = watched.tab.evaluate("[...document.querySelectorAll('*')].map((e) => e.tagName)")
    assert not {"IMG", "IFRAME", "OBJECT", "B", "I", "TEXTAREA"} & set(kinds)
    again = start(opened, path, address(watched.tab))  # a link that is full of it
    assert shown(again.tab) == shown(watched.tab) and again.told == []


@pytest.mark.slow
def test_results_without_trajectories_and_a_page_without_a_script(opened, tmp_path):
    path = tmp_path / "page.html"
    write_page(make_board(make_many("a", 3, trajectory=None)), path)
    watched = start(opened, path)
    assert "was not kept" in watched.tab.inner_text("#episode") and watched.told == []
    plain = opened(java_script_enabled=False).tab
    plain.goto(path.as_uri())
    assert plain.locator("table.board").is_visible() and not plain.locator("#viewer").is_visible()
    assert "need JavaScript" in plain.inner_text("main")


@pytest.mark.slow
def test_what_a_reader_does_at_random_leaves_no_error(opened, page):
    watched = start(opened, page)
    draws = random.Random(0)
    for _ in range(120):
        controls = watched.tab.locator(
            "main button:visible, main select:visible, #list .item"
        ).all()
        control = draws.choice(controls)
        if control.evaluate("(e) => e.tagName") == "SELECT":
            options = control.locator("option").all()
            control.select_option(index=draws.randrange(len(options)))
        else:
            control.click(timeout=5_000)
    assert watched.told == [] and watched.outside == []
