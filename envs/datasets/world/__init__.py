"""The synthetic world."""

from .config import WorldConfig
from .world import World
from .write import write_world

__all__ = ["World", "WorldConfig", "write_world"]
