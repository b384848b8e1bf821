"""The adapters, each as a function that plays scripts through it.

What comes back is a pair for each episode: what the environment itself pays for the actions, and what
came through the adapter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from importlib.util import find_spec
from typing import Any, NamedTuple, cast

from ...agents.grpo.tools import TOOLS, episode_of, tool_environment
from ...core import Trajectory
from ...envs.grammars import Move, ParseError, grammar_of
from ...envs.remote import RemoteEnv
from ...envs.server import running
from ...envs.server.wire import write_value
from ...envs.spaces import UnicodeText
from ...errors import EpisodeError, require
from .scripts import Game, Script, begin, play_script


class Pair(NamedTuple):
    """The returns of one episode."""

    here: float
    there: float


Door = Callable[[Game, Sequence[Script]], list[Pair]]


def over_http(game: Game, scripts: Sequence[Script]) -> list[Pair]:
    """Play through `hopgym serve env` and `RemoteEnv`."""
    with running(game.env_id, game.keywords) as url, closing(RemoteEnv(url)) as env:
        return [Pair(s.reward, play_script(env, s.job, s.actions).reward) for s in scripts]


def over_openenv(game: Game, scripts: Sequence[Script]) -> list[Pair]:
    """Play through the WebSocket of OpenEnv's clients."""
    connect = require("websockets.sync.client", "serve").connect
    space = game.make().action_space
    pairs = []
    with running(game.env_id, game.keywords) as url:
        address = url.replace("http://", "ws://") + "/ws"
        with connect(address, proxy=None, max_size=None) as socket:
            for script in scripts:
                job = script.job
                _say(socket, "reset", {"seed": job.seed, "question_id": job.question_id})
                paid = 0.0
                for place, action in enumerate(script.actions, 1):
                    told = _say(socket, "step", {"action": write_value(space, action)})
                    paid += told["reward"]
                    if told["done"] != (place == len(script.actions)):
                        raise EpisodeError(f"The episode of {job} ended at another place.")
                pairs.append(Pair(script.reward, paid))
    return pairs


def over_trl(game: Game, scripts: Sequence[Script]) -> list[Pair]:
    """Play through the tools of TRL's `environment_factory`.

    A tool writes an action without the agent's thoughts, so the actions that the tools wrote are what
    the environment itself is given.
    """
    make = tool_environment(
        game.env_id, game.kwargs, questions=game.questions, split=game.split, seed=0
    )
    env, tools = game.make(), make()
    pairs = []
    for script in scripts:
        info = begin(env, script.job).info
        tools.reset(question_id=script.job.question_id)
        for place, action in enumerate(script.actions, 1):
            name, arguments = call_of(info, action, place)
            getattr(tools, name)(**arguments)
        paid = tools.get_reward()
        written = [step.action for step in cast("Trajectory", episode_of(tools).trajectory).steps]
        here = play_script(env, script.job._replace(seed=0), written).reward
        pairs.append(Pair(here, cast("float", paid)))
    return pairs


def over_verifiers(game: Game, scripts: Sequence[Script]) -> list[Pair]:
    """Play as a model that verifiers asks over HTTP, and take the reward of its traces."""
    from .verified import play

    return [
        Pair(script.reward, paid) for script, paid in zip(scripts, play(game, scripts), strict=True)
    ]


DOORS: Mapping[str, Door] = {
    "HTTP (RemoteEnv)": over_http,
    "OpenEnv (/ws)": over_openenv,
    "TRL (tools)": over_trl,
    "verifiers": over_verifiers,
}


def doors_of(game: Game) -> dict[str, Door]:
    """Return the adapters that a game can be played through, of those that are installed."""
    shut = set()
    if game.env_id not in TOOLS:
        shut.add("TRL (tools)")
    if find_spec("verifiers") is None or not isinstance(game.make().action_space, UnicodeText):
        shut.add("verifiers")
    if find_spec("fastapi") is None or find_spec("websockets") is None:
        shut |= {"HTTP (RemoteEnv)", "OpenEnv (/ws)"}
    return {name: door for name, door in DOORS.items() if name not in shut}


def call_of(info: Mapping[str, Any], action: str, turn: int) -> tuple[str, dict[str, Any]]:
    """Return the tool call that says what an action in text says; what cannot be read asks nothing.

    Args:
        info: What the info says of the grammar.
        action: The action.
        turn: In which turn it is, at most.
    """
    grammar: Any = grammar_of(info)
    plans = hasattr(grammar, "parse_turn")
    read = [
        grammar.parse_turn(action, "either") if plans else grammar.parse(action, number)
        for number in range(turn, 0, -1)  # after an action that was refused, it is an earlier turn
    ]
    move: Move | ParseError = next((each for each in read if isinstance(each, Move)), read[0])
    if isinstance(move, ParseError):
        return "search", {"nodes": [""]} if plans else {"query": ""}
    if move.kind == "answer":
        return "answer", {"answer": move.text}
    if move.plan is None:
        return "search", {"query": move.text}
    return "search", {
        "nodes": [f"{node.label}: {node.query} ({node.tool})" for node in move.plan.nodes],
        "edges": [f"{parent} -> {child}" for parent, child in move.plan.edges],
    }


def _say(socket: Any, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    socket.send(json.dumps({"type": kind, "data": data}))
    told = json.loads(socket.recv())
    if told["type"] == "error":
        raise EpisodeError(f"OpenEnv's door refused: {told['data']}")
    return cast("dict[str, Any]", told["data"])
