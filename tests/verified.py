"""Plays tasks in verifiers against a chat server."""

import asyncio

import verifiers.v1 as vf

from hopgym.agents.verifiers.chat_server import chat_server
from hopgym.agents.verifiers.loading import load_environment

WORLD = "world?entities=300&hops=1-2&train=4&dev=2&test=6"


def play(say, count=1, **options):
    """Return the episodes of the first tasks, the model being `say(request)`."""
    env = load_environment(questions=WORLD, split="test", **options)
    with chat_server(say) as url:
        return asyncio.run(_play(env, url, count))


async def _play(env, url, count):
    client = vf.EvalClientConfig(base_url=url, api_key_var="HOPGYM_NO_KEY")
    context = vf.ModelContext(model="fake", client=client)
    async with env.serving():
        slots = [env.slots(task)[0] for task in env.taskset.take(count)]
        return [await env.run_slot(slot, context) for slot in slots]
