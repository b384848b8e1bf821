import subprocess
import sys
import time

import pytest
from expert_episodes import GRAMMARS, PLAYED, expert_episodes
from playing import play

from hopgym.agents.health.degenerate import READ, degeneration
from hopgym.agents.health.episodes import is_degenerate
from hopgym.seeding import rng_for

SENTENCE = "I need to find the director of the film first. "
ENGLISH = (
    "The question asks who founded the company that built the bridge. The documents name the "
    "company as Orm and Sons, so the next thing to look for is who founded Orm and Sons."
)
CHINESE = (
    "\u8fd9\u4e2a\u95ee\u9898\u8981\u6c42\u627e\u51fa\u7535\u5f71\u5bfc\u6f14\u7684\u51fa\u751f\u5730"
    "\u3002\u6587\u6863\u8bf4\u5bfc\u6f14\u662f\u5b89\u59ae\uff0c\u6211\u4e0b\u4e00\u6b65\u67e5\u5979"
    "\u5728\u54ea\u91cc\u51fa\u751f\u3002"
)
ARABIC = (
    "\u0633\u0623\u0628\u062d\u062b \u0639\u0646 \u0645\u062e\u0631\u062c \u0627\u0644\u0641\u064a\u0644\u0645"
    " \u062b\u0645 \u0639\u0646 \u0627\u0644\u0645\u062f\u064a\u0646\u0629 \u0627\u0644\u062a\u064a "
    "\u0648\u0644\u062f \u0641\u064a\u0647\u0627\u060c \u0641\u0647\u0644 \u0647\u064a \u0627\u0644\u0642\u0627\u0647\u0631\u0629\u061f"
)
HINDI = (
    "\u0939\u092e \u092a\u0939\u0932\u0947 \u092b\u093f\u0932\u094d\u092e \u0915\u0947 \u0928\u093f"
    "\u0930\u094d\u0926\u0947\u0936\u0915 \u0915\u094b \u0916\u094b\u091c\u0947\u0902\u0917\u0947 "
    "\u0914\u0930 \u092b\u093f\u0930 \u0909\u0938\u0915\u093e \u091c\u0928\u094d\u092e\u0938\u094d\u0925\u093e\u0928\u0964"
)
THAI = (
    "\u0e40\u0e23\u0e32\u0e15\u0e49\u0e2d\u0e07\u0e2b\u0e32\u0e1c\u0e39\u0e49\u0e01\u0e33\u0e01"
    "\u0e31\u0e1a\u0e20\u0e32\u0e1e\u0e22\u0e19\u0e15\u0e23\u0e4c\u0e01\u0e48\u0e2d\u0e19"
)
TABLE = "| year | film | town |\n|------|------|------|\n" + "\n".join(
    f"| {1950 + n} | {name} | {town} |"
    for n, (name, town) in enumerate(
        [("Vel", "Tessa"), ("Orm Hill", "Ull"), ("The Long Road", "Kesh"), ("Nine", "Bora")] * 2
    )
)
SEVERAL = " ".join(f"Film {n} was made in {1900 + 7 * n % 100} by person {n}." for n in range(60))
PLAN = (
    "<think>I look for the founder of Vel.</think><search>Nodes:\n"
    + "\n".join(
        f"{label}: Who founded {name}? (General)"
        for label, name in zip(
            "ABCDEFGH", ["Vel", "Orm", "Ull", "Tessa", "Kesh", "Bora", "Nine", "Anse"], strict=True
        )
    )
    + "\nEdges: A -> H; B -> H; C -> H; D -> H; E -> H; F -> H; G -> H</search>"
)

SOUND = {
    "no": "no",
    "a year": "1850",
    "a digit": "7",
    "a letter": "B",
    "a symbol": "$",
    "infinity": "\u221e",
    "an odd name": "C++",
    "a Chinese name": "\u6d77\u5357",
    "a double name": "New York, New York",
    "a band": "The The",
    "a song": "Gimme! Gimme! Gimme!",
    "another song": "Da Da Da Da Da",
    "a roman numeral": "XXXVIII",
    "a large number": "1,000,000,000,000",
    "a date": "1850-01-02",
    "a sum": "((3 + 4) * 2) / 7 = 2, and 2 * 7 = 14",
    "a query": "director of Vel",
    "an analysis": ENGLISH,
    "Chinese": CHINESE,
    "Arabic": ARABIC,
    "Hindi": HINDI,
    "Hindi, long": (HINDI + " ") * 3,
    "Thai": THAI,
    "numbers": ", ".join(map(str, range(1, 400))),
    "digits": " ".join("31415926535897932384626433832795028841971693993751"),
    "zeros and ones": " ".join(rng_for(1, "bits").choice(["0", "1"], 200)),
    "a numbered list": "\n".join(
        f"{n}. {name}" for n, name in enumerate(["Vel", "Orm", "Ull", "Tessa"], 1)
    ),
    "items of one form": SEVERAL,
    "a table": TABLE,
    "a ruled heading": f"Findings\n{'-' * 40}\n{ENGLISH}",
    "a plan": PLAN,
    "a step": f"Step 1:\nThe problem analysis: {ENGLISH}\nThe retrieval query: founder of Orm",
    "columns": "\n".join(f"{n:<40}{n * n:>40}" for n in range(3)),
    "a sentence, thrice": SENTENCE * 3,
}

LETTERS = rng_for(0, "letters")
DEGENERATE = {
    "nothing": ("", "empty"),
    "blanks": (" \n\t\u3000 ", "empty"),
    "marks": ("!!!!", "no_words"),
    "other marks": ("\u3002\u3002\u3002", "no_words"),
    "a mark and dots": ("a" + "." * 60, "no_words"),
    "mixed marks": ("".join(LETTERS.choice(list("!?.,;:#*()[]{}/|"), 300)), "no_words"),
    "broken bytes": ("\ufffd" * 40, "no_words"),
    "a letter": ("a" * 40, "loop"),
    "a word": ("the " * 12, "loop"),
    "a word, and prose": (ENGLISH + " the" * 60, "loop"),
    "a stop token in text": ("</s>" * 12, "loop"),
    "a word of a tag": ("<answer>" * 9, "loop"),
    "Chinese": ("\u7684" * 30, "loop"),
    "Chinese words": ("\u641c\u7d22\u641c\u7d22" * 10, "loop"),
    "Arabic": ("\u0641\u064a \u0627\u0644\u0641\u064a\u0644\u0645 " * 8, "loop"),
    "emoji": ("\U0001f3b2\U0001f3b3" * 15, "no_words"),
    "line feeds": ("Step 1:" + "\n" * 300, "loop"),
    "a sentence": (SENTENCE * 6, "same_sentence"),
    "a sentence, mixed": ("".join(SENTENCE + f"Try {n}. " for n in range(6)), "same_sentence"),
    "a few words": (" ".join(LETTERS.choice(["the", "of", "a", "film"], 120)), "few_words"),
    "a few characters": (
        "".join(LETTERS.choice(["\u7684", "\u662f", "\u5728"], 120)),
        "few_words",
    ),
    "a few words behind prose": (
        ENGLISH + " ".join(LETTERS.choice(["the", "of", "a", "film"], 80)),
        "few_words",
    ),
    "a paragraph": ((ENGLISH.replace(".", ",") + "\n\n") * 9, "same_sentence"),
    "a round with a number": (
        "".join(f"({n}) {ENGLISH.replace('.', ',')} " for n in range(30)),
        "compressible",
    ),
}


@pytest.mark.parametrize("name", SOUND)
def test_sound_text_is_let_through(name):
    assert degeneration(SOUND[name]) is None


@pytest.mark.parametrize("name", DEGENERATE)
def test_garbage_is_told_with_its_reason(name):
    text, reason = DEGENERATE[name]
    assert degeneration(text) == reason


def test_garbage_is_told_at_the_end_of_a_long_text_too():
    prose = " ".join(f"{ENGLISH} Film {n}." for n in range(3))
    long = " ".join(" ".join(rng_for(n, "w").permutation(prose.split())) for n in range(60))
    assert len(long) > 2 * READ and degeneration(long) is None
    assert degeneration(long + " the" * 100) == "loop"


@pytest.mark.parametrize("grammar", GRAMMARS)
def test_no_expert_nor_oracle_is_ever_accused(grammar):
    env, kwargs = PLAYED[grammar]
    oracle = [episode.trajectory for episode in play("oracle", env=env, limit=60, **kwargs)]
    expert = [trajectory for _, trajectory in expert_episodes(grammar, limit=60)]
    steps = [step for trajectory in (*oracle, *expert) for step in trajectory.steps]
    assert len(steps) > 200
    assert [step.action for step in steps if is_degenerate(step)] == []


HOSTILE = {
    "one character": "a" * 10**6,
    "almost a loop": ("a" * 31 + "b") * 30_000 + "c",
    "all characters": "".join(map(chr, range(0x10000))),
    "surrogates": "\ud800" * 10**5,
    "nul": "\0a" * 10**5,
    "combining marks": "a" + "\u0301\u0323" * 10**5,
    "line ends": "a.\n" * 10**5,
    "blanks": "a" + " " * 10**6 + "a",
    "a million words": " ".join(map(str, range(200_000))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_takes_no_time(name):
    started = time.process_time()
    degeneration(HOSTILE[name])
    assert time.process_time() - started < 1.0


def test_the_package_loads_no_torch():
    code = "import sys, hopgym.agents.health; print('torch' in sys.modules, 'zmq' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False"]
