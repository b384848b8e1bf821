"""An environment that is played over HTTP: `hopgym serve env` on the other side.

It has the spaces, observations, rewards and infos of the environment that is served. What fails
over there raises here what it would have raised in this process.
"""

from __future__ import annotations

import json
import os
from typing import Any

import gymnasium

from .. import errors
from ..errors import ConfigError, EnvError, HopgymError, require
from ..retrieval.remote import is_local
from .server.wire import read_info, read_space, read_value, write_value

_WAIT = 10.0
"""Seconds for connecting; a step may take as long as its retriever and judge do."""


class RemoteEnv(gymnasium.Env[Any, Any]):
    """A session with a server.

    Args:
        url: The server's, as `hopgym serve env` prints it.
        token_env: The environment variable that holds its token, if it wants one.
        timeout: Seconds for an answer.

    Raises:
        ConfigError: If the server wants a token and gets none, or another one.
        EnvError: If it cannot be reached, or what answers is no environment of hopgym's.
        MissingExtraError: If httpx is not installed.
    """

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012 (Gymnasium's own annotation)

    def __init__(self, url: str, *, token_env: str | None = None, timeout: float = 120.0) -> None:
        self._httpx = require("httpx", "serve")
        self.url = url.rstrip("/")
        headers = {}
        if token_env is not None:
            headers["Authorization"] = f"Bearer {os.environ.get(token_env, '')}"
        wait = self._httpx.Timeout(timeout, connect=_WAIT)
        local = is_local(self.url)
        self._client = self._httpx.Client(
            base_url=self.url,
            headers=headers,
            timeout=wait,
            trust_env=not local,  # a proxy leads away from this machine
        )
        self._session = ""
        try:
            told = self._ask("GET", "/info")
            self.env_id = str(told["env_id"])
            self.observation_space = read_space(told["observation_space"])
            self.action_space = read_space(told["action_space"])
            self._session = self._ask("POST", "/sessions", {})["session"]
        except (KeyError, TypeError) as error:
            self._client.close()
            raise EnvError(f"What answers at {self.url} is no environment of hopgym's.") from error
        except BaseException:
            self._client.close()
            raise

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode; `seed` and `options` are those of the environment that is served."""
        super().reset(seed=seed)
        asked = {"session": self._session, "seed": seed, "options": options}
        told = self._ask("POST", "/reset", asked)
        return read_value(self.observation_space, told["observation"]), read_info(told["info"])

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Take one action.

        Raises:
            RetrievalError: If the retriever over there failed.
            RewardError: If the reward could not score the step.
            EpisodeError: If the episode is over or was never begun.
            EnvError: If the server cannot be reached.
        """
        asked = {"session": self._session, "action": write_value(self.action_space, action)}
        told = self._ask("POST", "/step", asked)
        return (
            read_value(self.observation_space, told["observation"]),
            float(told["reward"]),
            told["terminated"],
            told["truncated"],
            read_info(told["info"]),
        )

    def close(self) -> None:
        """Close the session, if the server is still there."""
        if self._session and not self._client.is_closed:
            try:
                self._ask("POST", "/close", {"session": self._session})
            except HopgymError:
                pass  # it ends by itself when it has lain idle
            finally:
                self._client.close()

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        try:
            # as ASCII: what no UTF-8 can hold is refused over there, by its name
            content = None if body is None else json.dumps(body)
            answer = self._client.request(method, path, content=content)
            told = answer.json()
        except (self._httpx.HTTPError, ValueError) as error:
            raise EnvError(
                f"The environment at {self.url} gave no answer ({type(error).__name__}: {error}). Is "
                "`hopgym serve env` running there?"
            ) from error
        if answer.is_success:
            return told
        raise self._failure(answer.status_code, told)

    def _failure(self, status: int, told: Any) -> HopgymError:
        """Return the exception that a refusal stands for."""
        detail = str(told.get("detail", told) if isinstance(told, dict) else told)[:500]
        if status in (401, 403):
            return ConfigError(f"{self.url} refused: {detail} Name its variable: token_env=NAME.")
        name = str(told.get("error", "")) if isinstance(told, dict) else ""
        kind = getattr(errors, name, None)
        known = isinstance(kind, type) and issubclass(kind, HopgymError)
        made: HopgymError = (kind if known else EnvError)(detail)  # type: ignore[misc]
        return made
