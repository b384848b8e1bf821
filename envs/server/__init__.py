"""Environments over HTTP: `hopgym serve env`, and OpenEnv's protocol beside it."""

from .limits import EnvLimits
from .run import running, serve

__all__ = ["EnvLimits", "running", "serve"]
