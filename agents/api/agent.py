"""An agent that is a language model behind an API: all that `openai` and `gemini` share.

It is asked anew in every turn and remembers nothing: the grammar's instructions are the system
message, the transcript is the user's. All episodes of a batch are asked side by side, on the
judges' loop in the background. What the model says is the action, be it nothing; what kept it from
saying anything is an error of that episode and never an action.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from ...errors import AgentError, ConfigError
from ...files import fingerprint
from ...retrieval.base import check_whole
from ...rewards.judges import loop
from ...rewards.judges.asking import Asking
from ...rewards.judges.failures import SetupError, UnjudgedError
from ..base import Info, UnansweredError
from ..games import check_text
from ..llm.prompts import grammar_in, stop_of
from .chat import MOST_STOPS, Chat, Role
from .session import ChatSession, Reply


class APIError(AgentError):
    """A model behind an API that gave no reply, whatever was tried."""


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class APIAgent(Asking[ChatSession]):
    """Plays with a model behind an API; for the other settings see `Asking`.

    Raises:
        ConfigError: If a setting is not allowed, or the key's variable is not set.
        MissingExtraError: If the client is not installed.
    """

    system: str | None = None
    """The system message; None for the instructions of the grammar that is played."""
    max_new_tokens: int = 1024
    """The most tokens of one action."""
    stop: bool = True
    """Whether stop strings are sent; some models refuse them. Actions are cut there anyway."""
    name: str = field(default_factory=str)  # so that the class has none: its agents' names differ
    """What tables call it; the model's name, usually."""

    provider: ClassVar[str]

    def __post_init__(self) -> None:
        if self.system is not None and (
            not isinstance(self.system, str) or not self.system.strip()
        ):
            raise ConfigError(
                f"system is {self.system!r}; give the text of a system message, or leave it out for "
                "the grammar's instructions."
            )
        check_whole("max_new_tokens", self.max_new_tokens)
        super().__post_init__()
        object.__setattr__(self, "name", self.name or self.model.rpartition("/")[2])

    def who(self) -> tuple[str, str]:
        """Return what messages call it, and its provider."""
        return f"The agent {self.provider!r}", self.provider

    def how(self) -> list[Any]:
        """Return the settings that can change an action."""
        return [self.model, self.system, self.temperature, self.max_new_tokens, self.stop]

    def open(self) -> ChatSession:
        """Return a new session, made on the loop that will use it."""
        return ChatSession(self.connect(), self.manner(), self._life.budget, None, self.fingerprint)

    @property
    def fingerprint(self) -> str:
        """What tells it from another model or other settings that can change an action."""
        return f"{self.provider}:{self.model}:{fingerprint([self.url, *self.how()])}"

    def reset(self, seed: int | None = None) -> None:
        """Nothing is remembered; APIs promise no sampling by seed, so that none is sent."""

    def bind(self, env: Any) -> None:
        """Refuse an environment that shows arrays.

        Raises:
            AgentError: If it does.
        """
        check_text(self, env)

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
        return await self.session().ask_all(chats)

    def _failure(self, error: UnjudgedError) -> APIError:
        return APIError(f"The model {self.model!r} at {self.url} gave no reply: {_reworded(error)}")


def _reworded(error: Exception) -> str:
    """Return what the judges' parts say of a failure, said of an agent."""
    said = str(error).replace("The judge at ", "The API at ", 1)
    return said.replace("the judge's options", "the agent's options")
