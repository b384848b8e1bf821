"""A batch of chats, asked side by side: texts come back, or why there is none.

Slots, retries, waits, timeouts and the budget are those of the judges' session. What differs: a
reply is taken as it stands, whatever it says and however it ended, for it is the model's own; and
equal chats are asked one by one, for at a temperature they are different samples.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from ...rewards.judges.client import Answer
from ...rewards.judges.failures import UnjudgedError, Why
from ...rewards.judges.prompts import Request
from ...rewards.judges.session import Session
from .chat import Chat

Reply = str | UnjudgedError
"""What the model wrote, or the failure of infrastructure that took its place."""


class ChatSession(Session):
    """See the module."""

    async def ask_all(self, chats: Sequence[Chat]) -> list[Reply]:
        """Return the replies, in order.

        Raises:
            SetupError: If the server refuses what every chat needs; the others are given up.
        """
        replies: dict[int, Reply] = {}
        errors: list[Exception] = []
        group = self._anyio.create_task_group()

        async def one(place: int, chat: Chat) -> None:
            try:
                replies[place] = await self._reply(chat)
            except UnjudgedError as error:
                replies[place] = error
            except Exception as error:  # told below, as it is: not in a group of one
                errors.append(error)
                group.cancel_scope.cancel()

        async with group:
            for place, chat in enumerate(chats):
                group.start_soon(one, place, chat)
        if errors:
            raise errors[0]
        failed = sum(isinstance(reply, UnjudgedError) for reply in replies.values())
        self.budget.claims(len(chats), cached=0, unscored=failed)
        return [replies[place] for place in range(len(chats))]

    async def _reply(self, chat: Chat) -> str:
        """Ask until a reply comes that has a text, be it an empty one."""
        request = cast("Request[Any]", chat)  # it has what is read of one
        async with self._slots:
            for ask in range(self.manner.reasks + 1):
                answer = await self._answer(request, again=ask > 0)
                if (lacking := _lacking(answer)) is None:
                    return answer.text
        raise UnjudgedError(Why.MALFORMED, f"{lacking} (asked {ask + 1} times)")


def _lacking(answer: Answer) -> str | None:
    """Say why an answer holds no reply; None if it does: a cut-off or filtered one is one, too.

    >>> _lacking(Answer("", spoilt=(Why.CUT_OFF, "length"))), _lacking(Answer("Step 1:"))
    (None, None)
    >>> _lacking(Answer("", spoilt=(Why.MALFORMED, "0 choices instead of one")))
    '0 choices instead of one'
    """
    why, detail = answer.spoilt or (None, "")
    return detail if why is Why.MALFORMED else None
