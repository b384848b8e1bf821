"""An agent that is a language model behind an API: all that `openai` and `gemini` share.

It is asked anew in every turn and remembers nothing: the grammar's instructions are the system
message, the transcript is the user's. All episodes of a batch are asked side by side, on the
judges' loop in the background. What the model says is the action, be it nothing; what kept it from
saying anything is an error of that episode and never an action.
"""

from __future__ import annotations

import os
import weakref
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from ...errors import AgentError
from ...files import fingerprint
from ...rewards.judges import loop
from ...rewards.judges.budget import Budget, Usage
from ...rewards.judges.client import Client
from ...rewards.judges.failures import SetupError, UnjudgedError
from ...rewards.judges.session import Manner
from ..base import Info, UnansweredError
from ..llm.prompts import grammar_in, stop_of
from .chat import MOST_STOPS, Chat, Role
from .session import ChatSession, Reply
from .settings import APISettings


class APIError(AgentError):
    """A model behind an API that gave no reply, whatever was tried."""


@dataclass(slots=True)
class _Life:
    """What an agent is beside its settings."""

    budget: Budget
    session: ChatSession | None = None
    release: weakref.finalize[..., APIAgent] | None = None
    """Closes the session when nobody holds the agent any more."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class APIAgent(APISettings):
    """Plays with a model behind an API; see `APISettings` for what it takes."""

    _life: _Life = field(init=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        object.__setattr__(self, "_life", _Life(Budget(self.max_calls, self.max_tokens)))

    @abstractmethod
    def connect(self) -> Client:
        """Return a client, made on the loop that will use it."""

    @property
    def fingerprint(self) -> str:
        """What tells it from another model or other settings that can change an action."""
        return f"{self.provider}:{self.model}:{fingerprint([self.url, *self.how()])}"

    @property
    def usage(self) -> Usage:
        """What was asked and spent so far, in this process; its claims are turns."""
        return self._life.budget.so_far()

    def reset(self, seed: int | None = None) -> None:
        """Nothing is remembered; APIs promise no sampling by seed, so that none is sent."""

    def act(self, observations: Sequence[Any], infos: Sequence[Info]) -> list[Any]:
        """Return the model's action for each observation.

        Raises:
            UnansweredError: If some requests failed for good; it has the other actions.
            AgentError: If the server refuses the key, the model or an option, or an observation is
                no text.
        """
        chats = [self._chat(*turn) for turn in zip(observations, infos, strict=True)]
        replies = self._replies(chats) if chats else []
        actions = [
            stop_of(info).cut(reply) if isinstance(reply, str) else self._failure(reply)
            for reply, info in zip(replies, infos, strict=True)
        ]
        if any(isinstance(action, APIError) for action in actions):
            raise UnansweredError(actions)
        return actions

    def close(self) -> None:
        """Let go of connections; the next turn opens new ones. Not while another thread plays."""
        session, self._life.session = self._life.session, None
        if session is not None:
            loop.close_now(session, wait=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.model!r}, {self.url!r}, {self.usage})"

    def _chat(self, observation: Any, info: Info) -> Chat:
        if not isinstance(observation, str):
            raise AgentError(
                f"A language model plays in text, and this observation is a "
                f"{type(observation).__name__}. Ask the environment for text observations."
            )
        grammar = grammar_in(info)
        system = self.system or (grammar.instructions if grammar else None)
        if system is None:
            raise AgentError(
                f"The agent {self.name!r} does not know the rules: this environment's infos name "
                "no grammar. Tell them by its option `system`."
            )
        stop = stop_of(info)
        # An API leaves out the string it stopped at. Where that belongs to the action, nobody could
        # tell whether the model wrote it; then the action is cut here alone.
        sent = stop.strings[:MOST_STOPS] if self.stop and not stop.keep else ()
        return Chat(Role(system), observation, sent)

    def _replies(self, chats: Sequence[Chat]) -> list[Reply]:
        try:
            return loop.run(self._ask, chats)
        except SetupError as error:
            refused = AgentError(_reworded(error))
        raise refused

    async def _ask(self, chats: Sequence[Chat]) -> list[Reply]:
        """On the loop's thread alone, so that two threads cannot open two sessions."""
        session = self._life.session
        if session is None or session.process != os.getpid():
            if session is not None:
                _abandoned.append(session)
            session = self._life.session = self._opened()
        return await session.ask_all(chats)

    def _opened(self) -> ChatSession:
        manner = Manner(
            self.concurrency,
            self.timeout,
            self.retries,
            self.reasks,
            self.backoff,
            self.longest_wait,
            fenced=False,
        )
        session = ChatSession(self.connect(), manner, self._life.budget, None, self.fingerprint)
        loop.close_at_end(session, session.close)
        if self._life.release is not None:
            self._life.release.detach()
        self._life.release = weakref.finalize(self, loop.close_now, session, wait=False)
        self._life.release.atexit = False  # the loop closes what is left then
        return session

    def _failure(self, error: UnjudgedError) -> APIError:
        return APIError(f"The model {self.model!r} at {self.url} gave no reply: {_reworded(error)}")


_abandoned: list[ChatSession] = []
"""What a fork inherited: not used in the child, nor closed, for it shares the parent's sockets."""


def _reworded(error: Exception) -> str:
    """Return what the judges' parts say of a failure, said of an agent."""
    said = str(error).replace("The judge at ", "The API at ", 1)
    return said.replace("the judge's options", "the agent's options")
