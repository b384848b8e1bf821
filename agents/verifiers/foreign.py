"""An environment of verifiers' own, played and ranked by hopgym.

verifiers lets an environment drive its model; here the model that it asks is whoever plays. Each request
to it is an observation, the action is the answer, and the episode's reward comes with the last one.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import ExitStack
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

from ...core import Question
from ...envs.datasets.base import QuestionSet
from ...envs.datasets.loaded import LoadedQuestions
from ...envs.functions import UNKNOWN, Turn, register_game
from ...errors import ConfigError, EnvError, require
from .chat_server import chat_server
from .loading import as_plugin

_WAIT = 600.0
"""Seconds that an environment may take to ask again, or to end."""

SPLIT = "test"
"""What the split of a taskset is called."""


def register_verifiers(
    id: str,
    config: Mapping[str, Any],
    *,
    limit: int | None = None,
    score: Callable[[float], float] = float,
) -> QuestionSet:
    """Register an environment of verifiers; `file.py:ID` then names it wherever one is taken.

    Args:
        id: `namespace/Name-v0`.
        config: Verifiers' `EnvConfig`, as its TOML has it: `{"taskset": {"id": "gsm8k"}}`. Every seat is
            played by the one agent, in chat.
        limit: The first so many tasks; all, of a set that ends.
        score: Makes the score, from 0 to 1, by which a leaderboard ranks, of an episode's reward.

    Returns:
        Its tasks as a question set of one split, `test`: for `questions=`, or as `file.py:NAME`.

    Raises:
        ConfigError: If the tasks have no end and no limit is given.
        MissingExtraError: If verifiers is not installed.
    """
    host = Host(config, limit)

    def step(talk: Talk, action: str) -> Turn:
        return talk.say(action, score)

    register_game(id, host.begin, step, f"{id}, an environment of verifiers.")
    return LoadedQuestions(id, {SPLIT: host.questions()})


class Host:
    """An environment of verifiers, served in a thread of its own from the first episode on.

    Args:
        config: Verifiers' `EnvConfig`.
        limit: The first so many tasks.
    """

    def __init__(self, config: Mapping[str, Any], limit: int | None = None) -> None:
        self._vf = require("verifiers.v1", "verifiers")
        loaders = require("verifiers.v1.utils.loaders", "verifiers")
        self.env = loaders.load_environment(_seated(loaders.resolve_env_config(dict(config))))
        if limit is None and not self.env.taskset.bounded:
            raise ConfigError("This taskset has no end: say how many tasks by limit=.")
        tasks = self.env.taskset if limit is None else self.env.taskset.take(limit)
        self.tasks = {_name(task): task for task in tasks}
        self._talks: dict[str, Talk] = {}
        self._numbers = itertools.count(1)
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._url = ""
        self._stack = ExitStack()

    def questions(self) -> list[Question]:
        """Return the tasks as questions; the answer of a task is known where it has one in text."""
        return [_question(name, task.data) for name, task in self.tasks.items()]

    def begin(self, question: Question) -> tuple[Talk, str]:
        """Begin a task's episode; return it, and what the model is asked first."""
        self._serve()
        name = f"player-{next(self._numbers)}"
        talk = self._talks[name] = Talk()
        client = self._vf.EvalClientConfig(base_url=self._url, api_key_var="HOPGYM_NO_KEY")
        context = self._vf.ModelContext(model=name, client=client)
        (slot,) = self.env.slots(self.tasks[question.id])
        talk.watch(self._run(self.env.run_slot(slot, context)))
        return talk, talk.first()

    def _serve(self) -> None:
        with self._lock:
            if self._loop is not None:
                return
            loop = asyncio.new_event_loop()
            Thread(target=loop.run_forever, daemon=True).start()
            self._url = self._stack.enter_context(chat_server(self._asked))
            self._loop = loop
            self._serving = self.env.serving()
            self._run(self._serving.__aenter__()).result(_WAIT)

    def _run(self, work: Coroutine[Any, Any, Any]) -> Any:
        assert self._loop is not None
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _asked(self, request: Mapping[str, Any]) -> str:
        if request.get("tools"):
            raise EnvError("It offers tools, and is played in text here.")
        return self._talks[request["model"]].ask(request["messages"])


class Talk:
    """One episode: what the environment asks, and what the player says."""

    def __init__(self) -> None:
        self._events: SimpleQueue[Any] = SimpleQueue()
        self._replies: SimpleQueue[str] = SimpleQueue()

    def watch(self, future: Any) -> None:
        """Note the end of the episode when it comes."""
        future.add_done_callback(self._events.put)

    def ask(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """Put a request to the player; called from the server's thread."""
        self._events.put(list(messages))
        return self._replies.get(timeout=_WAIT)

    def first(self) -> str:
        """Return what is asked first."""
        asked = self._next()
        if isinstance(asked, list):
            return rendered(asked)
        raise EnvError(f"verifiers asked nothing of its model: {_failure(asked)}")

    def say(self, action: str, score: Callable[[float], float]) -> Turn:
        """Answer; return what is asked next, or the reward.

        Raises:
            EnvError: If the episode failed over there.
        """
        self._replies.put(action)
        told = self._next()
        if isinstance(told, list):
            places = [n for n, each in enumerate(told) if each["role"] == "assistant"]
            return Turn(rendered(told[places[-1] + 1 if places else 0 :]), 0.0, False)
        if told.cancelled() or told.exception() or not told.result().ok:
            raise EnvError(f"The episode failed in verifiers: {_failure(told)}")
        reward = float(told.result().traces[-1].reward)
        return Turn("", reward, True, {"score": score(reward)})

    def _next(self) -> Any:
        try:
            return self._events.get(timeout=_WAIT)
        except Empty:
            raise EnvError(f"verifiers neither asked nor ended within {_WAIT:.0f} s.") from None


def rendered(messages: Sequence[Mapping[str, Any]]) -> str:
    r"""Return messages as text, each under its role.

    >>> rendered([{"role": "user", "content": "Who?"}])
    '[user]\nWho?'
    """
    return "\n\n".join(f"[{each['role']}]\n{_text(each['content'])}" for each in messages)


def _text(content: Any) -> str:
    if isinstance(content, str) or content is None:
        return content or ""
    return "\n".join([str(part.get("text", f"({part.get('type')})")) for part in content])


def _seated(config: Any) -> Any:
    """Let every seat be played in chat, in this process."""
    fields = require("verifiers.v1.configs.agent", "verifiers").agent_config_fields
    vf = require("verifiers.v1", "verifiers")
    harness = vf.default_agent_harness(as_plugin())
    seat = {"harness": harness, "runtime": vf.SubprocessConfig()}
    return config.model_copy(
        update={name: given.model_copy(update=seat) for name, given in fields(config).items()}
    )


def _name(task: Any) -> str:
    return str(task.data.id or task.data.name or task.data.idx)


def _question(name: str, data: Any) -> Question:
    answer = getattr(data, "answer", None)
    text = data.prompt_text or data.description or name
    if isinstance(answer, str) and answer:
        return Question(name, text, (answer,))
    return Question(name, text, ("unknown",), metadata={UNKNOWN: True})


def _failure(future: Any) -> str:
    if future.cancelled() or future.exception():
        return f"{future.exception() if not future.cancelled() else 'cancelled'}"
    episode = future.result()
    errors = [*episode.errors, *(error for trace in episode.traces for error in trace.errors)]
    return (
        "; ".join(f"{each.type}: {each.message}" for each in errors)[:500] or "no error was given"
    )
