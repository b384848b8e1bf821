"""What clients of OpenEnv speak: one episode after the other over a WebSocket.

    {"type": "reset", "data": {"seed": 7}}          {"type": "observation", "data": {"observation": {…},
    {"type": "step", "data": {"action": "…"}}        "reward": 0.5, "done": false}}
    {"type": "state"}                               {"type": "state", "data": {"step_count": 1, …}}
    {"type": "close"}

Facts of openenv-core 0.3.0. `done` is `terminated or truncated`; which of them it was, and the info,
stand in the observation, whose value is under `value`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from ...errors import EpisodeError, HopgymError, require
from .game import Game
from .protocol import Options
from .sessions import FullError

if TYPE_CHECKING:
    from starlette.websockets import WebSocket


class _Message(msgspec.Struct):
    type: Literal["reset", "step", "state", "close"]
    data: dict[str, Any] = msgspec.field(default_factory=dict)


class Talk:
    """One client's conversation; its session ends with it.

    Args:
        game: What is played.
        socket: The client's.
    """

    def __init__(self, game: Game, socket: WebSocket) -> None:
        self._game = game
        self._socket = socket
        self._session = ""
        self._state: dict[str, Any] = {"episode_id": None, "step_count": 0}
        self._gone = require("starlette.websockets", "serve").WebSocketDisconnect
        self._in_thread = require("starlette.concurrency", "serve").run_in_threadpool

    async def run(self) -> None:
        """Answer until the client closes or leaves."""
        await self._socket.accept()
        try:
            self._session = await self._in_thread(self._game.sessions.open)
            while await self._answered():
                pass
        except FullError as error:
            await self._say("error", {"message": str(error), "code": "CAPACITY_REACHED"})
        except self._gone:
            return
        finally:
            if self._session:
                await self._in_thread(self._game.sessions.close, self._session)
        await self._socket.close()

    async def _answered(self) -> bool:
        """Answer one message; return whether there may be another."""
        frame = await self._socket.receive()
        if frame["type"] == "websocket.disconnect":
            raise self._gone(frame.get("code", 1000))
        raw = frame.get("text") or frame.get("bytes") or b""
        try:
            message = msgspec.json.decode(raw, type=_Message)
        except msgspec.ValidationError as error:
            return await self._refuse(str(error), "VALIDATION_ERROR")
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            return await self._refuse(str(error), "INVALID_JSON")
        if message.type == "close":
            return False
        try:
            kind, data = await self._in_thread(self._act, message)
        except msgspec.ValidationError as error:
            return await self._refuse(str(error), "VALIDATION_ERROR")
        except HopgymError as error:
            return await self._refuse(f"{type(error).__name__}: {error}", "EXECUTION_ERROR")
        await self._say(kind, data)
        return True

    def _act(self, message: _Message) -> tuple[str, dict[str, Any]]:
        if message.type == "state":
            return "state", self._state
        if message.type == "reset":
            return "observation", self._reset(message.data)
        if "action" not in message.data:
            raise EpisodeError(
                'A step needs its action: {"type": "step", "data": {"action": ...}}.'
            )
        told = self._game.step(self._session, message.data["action"])
        self._state["step_count"] += 1
        return "observation", _observed(told, told["reward"])

    def _reset(self, data: dict[str, Any]) -> dict[str, Any]:
        seed = msgspec.convert(data.get("seed"), int | None)
        given = {name: data[name] for name in Options.__struct_fields__ if name in data}
        options = msgspec.to_builtins(msgspec.convert(given, Options)) if given else None
        told = self._game.reset(self._session, seed, options)
        self._state = {"episode_id": told["info"].get("question_id"), "step_count": 0}
        return _observed({**told, "terminated": False, "truncated": False}, None)

    async def _refuse(self, message: str, code: str) -> bool:
        await self._say("error", {"message": message, "code": code})
        return True

    async def _say(self, kind: str, data: dict[str, Any]) -> None:
        await self._socket.send_text(msgspec.json.encode({"type": kind, "data": data}).decode())


def _observed(told: dict[str, Any], reward: float | None) -> dict[str, Any]:
    observation = {
        "value": told["observation"],
        "terminated": told["terminated"],
        "truncated": told["truncated"],
        "info": told["info"],
    }
    return {
        "observation": observation,
        "reward": reward,
        "done": told["terminated"] or told["truncated"],
    }
