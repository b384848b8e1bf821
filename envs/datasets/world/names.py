"""Invented names: unique, yet partly colliding, as names are.

People share surnames, companies and places share roots ("Velmar", "New Velmar", "Velmar Works"),
and some entities have an alias.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ....seeding import rng_for

_ONSETS = [
    "b",
    "br",
    "c",
    "d",
    "dr",
    "f",
    "g",
    "gr",
    "h",
    "j",
    "k",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "pr",
    "qu",
    "r",
    "s",
    "st",
    "t",
    "th",
    "tr",
    "v",
    "w",
    "z",
]
_VOWELS = ["a", "e", "i", "o", "u", "ae", "ea", "io"]
_CODAS = ["", "", "l", "m", "n", "r", "s", "rk", "nd", "ll", "th", "x"]
_ADJECTIVES = [
    "Amber",
    "Ashen",
    "Bitter",
    "Blue",
    "Borrowed",
    "Bright",
    "Broken",
    "Burning",
    "Cold",
    "Copper",
    "Crooked",
    "Distant",
    "Drowned",
    "Empty",
    "Endless",
    "Faded",
    "Fallen",
    "Forgotten",
    "Frozen",
    "Gentle",
    "Gilded",
    "Glass",
    "Golden",
    "Green",
    "Grey",
    "Hidden",
    "Hollow",
    "Idle",
    "Iron",
    "Ivory",
    "Last",
    "Late",
    "Lonely",
    "Long",
    "Lost",
    "Low",
    "Marble",
    "Narrow",
    "New",
    "Old",
    "Pale",
    "Patient",
    "Quiet",
    "Red",
    "Restless",
    "Sacred",
    "Salt",
    "Scarlet",
    "Second",
    "Secret",
    "Seventh",
    "Silent",
    "Silver",
    "Sleeping",
    "Slow",
    "Small",
    "Stolen",
    "Stone",
    "Tender",
    "Third",
    "Thousand",
    "Twin",
    "Unknown",
    "Velvet",
    "Wandering",
    "White",
    "Wild",
    "Winter",
]
_NOUNS = [
    "Anchor",
    "Archive",
    "Arrow",
    "Ash",
    "Atlas",
    "Autumn",
    "Bell",
    "Bird",
    "Bridge",
    "Candle",
    "Castle",
    "Choir",
    "Circle",
    "Clock",
    "Cloud",
    "Compass",
    "Crown",
    "Dancer",
    "Dawn",
    "Door",
    "Dream",
    "Echo",
    "Ember",
    "Feast",
    "Fever",
    "Field",
    "Fire",
    "Flute",
    "Forest",
    "Fountain",
    "Garden",
    "Gate",
    "Ghost",
    "Harbour",
    "Harvest",
    "Heron",
    "Horizon",
    "House",
    "Island",
    "Journey",
    "Key",
    "Kingdom",
    "Ladder",
    "Lake",
    "Lantern",
    "Letter",
    "Light",
    "Lion",
    "Map",
    "Market",
    "Mask",
    "Meadow",
    "Mill",
    "Mirror",
    "Moon",
    "Mountain",
    "Oath",
    "Ocean",
    "Orchard",
    "Owl",
    "Palace",
    "Path",
    "Pearl",
    "Pilgrim",
    "Promise",
    "Rain",
    "Raven",
    "River",
    "Road",
    "Rose",
    "Sail",
    "Sea",
    "Shadow",
    "Shore",
    "Sister",
    "Song",
    "Spring",
    "Stair",
    "Star",
    "Storm",
    "Summer",
    "Sword",
    "Thorn",
    "Throne",
    "Tide",
    "Tower",
    "Traveller",
    "Tree",
    "Voice",
    "Wall",
    "Wave",
    "Well",
    "Wheel",
    "Wind",
    "Window",
    "Witness",
    "Wolf",
]
_ENDINGS = ["mar", "den", "wick", "tor", "lin"]
_TRADES = [
    "Works",
    "Trading",
    "Foundry",
    "Press",
    "Motors",
    "Shipyard",
    "Mills",
    "Holdings",
    "Instruments",
    "Textiles",
]

Roller = Callable[[int], int]


def make_names(counts: dict[str, int], seed: int) -> Iterator[tuple[str, str]]:
    """Yield `(name, alias)` for each entity, type by type; an empty alias is none.

    Names and aliases are unique over the whole world.
    """
    taken: set[str] = set()
    for kind, count in counts.items():
        roll = _roller(seed, kind)
        make = _MAKERS[kind]
        for _ in range(count):
            name, alias = make(roll)
            while name in taken:
                name, alias = make(roll)
            taken.add(name)
            alias = "" if alias in taken else alias
            taken.add(alias)
            yield name, alias


def _roller(seed: int, kind: str) -> Roller:
    rng = rng_for(seed, "names", kind)
    buffer: list[float] = []

    def roll(sides: int) -> int:
        if not buffer:
            buffer.extend(rng.random(4096).tolist())
        return int(buffer.pop() * sides)

    return roll


def _root(roll: Roller, syllables: int = 2) -> str:
    if syllables == 2 and roll(2):  # one of a thousand or so, for names to share
        start = _ONSETS[roll(len(_ONSETS))] + _VOWELS[roll(len(_VOWELS))]
        return f"{start}{_word(roll, _ENDINGS)}".capitalize()
    parts = (
        f"{_ONSETS[roll(len(_ONSETS))]}{_VOWELS[roll(len(_VOWELS))]}{_CODAS[roll(len(_CODAS))]}"
        for _ in range(syllables)
    )
    return "".join(parts).capitalize()


def _word(roll: Roller, words: list[str]) -> str:
    return words[roll(len(words))]


def _person(roll: Roller) -> tuple[str, str]:
    first, last = _root(roll, 1 + roll(2)), _root(roll, 2)
    alias = f"{first} the {_word(roll, _ADJECTIVES)} of {last}"
    return f"{first} {last}", alias if roll(5) == 0 else ""


def _city(roll: Roller) -> tuple[str, str]:
    root = _root(roll, 2)
    name = (root, root, root, f"New {root}", f"Port {root}", f"{root} Ford")[roll(6)]
    return name, f"{_root(roll, 2)} Haven" if roll(6) == 0 else ""


def _company(roll: Roller) -> tuple[str, str]:
    root, trade = _root(roll, 2), _word(roll, _TRADES)
    return f"{root} {trade}", f"{root} and {_root(roll, 2)}" if roll(5) == 0 else ""


def _university(roll: Roller) -> tuple[str, str]:
    root = _root(roll, 2)
    other = _root(roll, 2)
    forms = (
        f"University of {root}",
        f"{root} Institute",
        f"{root} Institute of {other}",
        f"{root} College",
    )
    return forms[roll(4)], ""


def _work(roll: Roller) -> tuple[str, str]:
    adjective, noun, root = _word(roll, _ADJECTIVES), _word(roll, _NOUNS), _root(roll, 2)
    forms = (
        f"The {adjective} {noun}",
        f"The {noun} of {root}",
        f"The {adjective} {noun} of {root}",
    )
    return forms[roll(3)], ""


def _band(roll: Roller) -> tuple[str, str]:
    adjective, noun = _word(roll, _ADJECTIVES), _word(roll, _NOUNS)
    return f"{_root(roll, 2)} and the {adjective} {noun}s", ""


def _museum(roll: Roller) -> tuple[str, str]:
    return f"{_root(roll, 2)} {('Museum', 'Gallery', 'Museum of Glass')[roll(3)]}", ""


def _ship(roll: Roller) -> tuple[str, str]:
    return f"{_word(roll, _ADJECTIVES)} {_root(roll, 2)}", ""


def _plain(roll: Roller) -> tuple[str, str]:
    return _root(roll, 2), ""


def _region(roll: Roller) -> tuple[str, str]:
    return f"{_root(roll, 2)} {('Province', 'Marches', 'Valley')[roll(3)]}", ""


_MAKERS: dict[str, Callable[[Roller], tuple[str, str]]] = {
    "person": _person,
    "city": _city,
    "company": _company,
    "book": _work,
    "film": _work,
    "university": _university,
    "band": _band,
    "museum": _museum,
    "ship": _ship,
    "river": _plain,
    "region": _region,
}
