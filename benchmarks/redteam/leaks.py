"""Gold that can be read before the episode is over: in infos, rendering, specs, errors, pickles.

Each agent turns one channel into text, looks for anything that is called an answer or gold, and
answers with it. `env.unwrapped.question` is no channel: it is the documented door for oracles.
The agent makes an environment of its own where it must not disturb the one that is played.
"""

from __future__ import annotations

import pickle
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import gymnasium

from ...agents.base import Info
from ...agents.transcript import TextAgent, Transcript
from .exploit import Exploit, constant_plan, raw_answer

FAMILY = "leaks"
_CALLED = re.compile(
    r"(?:gold|answers?|solution|target|label|expected)\w*['\"]?[^\n'\"=:]{0,30}[:=]\s*(?:\w*[\[({]\s*)*"
    r"['\"]([^'\"\n]{1,120})['\"]",
    re.IGNORECASE,
)
MOST_TEXT = 200_000
"""Characters that are searched of a channel."""

Channel = Callable[[Any, Any, Info], str]
"""From the environment played, an observation and an info: all that can be read, as text."""


def found(text: str, known: str = "") -> str:
    """Return the first thing that is called an answer and that the player was not shown.

    >>> found("{'question': 'Who?', 'gold_answers': ('Ada Orm',)}")
    'Ada Orm'
    """
    hits = (match[1] for match in _CALLED.finditer(text[:MOST_TEXT]))
    return next((hit for hit in hits if hit.strip() and hit not in known), "")


class Reader(TextAgent):
    """Reads a channel and answers with what it says.

    Args:
        name: What messages call it.
        channel: What it reads.
    """

    name: str  # type: ignore[misc]
    plays: ClassVar[str] = "documents"

    def __init__(self, name: str, channel: Channel) -> None:
        self.name = name
        self.channel = channel
        self._env: Any = None

    def bind(self, env: Any) -> None:
        """Keep the environment, as any code in the process could."""
        self._env = env

    def play(self, view: Transcript) -> str:
        """Answer with what the channel says, or say that it is unknown."""
        if not view.may_answer:
            return constant_plan(view)
        text = self.channel(self._env, view.observation, view.info)
        return raw_answer(view, found(text, view.observation) or "unknown")


def own_env(env: Any, question_id: str) -> Any:
    """Return an environment like the one played, at the same question; the caller closes it."""
    spec = env.spec
    made = gymnasium.make(spec.id, render_mode="ansi", **_keywords(spec))
    made.reset(options={"question_id": question_id})
    return made


def everything_in(value: Any, depth: int = 4) -> str:
    """Return a value and what hangs on it as text: items, attributes, reprs."""
    if depth == 0 or isinstance(value, str | bytes | int | float | bool | None):
        return repr(value)
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{k!r}: {everything_in(v, depth - 1)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, Sequence):
        return "(" + ", ".join(everything_in(item, depth - 1) for item in value) + ")"
    inside = getattr(value, "__dict__", None)
    return repr(value) + (everything_in(dict(inside), depth - 1) if inside else "")


def infos(env: Any, observation: Any, info: Info) -> str:
    """Read everything in the info."""
    return everything_in(dict(info))


def rendering(env: Any, observation: Any, info: Info) -> str:
    """Read what rendering shows."""
    own = own_env(env, str(info["question_id"]))
    try:
        return str(own.render())
    finally:
        own.close()


def specs(env: Any, observation: Any, info: Info) -> str:
    """Read the spec, the spaces, the metadata and how all of it prints."""
    parts = (env.spec, env, env.observation_space, env.action_space, env.metadata)
    return " ".join(map(repr, parts)) + everything_in(env.spec.kwargs, 2)


def exceptions(env: Any, observation: Any, info: Info) -> str:
    """Provoke errors and read them, their causes and their notes."""
    own = own_env(env, str(info["question_id"]))
    told = []
    attempts: tuple[Callable[[], Any], ...] = (
        lambda: own.step(None),
        lambda: own.step(7),
        lambda: own.step("\ud800"),
        lambda: own.unwrapped.step(object()),
        lambda: own.reset(options={"question_id": "no such question"}),
        lambda: own.reset(options={"index": -(10**9)}),
        lambda: own.reset(options={"gold": True}),
    )
    for attempt in attempts:
        try:
            attempt()  # what it returns may be the end of the episode, where gold is no secret
        except Exception as error:
            told += [repr(error), str(error), repr(error.__cause__), repr(error.args)]
    own.close()
    return "\n".join(told)


def pickles(env: Any, observation: Any, info: Info) -> str:
    """Pickle what a player holds, and read the bytes."""
    held = (dict(info), observation, env.observation_space, env.action_space)
    data = pickle.dumps(held, protocol=0)
    return data.decode("latin-1") + everything_in(pickle.loads(data)[0])


def _keywords(spec: Any) -> dict[str, Any]:
    unwanted = ("render_mode", "num_envs", "vectorization_mode")
    return {name: value for name, value in spec.kwargs.items() if name not in unwanted}


_CHANNELS: dict[str, tuple[str, Channel]] = {
    "leak_infos": ("Gold in the info.", infos),
    "leak_rendering": ("Gold in what is rendered.", rendering),
    "leak_spec": ("Gold in the spec, the spaces or a repr.", specs),
    "leak_exceptions": ("Gold in the messages of errors.", exceptions),
    "leak_pickles": ("Gold in pickled infos, observations and spaces.", pickles),
}

EXPLOITS: tuple[Exploit, ...] = tuple(
    Exploit(
        name=name,
        family=FAMILY,
        summary=summary,
        make=partial(Reader, name, channel),
        reads_gold=True,
    )
    for name, (summary, channel) in _CHANNELS.items()
)
