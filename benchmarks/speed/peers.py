"""The same episodes in another framework, run by that framework's own Python.

A stand-alone script: it imports nothing of hopgym, so that each framework can live in an
environment of its own. The job comes as one line of JSON; every further line asks for one round,
which is answered by one line of JSON. `peer_process` is the other end.

Each framework plays through its own environment and search tool; only the call that would leave
the process is replaced by a local function. Where a framework has no environment that searches
(TextArena, OpenEnv), the smallest one is written on its own base classes.

    PYTHON_OF_THE_FRAMEWORK peers.py {gem,skyrl,textarena,openenv}
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Job = dict[str, Any]
Find = Callable[[str], list[dict[str, Any]]]
"""From a query to its hits, in the shape of Search-R1's server."""
Play = Callable[[], int]
"""Plays one episode in each sub-environment and returns how many steps that took."""
Side = tuple[str, int, Play]
"""What it is called, its sub-environments, and how it plays."""


def clocked(play: Play, times: int) -> tuple[int, float, float]:
    """Play some times; return the steps taken, CPU seconds and wall seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    steps = sum(play() for _ in range(times))
    return steps, time.process_time() - cpu, time.perf_counter() - wall


def times_for(play: Play, seconds: float) -> int:
    """Warm up, and return how often to play to fill about that many seconds."""
    times = 1
    while True:
        spent = clocked(play, times)[2]
        if spent >= seconds / 4 or times >= 1 << 16:
            return max(1, round(times * seconds / max(spent, 1e-9)))
        times *= 2


def one_by_one(
    job: Job, begin: Callable[[str, str], Any], step: Callable[[Any, str], bool]
) -> Play:
    """Play episode after episode; `begin` takes question and answer, `step` says if it is over."""
    asked = itertools.cycle(job["questions"])
    played = itertools.cycle(job["episodes"])

    def play() -> int:
        question = next(asked)
        env = begin(question["question"], question["answer"])
        actions = next(played)
        ended = [step(env, action) for action in actions]
        if ended != [False] * (len(actions) - 1) + [True]:
            raise RuntimeError(f"the episode did not end with its answer: {ended}")
        return len(actions)

    return play


def find_nothing(query: str) -> list[dict[str, Any]]:
    """Search a corpus that is always empty."""
    return []


def bm25(job: Job) -> Find | None:
    """Index the job's documents with bm25s, or return None where it is not installed."""
    try:
        import bm25s
        import Stemmer
    except ImportError:
        return None
    if not job["documents"]:
        return None
    how = job["tokenize"] | {"stemmer": Stemmer.Stemmer(job["stemmer"]), "show_progress": False}
    index = bm25s.BM25(**job["bm25"], backend="numpy")
    index.index(bm25s.tokenize(job["documents"], **how), show_progress=False)
    contents = [{"document": {"contents": text}} for text in job["documents"]]

    def find(query: str) -> list[dict[str, Any]]:
        terms = bm25s.tokenize([query], **how)
        best, _ = index.retrieve(terms, k=job["k"], show_progress=False, n_threads=1)
        return [contents[int(position)] for position in best[0]]

    return find


def gem(job: Job, find: Find) -> Iterator[Side]:
    """GEM: `QaEnv` in a `ToolEnvWrapper` with the `SearchTool`, one and eight in its vector env.

    Alone it returns the new text only; its recipes add a wrapper that returns the transcript.
    """
    from datasets import Dataset
    from gem.envs.qa_env import QaEnv
    from gem.tools.search_tool import SearchTool
    from gem.tools.tool_env_wrapper import ToolEnvWrapper
    from gem.vector.sync_vector_env import SyncVectorEnv
    from gem.wrappers.observation_wrapper import ObservationWrapper

    def make() -> Any:
        tool = SearchTool(topk=job["k"])
        tool._search = lambda query: tool._passages2string(find(query))
        return ToolEnvWrapper(QaEnv(dataset=data, load_from_cache_file=False), tools=[tool])

    def single(env: Any) -> Play:
        def begin(question: str, answer: str) -> Any:  # its data set deals its questions itself
            env.reset()
            return env

        return one_by_one(job, begin, lambda env, text: env.step(text)[2])

    data = Dataset.from_list(job["questions"])
    yield "GEM QaEnv + SearchTool", 1, single(make())
    concatenated = ObservationWrapper(make(), include_action=True, include_chat_template=False)
    yield "GEM, with its transcript wrapper", 1, single(concatenated)
    vector = SyncVectorEnv(["qa"] * 8, [make] * 8)
    vector.reset()
    yield "GEM SyncVectorEnv", 8, _in_step(job, vector, 8)


def _in_step(job: Job, vector: Any, count: int) -> Play:
    """Play an episode in every sub-environment of a vector env that resets by itself."""
    played = itertools.cycle(job["episodes"])

    def play() -> int:
        actions = list(zip(*(next(played) for _ in range(count)), strict=True))
        ended = [bool(vector.step(list(texts))[2].all()) for texts in actions]
        if ended != [False] * (len(actions) - 1) + [True]:
            raise RuntimeError(f"the episodes did not end with their answers: {ended}")
        return count * len(actions)

    return play


def skyrl(job: Job, find: Find) -> Iterator[Side]:
    """SkyRL-gym: its `search` environment, made anew for each episode, as it has no reset."""
    import skyrl_gym
    from skyrl_gym.envs.search.env import SearchEnvConfig
    from skyrl_gym.tools import search

    def call(retrieval_service_url: str, query: str, **_: Any) -> tuple[Any, None]:
        hits = find(query)
        return {"result": [hits] if hits else []}, None

    def begin(question: str, answer: str) -> Any:
        truth = {"reward_spec": {"ground_truth": {"target": [answer]}}, "max_turns": 5}
        env = skyrl_gym.make("search", env_config=SearchEnvConfig(topk=job["k"]), extras=truth)
        env.init([{"role": "user", "content": question}])
        search.call_search_api = call
        return env

    yield "SkyRL-gym search", 1, one_by_one(job, begin, lambda env, text: env.step(text)["done"])


def textarena(job: Job, find: Find) -> Iterator[Side]:
    """TextArena: a one-player game on its state and its LLM wrapper, made for each episode.

    The wrapper never forgets what it observed, so that an environment must not be played twice.
    """
    import textarena as ta

    class SearchAndAnswer(ta.Env):  # type: ignore[misc]
        def __init__(self, question: str, answer: str) -> None:
            self.question, self.answer = question, answer

        def reset(self, num_players: int, seed: int | None = None) -> None:
            self.state = ta.SinglePlayerState(num_players=num_players, seed=seed, max_turns=5)
            self.state.reset({}, lambda player_id, game_state: self.question)

        def step(self, action: str) -> Any:
            kind = ta.ObservationType
            self.state.add_observation(action, kind.PLAYER_ACTION, from_id=0)
            query, answer = tagged("search", action), tagged("answer", action)
            if query is not None:
                self.state.add_observation(informed(find(query)), kind.GAME_MESSAGE)
            else:
                self.state.set_outcome(reward=float(answer == self.answer))
            return self.state.step()

    def begin(question: str, answer: str) -> Any:
        env = ta.make(name, question=question, answer=answer)
        env.reset(num_players=1)
        env.get_observation()
        return env

    def step(env: Any, action: str) -> bool:
        done, _ = env.step(action)
        if done:
            env.close()
        else:
            env.get_observation()
        return bool(done)

    name = f"SearchAndAnswer-{find.__name__}"
    wrappers = [ta.wrappers.LLMObservationWrapper]
    ta.envs.registration.register(name, SearchAndAnswer, wrappers)
    yield "TextArena game", 1, one_by_one(job, begin, step)


def openenv(job: Job, find: Find) -> Iterator[Side]:
    """OpenEnv: a small environment on its base classes, called directly and over its WebSocket.

    Client and server share this process, so that the CPU seconds of both are counted.
    """
    from openenv.core.env_server.interfaces import Environment  # type: ignore[import-not-found,unused-ignore]
    from openenv.core.env_server.types import Action, Observation, State  # type: ignore[import-not-found,unused-ignore]

    class Text(Action):  # type: ignore[misc]
        text: str

    class Shown(Observation):  # type: ignore[misc]
        text: str

    class SearchAndAnswer(Environment):  # type: ignore[misc]
        def reset(self, seed: Any = None, episode_id: Any = None, **asked: str) -> Any:
            self.answer = asked["answer"]
            return Shown(text=asked["question"])

        def step(self, action: Any, timeout_s: float | None = None, **_: Any) -> Any:
            query, answer = tagged("search", action.text), tagged("answer", action.text)
            if query is not None:
                return Shown(text=informed(find(query)), reward=0.0)
            return Shown(text="", reward=float(answer == self.answer), done=True)

        @property
        def state(self) -> Any:
            return State()

    env = SearchAndAnswer()

    def begin(question: str, answer: str) -> Any:
        env.reset(question=question, answer=answer)
        return env

    def begin_remote(question: str, answer: str) -> Any:
        client.reset(question=question, answer=answer)
        return client

    yield (
        "OpenEnv, in process",
        1,
        one_by_one(job, begin, lambda env, text: env.step(Text(text=text)).done),
    )
    client = _served(SearchAndAnswer, Text, Shown)
    yield (
        "OpenEnv, WebSocket",
        1,
        one_by_one(job, begin_remote, lambda env, text: env.step({"text": text}).done),
    )


def _served(env: Any, action: Any, observation: Any) -> Any:
    """Serve an environment on a free port of this machine and return a connected client."""
    import uvicorn  # type: ignore[import-not-found,unused-ignore]
    from openenv.core.env_server.http_server import create_fastapi_app  # type: ignore[import-not-found,unused-ignore]
    from openenv.core.generic_client import GenericEnvClient  # type: ignore[import-not-found,unused-ignore]

    app = create_fastapi_app(env, action, observation)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    threading.Thread(target=server.run, daemon=True).start()
    until = time.monotonic() + 30
    while not server.started:
        if time.monotonic() > until:
            raise RuntimeError("the OpenEnv server did not start within 30 seconds")
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    client = GenericEnvClient(base_url=f"http://127.0.0.1:{port}").sync()
    client.connect()
    return client


def tagged(tag: str, action: str) -> str | None:
    """Return what stands between two tags, or None.

    >>> tagged("search", "<think>so</think><search> who </search>")
    'who'
    """
    _, opened, rest = action.partition(f"<{tag}>")
    inside, closed, _ = rest.partition(f"</{tag}>")
    return inside.strip() if opened and closed else None


def informed(hits: Sequence[dict[str, Any]]) -> str:
    """Write hits as the tools of Search-R1's line do."""
    lines = [f"Doc {n}: {hit['document']['contents']}\n" for n, hit in enumerate(hits, 1)]
    return f"\n<information>{''.join(lines)}</information>\n"


PEERS: dict[str, Callable[[Job, Find], Iterator[Side]]] = {
    "gem": gem,
    "skyrl": skyrl,
    "textarena": textarena,
    "openenv": openenv,
}


def rounds(peer: str, job: Job, asked: Iterator[str]) -> Iterator[dict[str, Any]]:
    """Yield first what will be timed, then the costs of one round for each line asked."""
    sides = [("null", *side) for side in PEERS[peer](job, find_nothing)]
    found = bm25(job)
    if found is not None:
        sides += [("bm25", *side) for side in PEERS[peer](job, found)]
    plays = [(play, times_for(play, job["seconds"])) for *_, play in sides]
    yield {"sides": [{"search": s, "name": name, "envs": envs} for s, name, envs, _ in sides]}
    for _ in asked:
        yield {"costs": [clocked(play, times) for play, times in plays]}


def main() -> None:
    """Speak with the other end over standard input and output."""
    sys.path.pop(0)  # this folder, whose modules must not be taken for a framework's
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a framework prints must not mix with the answers
    try:
        job = json.loads(sys.stdin.readline())
        for answer in rounds(sys.argv[1], job, iter(sys.stdin.readline, "")):
            print(json.dumps(answer), file=answers, flush=True)
    except Exception as error:  # reported to the other end, which shows it in a row of its own
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), file=answers, flush=True)
    os._exit(0)  # do not wait for the threads of servers


if __name__ == "__main__":
    main()
