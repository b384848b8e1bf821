"""Whether every adapter pays what the environment pays for the same actions."""
