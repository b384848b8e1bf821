"""Language models as policies: batched rollouts, in text for playing and in tokens for training.

`generator` is the contract, `transformers_generator` and `vllm_generator` keep it; `prompts` is
what a model is shown, `agent` plays, and `rollout` gives trainers their rows of tokens.
"""

from __future__ import annotations

from .agent import LLMAgent, llm_agent
from .generator import Generation, GenerationWarning, Generator
from .prompts import PromptEncoder, Prompts
from .rollout import TokenRollout, token_rollout
from .sampling import Sampling
from .stops import Stop
from .tokens import TokenEpisode, Turn
from .transformers_generator import TransformersGenerator
from .vllm_generator import VLLMGenerator

__all__ = [
    "Generation",
    "GenerationWarning",
    "Generator",
    "LLMAgent",
    "PromptEncoder",
    "Prompts",
    "Sampling",
    "Stop",
    "TokenEpisode",
    "TokenRollout",
    "TransformersGenerator",
    "Turn",
    "VLLMGenerator",
    "llm_agent",
    "token_rollout",
]
