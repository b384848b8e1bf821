"""What a language model is shown of an episode: plain text, or its tokenizer's chat template.

The model continues the transcript: where the environment writes something before each action (the
line break of `r3`), the prompt ends with it. Knows grammars and infos, and no model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, NamedTuple, get_args

from ...envs.grammars import Grammar, grammar_of
from ...errors import AgentError, ConfigError, require
from .codec import TextCodec
from .stops import Stop

Style = Literal["plain", "chat", "chat_whole"]

_OPENED = re.compile(r"<think>\s*\Z")

_SYSTEM, _USER = "@@the system's message@@", "@@the user's message@@"


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """How a model is asked.

    `"plain"` shows the observation as it is. `"chat"` puts what the episode began with into the
    user's message; all that follows, the environment's replies too, stands in the assistant's, so
    that one episode is one row of tokens (as Search-R1 trains, arXiv 2503.09516). `"chat_whole"`
    sends the whole observation anew as the user's message in every turn (as R3-RAG's published
    models expect, arXiv 2505.23794); an episode is then no single row, and cannot be trained on.

    Raises:
        ConfigError: If there is no such style.
    """

    style: Style = "plain"
    instructions: bool | None = None
    """Whether the grammar's instructions are shown: in front, or as the system's message. None
    shows them in chats alone."""

    def __post_init__(self) -> None:
        """Refuse a style that there is not."""
        if self.style not in get_args(Style):
            raise ConfigError(
                f"The prompt's style is {self.style!r}; it may be {', '.join(get_args(Style))}."
            )
        if not isinstance(self.instructions, bool | None):
            raise ConfigError(f"instructions is {self.instructions!r}; it may be true or false.")

    @property
    def shows_instructions(self) -> bool:
        """Whether the grammar's instructions are shown."""
        return self.style != "plain" if self.instructions is None else self.instructions


class Template(NamedTuple):
    """A chat with one message of the user, as tokens around what is filled in."""

    before: list[int]
    between: list[int] | None
    """Between the system's message and the user's; None where there is no system's message."""
    after: list[int]
    opened: str = ""
    """What the template itself begins the assistant's message with: `<think>`, where it does."""


class PromptEncoder:
    """Turns observations into prompts, in tokens.

    Args:
        tokenizer: A tokenizer of the library transformers.
        prompts: How the model is asked.

    Raises:
        ConfigError: If a chat is asked for and the tokenizer has no chat template.
    """

    def __init__(self, tokenizer: Any, prompts: Prompts | None = None) -> None:
        self.prompts = prompts or Prompts()
        self.codec = TextCodec(tokenizer)
        self._tokenizer = tokenizer
        if self.prompts.style != "plain" and not tokenizer.chat_template:
            raise ConfigError(
                f"The prompt's style is {self.prompts.style!r}, and this model's tokenizer has no "
                "chat template. Take prompt=plain, or a model that was made for chats."
            )

    def prompt(self, observation: Any, info: Mapping[str, Any]) -> list[int]:
        """Return the prompt of a turn.

        Raises:
            AgentError: If the observation is no text.
        """
        if not isinstance(observation, str):
            raise AgentError(
                f"A language model plays in text, and this observation is a "
                f"{type(observation).__name__}. Ask the environment for text observations."
            )
        grammar = grammar_in(info)
        rules = grammar.instructions if grammar and self.prompts.shows_instructions else ""
        if self.prompts.style == "plain":
            text = f"{rules}\n\n{observation}" if rules else observation
            return self.codec.bos + self.codec.encode(text + before_action(info))
        asked, rest = self._parted(observation, info, grammar)
        rest = without_opened(rest, self._template(rules).opened)
        return self._chat(rules, asked) + self.codec.encode(rest)

    def begun(self, observation: str, info: Mapping[str, Any]) -> str:
        """Return what stands of the next action already, since the template has written it.

        Templates of models that reason end with `<think>`; it belongs to what the agent says.
        """
        if self.prompts.style == "plain":
            return ""
        grammar = grammar_in(info)
        rules = grammar.instructions if grammar and self.prompts.shows_instructions else ""
        _, rest = self._parted(observation, info, grammar)
        return "" if rest else self._template(rules).opened

    def reply(self, text: str, info: Mapping[str, Any] | None = None) -> list[int]:
        """Return what the environment adds to an episode in tokens.

        Args:
            text: Its reply.
            info: The info of the next turn, if there is one: what stands before its action follows.
        """
        return self.codec.encode(text + (before_action(info) if info is not None else ""))

    def _parted(
        self, observation: str, info: Mapping[str, Any], grammar: Grammar | None
    ) -> tuple[str, str]:
        """Return what the user's message says, and what of the assistant's stands already."""
        opening = opening_of(grammar, observation, info) if grammar else observation
        if self.prompts.style == "chat_whole" or not observation.startswith(opening):
            return observation, ""
        rest = observation[len(opening) :]
        between = before_action(info)
        # The template parts the question from the first action; what the transcript has there goes.
        return opening, rest.removeprefix(between) + between if rest else ""

    def _chat(self, rules: str, asked: str) -> list[int]:
        template, encode = self._template(rules), self.codec.encode
        if rules and template.between is None:
            asked = f"{rules}\n\n{asked}"
        system = encode(rules) + template.between if template.between is not None else []
        return template.before + system + encode(asked) + template.after

    def _template(self, rules: str) -> Template:
        return self._with_system if rules else self._without_system

    @cached_property
    def _with_system(self) -> Template:
        """The template with both messages; with the user's alone where it refuses the other."""
        jinja = require("jinja2", "llm")
        try:
            before, rest = self._rendered(("system", _SYSTEM), ("user", _USER), until=_SYSTEM)
        except jinja.TemplateError:  # some templates know no system's message
            return self._without_system
        between, after = _parted_at(_USER, rest)
        return Template(
            self._control(before), self._control(between), self._control(after), _opened(after)
        )

    @cached_property
    def _without_system(self) -> Template:
        before, after = self._rendered(("user", _USER), until=_USER)
        return Template(self._control(before), None, self._control(after), _opened(after))

    def _rendered(self, *messages: tuple[str, str], until: str) -> tuple[str, str]:
        chat = [{"role": role, "content": content} for role, content in messages]
        text = self._tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True)
        return _parted_at(until, str(text))

    def _control(self, text: str) -> list[int]:
        return self.codec.encode(text, control=True)


def grammar_in(info: Mapping[str, Any]) -> Grammar | None:
    """Return the grammar that an episode is played in; None where the info names none."""
    return grammar_of(info) if "grammar" in info else None


def opening_of(grammar: Grammar, observation: str, info: Mapping[str, Any]) -> str:
    """Return what an episode began with.

    Most grammars know it by the question; one whose opening shows more reads it off the transcript.
    """
    read = getattr(grammar, "read_opening", None)
    return str(
        grammar.opening(str(info.get("question", ""))) if read is None else read(observation)
    )


def before_action(info: Mapping[str, Any]) -> str:
    r"""Return what the environment writes before an action.

    >>> before_action({"grammar": "r3"}), before_action({})
    ('\n', '')
    """
    grammar = grammar_in(info)
    return grammar.before_action() if grammar else ""


def stop_of(info: Mapping[str, Any]) -> Stop:
    """Return what ends a turn.

    >>> stop_of({"grammar": "search_r1"})
    Stop(strings=('</search>', '</answer>'), keep=True)
    """
    grammar = grammar_in(info)
    return Stop(tuple(grammar.stop), grammar.keep_stop) if grammar else Stop()


def without_opened(text: str, opened: str) -> str:
    r"""Return what an agent wrote, or is to write, without what its template has begun for it.

    >>> without_opened("<think>I look.</think>", "<think>\n"), without_opened("I look.", "")
    ('I look.</think>', 'I look.')
    """
    if not opened or text.startswith(opened):
        return text.removeprefix(opened)
    return text.removeprefix(opened.strip())


def _opened(after: str) -> str:
    """Return what of the assistant's message stands at the end of a template."""
    found = _OPENED.search(after)
    return found.group() if found else ""


def _parted_at(mark: str, text: str) -> tuple[str, str]:
    before, found, after = text.partition(mark)
    if not found or mark in after:
        raise ConfigError(
            "This tokenizer's chat template does not show each message once and as it is. "
            "Take prompt=plain."
        )
    return before, after
