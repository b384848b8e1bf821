"""From a record of a data set to a chat: the shapes that chat data is published in.

A chat is `{"messages": [{"role", "content"}, ...]}`, and keeps what else the record says. Knows
records alone; where they come from, `chats` knows.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...errors import DataError, users_code
from ...registry import Registry

Chat = dict[str, Any]
"""`{"messages": [...]}` with whatever else."""

Converter = Callable[[Mapping[str, Any]], Chat]

CONVERTERS: Registry[Chat] = Registry("chat converter", "hopgym datasets")
"""Name to a function from a record to a chat; a user's own is `file.py:NAME`."""

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_ROLES = {"human": "user", "gpt": "assistant", "user": "user", "assistant": "assistant"}
_ASKS = ("prompt", "instruction")
_SAYS = ("completion", "response", "output")


@CONVERTERS.register("messages", "Chats as they are: SmolTalk, UltraChat.")
def from_messages(record: Mapping[str, Any]) -> Chat:
    """Return a chat as it is.

    >>> from_messages({"messages": [{"role": "user", "content": "Who?"}], "id": 1})["id"]
    1
    """
    messages = record["messages"]
    if not isinstance(messages, Sequence) or not all(map(_is_message, messages)):
        raise DataError(
            f"`messages` is {messages!r:.80}; give a list of "
            '{"role": "user", "content": "..."}, each with a role.'
        )
    return {**record, "messages": [dict(message) for message in messages]}


@CONVERTERS.register("sharegpt", "Turns of {from, value}: ShareGPT, Vicuna.")
def from_sharegpt(record: Mapping[str, Any]) -> Chat:
    """Return a chat of turns that say who speaks by `from`.

    >>> from_sharegpt({"conversations": [{"from": "human", "value": "Who?"}]})["messages"]
    [{'role': 'user', 'content': 'Who?'}]
    """
    turns = record["conversations"]
    if not isinstance(turns, Sequence) or not all(isinstance(turn, Mapping) for turn in turns):
        raise DataError(f'`conversations` is {turns!r:.80}; give a list of {{"from", "value"}}.')
    messages = []
    for turn in turns:
        said = str(turn.get("from", turn.get("role", "")))
        content = turn.get("value", turn.get("content"))
        messages.append({"role": _ROLES.get(said, said), "content": content})
    rest = {name: value for name, value in record.items() if name != "conversations"}
    return {**rest, "messages": messages}


@CONVERTERS.register("multiple_choice", "A question with choices: MMLU, ARC, OpenBookQA.")
def from_multiple_choice(record: Mapping[str, Any]) -> Chat:
    r"""Return a chat that asks for the letter of a choice.

    The answer is a place from 0 or a letter; choices are texts, or texts with labels as in ARC.

    >>> record = {"question": "Which is red?", "choices": ["sky", "blood"], "answer": 1}
    >>> print(*(m["content"] for m in from_multiple_choice(record)["messages"]), sep="\n> ")
    Which is red?
    <BLANKLINE>
    A. sky
    B. blood
    <BLANKLINE>
    Answer with the letter alone.
    > B
    """
    choices, labels = _choices(record["choices"])
    letter = LETTERS[_chosen(record, labels)]
    lines = "\n".join(f"{LETTERS[n]}. {choice}" for n, choice in enumerate(choices))
    asked = f"{_stem(record)}\n\n{lines}\n\nAnswer with the letter alone."
    return {**_rest(record), "messages": _pair(asked, letter), "answers": [letter]}


@CONVERTERS.register("prompt", "A prompt and what is said to it: Alpaca, Dolly.")
def from_prompt(record: Mapping[str, Any]) -> Chat:
    r"""Return a chat of a prompt, or an instruction with its input, and its completion.

    >>> from_prompt({"instruction": "Add.", "input": "1 1", "output": "2"})["messages"][0]
    {'role': 'user', 'content': 'Add.\n\n1 1'}
    """
    asked = record[_first(record, _ASKS)]
    said = record[_first(record, _SAYS)]
    given = record.get("input") or record.get("context") or ""
    if not all(isinstance(text, str) for text in (asked, said, given)):
        raise DataError("a prompt, its input and its completion must be texts.")
    used = (*_ASKS, *_SAYS, "input", "context")
    rest = {name: value for name, value in record.items() if name not in used}
    return {**rest, "messages": _pair(f"{asked}\n\n{given}" if given else asked, said)}


def shape_of(record: Mapping[str, Any]) -> str | None:
    """Return which converter reads a record; None where none does.

    >>> shape_of({"messages": []}), shape_of({"text": ""})
    ('messages', None)
    """
    if "messages" in record:
        return "messages"
    if "conversations" in record:
        return "sharegpt"
    if "choices" in record and any(name in record for name in ("question", "question_stem")):
        return "multiple_choice"
    return "prompt" if _first(record, _ASKS) and _first(record, _SAYS) else None


def convert(record: Any, converter: str | Converter | None, where: str) -> Chat:
    """Return the chat of a record.

    Args:
        record: The record.
        converter: The name of a converter, a function, or None to tell it by the record.
        where: Where the record stands, for messages.

    Raises:
        DataError: If the record is none that the converter reads; the message says where.
    """
    if not isinstance(record, Mapping):
        raise DataError(f"{where}: is {record!r:.60}; a record is an object.")
    name = converter or shape_of(record)
    if name is None:
        raise DataError(
            f"{where}: has {', '.join(map(repr, record)) or 'nothing'}, which is no chat. Give "
            f"`messages`, or name a converter: {', '.join(CONVERTERS)}, or file.py:NAME."
        )
    function: Any = CONVERTERS.get(name) if isinstance(name, str) else name
    try:
        with users_code("chat converter", name, DataError):
            return from_messages(function(record))
    except (DataError, KeyError) as error:
        raise DataError(f"{where}: {error}") from error


def _is_message(message: Any) -> bool:
    return isinstance(message, Mapping) and isinstance(message.get("role"), str)


def _first(record: Mapping[str, Any], names: Sequence[str]) -> str:
    return next((name for name in names if name in record), "")


def _pair(asked: str, said: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]


def _stem(record: Mapping[str, Any]) -> str:
    return str(record.get("question", record.get("question_stem")))


def _rest(record: Mapping[str, Any]) -> Chat:
    used = ("question", "question_stem", "choices", "answer", "answerKey")
    return {name: value for name, value in record.items() if name not in used}


def _choices(choices: Any) -> tuple[list[str], list[str]]:
    """Return the choices and what they are labelled by."""
    texts, labels = choices, None
    if isinstance(choices, Mapping):
        texts, labels = choices.get("text"), choices.get("label")
    if not isinstance(texts, Sequence) or isinstance(texts, str) or len(texts) > len(LETTERS):
        raise DataError(f"`choices` is {choices!r:.80}; give a list of at most 26 texts.")
    named = [str(label) for label in labels] if labels is not None else list(LETTERS[: len(texts)])
    return [str(text) for text in texts], named


def _chosen(record: Mapping[str, Any], labels: Sequence[str]) -> int:
    """Return the place of the right choice."""
    given = record.get("answer", record.get("answerKey"))
    place = given if isinstance(given, int) and not isinstance(given, bool) else None
    if place is None and str(given) in labels:
        place = labels.index(str(given))
    if place is None or not 0 <= place < len(labels):
        raise DataError(
            f"the answer is {given!r:.40}; give a place from 0 to {len(labels) - 1} or one of: "
            f"{', '.join(labels)}."
        )
    return place
