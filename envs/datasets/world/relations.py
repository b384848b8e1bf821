"""What can be said in a world: types of entities, and relations with their words.

Every relation is functional: a head has one tail, so that a chain of relations leads to one
answer. Tails are entities or, for those with a range, numbers. All phrases end with the entity, so
that they nest: "the birthplace of the author of Vel".
"""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """A type of entity."""

    name: str
    noun: str
    share: float
    """Of all entities."""


KINDS = (
    Kind("person", "person", 0.34),
    Kind("city", "city", 0.12),
    Kind("company", "company", 0.12),
    Kind("book", "book", 0.10),
    Kind("film", "film", 0.07),
    Kind("university", "university", 0.07),
    Kind("band", "band", 0.05),
    Kind("museum", "museum", 0.05),
    Kind("ship", "ship", 0.03),
    Kind("river", "river", 0.03),
    Kind("region", "region", 0.02),
)


class Relation(NamedTuple):
    """A functional relation and how it is worded."""

    name: str
    head: str
    tail: str
    """A type of entity, or "number"."""
    noun: str
    """Names the tail: `the birthplace of {x}`."""
    question: str
    """Asks for the tail: `What is the birthplace of {x}?`."""
    condition: str
    """Holds of the head: `was born in {x}`; empty for numbers."""
    wordings: tuple[str, ...]
    """Sentences of documents; the first two share words with the question, the rest paraphrase."""
    source: str = "General"
    """Where it is told when the General document does not tell it."""
    span: tuple[int, int] | None = None
    """The range of a number."""
    least: str = ""
    """Picks the head of the smallest number: `the oldest of`."""
    most: str = ""


RELATIONS = (
    Relation(
        "born_in", "person", "city",
        "the birthplace of {x}", "What is the birthplace of {x}?", "has the birthplace {x}",
        ("The birthplace of {h} is {t}.", "{h} has the birthplace {t}.",
         "{h} came into the world in {t}.", "It was {t} where {h} first saw the light of day."),
    ),
    Relation(
        "educated_at", "person", "university",
        "the university attended by {x}", "Which university was attended by {x}?",
        "attended the university {x}",
        ("The university attended by {h} was {t}.", "{h} attended the university {t}.",
         "{h} took a degree at {t}.", "{t} counts {h} among its graduates."),
        "Academy",
    ),
    Relation(
        "employer", "person", "company",
        "the employer of {x}", "Which company is the employer of {x}?", "has the employer {x}",
        ("The employer of {h} is the company {t}.", "{h} has the employer {t}, a company.",
         "{h} draws a salary from {t}.", "{t} put {h} on its payroll."),
        "News",
    ),
    Relation(
        "mentor", "person", "person",
        "the mentor of {x}", "Who was the mentor of {x}?", "had the mentor {x}",
        ("The mentor of {h} was {t}.", "{h} had the mentor {t}.",
         "{t} taught {h} the trade.", "{h} learned everything from {t}."),
        "Academy",
    ),
    Relation(
        "stands_on", "city", "river",
        "the river that flows through {x}", "Which river flows through {x}?",
        "lies on the river {x}",
        ("The river that flows through {h} is the {t}.", "{h} lies on the river {t}.",
         "The bridges of {h} cross the {t}.", "{h} grew up along the banks of the {t}."),
    ),
    Relation(
        "in_region", "city", "region",
        "the region that contains {x}", "Which region contains {x}?", "lies in the region {x}",
        ("The region that contains {h} is {t}.", "{h} lies in the region {t}.",
         "{h} is one of the towns of {t}.", "For taxes, {h} answers to {t}."),
    ),
    Relation(
        "city_founder", "city", "person",
        "the founder of {x}", "Who was the founder of {x}?", "had the founder {x}",
        ("The founder of {h} was {t}.", "{h} had the founder {t}.",
         "{t} laid the first stone of {h}.", "{h} goes back to {t}, who drew its streets."),
        "Academy",
    ),
    Relation(
        "headquarters", "company", "city",
        "the city with the headquarters of {x}", "Which city has the headquarters of {x}?",
        "has its headquarters in {x}",
        ("The city with the headquarters of {h} is {t}.", "{h} has its headquarters in the city {t}.",
         "{h} is run from {t}.", "The head office of {h} looks out over {t}."),
        "News",
    ),
    Relation(
        "company_founder", "company", "person",
        "the founder of {x}", "Who was the founder of {x}?", "had the founder {x}",
        ("The founder of {h} was {t}.", "{h} had the founder {t}.",
         "{t} started {h} in a shed.", "{h} began as an idea of {t}."),
    ),
    Relation(
        "university_city", "university", "city",
        "the city of the campus of {x}", "Which city has the campus of {x}?", "has its campus in {x}",
        ("The city of the campus of {h} is {t}.", "{h} has its campus in the city {t}.",
         "Students of {h} live in {t}.", "The lecture halls of {h} fill a quarter of {t}."),
    ),
    Relation(
        "named_after", "university", "person",
        "the namesake of {x}", "Who is the namesake of {x}?", "has the namesake {x}",
        ("The namesake of {h} is {t}.", "{h} has the namesake {t}.",
         "{h} was called so to honour {t}.", "{t} lent a name to {h}."),
        "Academy",
    ),
    Relation(
        "author", "book", "person",
        "the author of {x}", "Who is the author of {x}?", "has the author {x}",
        ("The author of {h} is {t}.", "{h} has the author {t}.",
         "{h} was written by {t}.", "{t} wrote {h} in one winter."),
    ),
    Relation(
        "publisher", "book", "company",
        "the publisher of {x}", "Which company is the publisher of {x}?", "has the publisher {x}",
        ("The publisher of {h} is the company {t}.", "{h} has the publisher {t}.",
         "{t} brought {h} into the shops.", "{h} was printed and sold by {t}."),
        "News",
    ),
    Relation(
        "director", "film", "person",
        "the director of {x}", "Who is the director of {x}?", "has the director {x}",
        ("The director of {h} is {t}.", "{h} has the director {t}.",
         "{t} shot {h} in six weeks.", "{h} was made under the eye of {t}."),
    ),
    Relation(
        "based_on", "film", "book",
        "the book adapted in {x}", "Which book is adapted in {x}?", "adapts the book {x}",
        ("The book adapted in {h} is {t}.", "{h} adapts the book {t}.",
         "{h} takes its story from {t}.", "The script of {h} keeps close to {t}."),
        "News",
    ),
    Relation(
        "singer", "band", "person",
        "the singer of {x}", "Who is the singer of {x}?", "has the singer {x}",
        ("The singer of {h} is {t}.", "{h} has the singer {t}.",
         "{t} lends a voice to {h}.", "On stage, {h} is fronted by {t}."),
    ),
    Relation(
        "band_home", "band", "city",
        "the home town of {x}", "What is the home town of {x}?", "has the home town {x}",
        ("The home town of {h} is {t}.", "{h} has the home town {t}.",
         "{h} first played in a cellar in {t}.", "{h} never left {t}."),
        "News",
    ),
    Relation(
        "museum_city", "museum", "city",
        "the location of {x}", "What is the location of {x}?", "has the location {x}",
        ("The location of {h} is {t}.", "{h} has the location {t}.",
         "Visitors find {h} in {t}.", "{h} stands near the market of {t}."),
    ),
    Relation(
        "architect", "museum", "person",
        "the architect of {x}", "Who was the architect of {x}?", "had the architect {x}",
        ("The architect of {h} was {t}.", "{h} had the architect {t}.",
         "{t} drew the plans of {h}.", "{h} is the best known building by {t}."),
        "Academy",
    ),
    Relation(
        "builder", "ship", "company",
        "the builder of {x}", "Which company was the builder of {x}?", "had the builder {x}",
        ("The builder of {h} was the company {t}.", "{h} had the builder {t}, a company.",
         "{h} left the yard of {t}.", "{t} laid down the keel of {h}."),
    ),
    Relation(
        "captain", "ship", "person",
        "the captain of {x}", "Who is the captain of {x}?", "has the captain {x}",
        ("The captain of {h} is {t}.", "{h} has the captain {t}.",
         "{t} commands {h}.", "At the wheel of {h} stands {t}."),
        "News",
    ),
    Relation(
        "explorer", "river", "person",
        "the explorer of {x}", "Who was the explorer of {x}?", "had the explorer {x}",
        ("The explorer of {h} was {t}.", "{h} had the explorer {t}.",
         "{t} mapped {h} from source to mouth.", "The first map of {h} was drawn by {t}."),
        "Academy",
    ),
    Relation(
        "capital", "region", "city",
        "the capital of {x}", "Which city is the capital of {x}?", "has the capital {x}",
        ("The capital of {h} is the city {t}.", "{h} has the capital {t}.",
         "{h} is governed from {t}.", "The assembly of {h} meets in {t}."),
    ),
    Relation(
        "birth_year", "person", "number",
        "the birth year of {x}", "What is the birth year of {x}?", "",
        ("The birth year of {h} is {t}.", "{h} has the birth year {t}.",
         "{h} was a child of {t}.", "In {t}, {h} was born."),
        span=(1200, 1995), least="the oldest of", most="the youngest of",
    ),
    Relation(
        "population", "city", "number",
        "the population of {x}", "What is the population of {x}?", "",
        ("The population of {h} is {t}.", "{h} has a population of {t}.",
         "{t} people live in {h}.", "At the last count {h} had {t} inhabitants."),
        span=(10_000, 999_999), least="the smallest of", most="the largest of",
    ),
    Relation(
        "company_year", "company", "number",
        "the founding year of {x}", "What is the founding year of {x}?", "",
        ("The founding year of {h} is {t}.", "{h} has the founding year {t}.",
         "{h} opened its books in {t}.", "Since {t}, {h} has been trading."),
        "News", (1400, 2020), "the oldest of", "the youngest of",
    ),
    Relation(
        "book_year", "book", "number",
        "the publication year of {x}", "What is the publication year of {x}?", "",
        ("The publication year of {h} is {t}.", "{h} has the publication year {t}.",
         "{h} came out in {t}.", "Readers first held {h} in {t}."),
        span=(1500, 2024), least="the earliest of", most="the latest of",
    ),
    Relation(
        "film_year", "film", "number",
        "the release year of {x}", "What is the release year of {x}?", "",
        ("The release year of {h} is {t}.", "{h} has the release year {t}.",
         "{h} reached the screens in {t}.", "Audiences first saw {h} in {t}."),
        "News", (1900, 2024), "the earliest of", "the latest of",
    ),
)  # fmt: skip

BY_NAME = {relation.name: relation for relation in RELATIONS}


def relations_from(kind: str) -> list[Relation]:
    """Return the relations that a type of entity has."""
    return [relation for relation in RELATIONS if relation.head == kind]
