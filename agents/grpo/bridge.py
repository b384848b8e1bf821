"""The bridge from a hopgym environment to TRL's GRPO trainer: whole episodes, through `rollout_func`.

TRL asks it to play the questions of a batch. It plays them in the environment with the model that
is trained, in the environment's own grammar, and hands over tokens, a mask that leaves out what the
environment wrote, and what each episode was paid. Rewards that follow a schedule are moved to the
trainer's global step before each batch.

    bridge = Bridge("hopgym/DagSearch-v0", questions="world")
    trainer = trl.GRPOTrainer(model, reward_funcs=bridge.reward, rollout_func=bridge,
                              train_dataset=bridge.dataset(), args=...)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...envs.datasets import make_questions
from ...envs.datasets.base import QuestionSet
from ...envs.settings import at_least
from ...errors import AgentError, ConfigError
from ...seeding import rng_for
from ..llm.prompts import Prompts
from ..stream import QuestionStream
from ..training.rollouts import why_nothing
from .batch import Batch
from .player import Path, Player
from .questions import QuestionIndex, question_dataset, question_rows
from .watch import Watch


class Bridge:
    """Plays a trainer's questions; an instance is its `rollout_func`.

    Args:
        env_id: A registered environment that is played in text.
        questions: The question set, or its name.
        split: Its split.
        env_kwargs: The environment's other keyword arguments.
        prompts: How the model is asked.
        max_new_tokens: Tokens of a turn at most.
        context: Tokens that the model reads; None for what it says itself.
        num_envs: Episodes side by side. It changes the speed and nothing else.
        seed: Of all that is sampled; it follows the trainer's global step.
        mask_overlong: Whether nothing is learnt from episodes that were cut.
        resample: How often groups that were all paid the same are replaced by other questions.
        shuffled: Whether each episode is paid what another was: the control of an experiment.
        watch_every: Batches between two looks at how far an update moved the likelihood of the
            better episodes; 0 never.

    Raises:
        ConfigError: If the environment refuses its keywords, or there are no questions.
        UnknownNameError: If there is no such environment.
        AgentError: When a batch is played and nothing of it can be learnt from.
    """

    def __init__(
        self,
        env_id: str = "hopgym/SearchRead-v0",
        *,
        questions: str | QuestionSet = "world",
        split: str = "train",
        env_kwargs: Mapping[str, Any] | None = None,
        prompts: Prompts | None = None,
        max_new_tokens: int = 256,
        context: int | None = None,
        num_envs: int = 64,
        seed: int = 0,
        mask_overlong: bool = True,
        resample: int = 0,
        shuffled: bool = False,
        watch_every: int = 0,
    ) -> None:
        at_least("resample", resample, 0)
        question_set = make_questions(questions)
        self.index = QuestionIndex(question_set, split)
        self.player = Player(
            env_id,
            {**(env_kwargs or {}), "questions": question_set, "split": split},
            self.index.ids[0],
            prompts=prompts or Prompts(),
            max_new_tokens=max_new_tokens,
            context=context,
            num_envs=num_envs,
        )
        self.seed = seed
        self.mask_overlong = mask_overlong
        self.resample = resample
        self.shuffled = shuffled
        self.watch = Watch(watch_every)
        self.figures: dict[str, float] = {}
        """Of the last batch, as `reward` has the trainer log them."""
        self._called: dict[str, tuple[int, int]] = {}

    def dataset(self, count: int | None = None) -> Any:
        """Return questions as TRL's `train_dataset`.

        Args:
            count: So many, as a stream: every question once, in an order that follows the seed,
                before any comes again. With `shuffle_dataset=False` and one that is long enough
                for all steps, a resumed run goes on with the right questions, which TRL's own
                order does not beyond its first epoch. None for each question once.
        """
        if count is None:
            return question_dataset(question_rows(self.index.questions))
        stream = QuestionStream(self.index.ids, self.seed)
        return question_dataset(question_rows(map(self.index.question, stream.part(0, count))))

    def __call__(self, prompts: Sequence[Any], trainer: Any) -> dict[str, Any]:
        """Play the questions of a batch.

        Args:
            prompts: From the column `prompt`, each as often as it is to be sampled.
            trainer: TRL's `GRPOTrainer`.

        Returns:
            What TRL asks of a `rollout_func`, with `env_mask`; and for reward functions
            `question_id`, `question`, `episode_reward` (None where there is no score),
            `episode_terms` and `episode_error`. Where groups were resampled these are right, and
            TRL's own `prompts` are those of the questions that were replaced.
        """
        trains = bool(trainer.model.training)  # TRL may evaluate in between, which updates nothing
        moved = self.watch.after(trainer) if trains else {}
        path = self._path(trainer)
        ids = [self.index.id_of(prompt) for prompt in prompts]
        size = trainer.num_generations if trains else trainer.num_generations_eval
        batch = Batch.of(self.player.play(trainer, ids, path), size)
        if not any(tokens is not None and tokens.whole_turns for _, tokens in batch.rollouts):
            raise AgentError(why_nothing(batch.rollouts))
        flat = batch.flat_share
        resampled = self._resample(batch, trainer, path)
        if self.shuffled:
            batch.shuffle_pays(rng_for(*path, "shuffled"))
        pad = trainer.processing_class.pad_token_id
        rows = batch.rows(pad, mask_overlong=self.mask_overlong)
        if trains and batch.whole:
            self.watch.before(trainer, rows, batch.advantages)
        step = int(trainer.state.global_step)
        weights = self.player.schedule.weights(step) if trains else {}
        self.figures = {
            **batch.figures(),
            **{f"weight/{name}": weight for name, weight in weights.items()},
            **(
                {"zero_variance_groups": flat, "resampled_groups": resampled} if batch.whole else {}
            ),
            **moved,
        }
        told = batch.told(rows, with_logprobs=trainer.use_vllm)
        told["question"] = [self.index.question(id).text for id in told["question_id"]]
        return told

    def reward(
        self,
        episode_reward: Sequence[float | None],
        log_metric: Any = None,
        **columns: Any,
    ) -> list[float | None]:
        """Return what each episode was paid: a reward function for TRL.

        It also has the trainer log the batch's figures, each term of the reward among them.

        Args:
            episode_reward: What the bridge told of each episode.
            log_metric: TRL's hook for figures.
            **columns: All else that TRL gives.
        """
        for name, value in self.figures.items() if log_metric is not None else ():
            if name not in _TRLS:
                log_metric(name, value)
        return list(episode_reward)

    def _path(self, trainer: Any) -> Path:
        """Return what this batch's random numbers follow: no two batches share it."""
        mode, step = "train" if trainer.model.training else "eval", int(trainer.state.global_step)
        last, times = self._called.get(mode, (step, -1))
        times = times + 1 if last == step else 0
        self._called[mode] = (step, times)
        return (self.seed, "grpo", mode, step, times, int(trainer.accelerator.process_index))

    def _resample(self, batch: Batch, trainer: Any, path: Path) -> float:
        """Replace groups that were all paid the same; return the share that was.

        Raises:
            ConfigError: If a group is spread over processes, so that nobody sees all of it.
        """
        if not self.resample or not trainer.model.training:
            return 0.0
        if not batch.whole:
            raise ConfigError(
                f"resample needs whole groups in each process: {len(batch.pays)} episodes are no "
                f"multiple of num_generations, {batch.size}. Change batch_size, or give resample=0."
            )
        times = range(self.resample)
        replaced = sum(self._replaced(batch, trainer, (*path, "resample", n)) for n in times)
        return replaced / (len(batch.pays) // batch.size)

    def _replaced(self, batch: Batch, trainer: Any, path: Path) -> int:
        """Play other questions in the place of flat groups; return how many were of use."""
        flat = batch.flat
        if not flat:
            return 0
        known = self.index.ids
        drawn = rng_for(*path).choice(known, len(flat), replace=len(flat) > len(known))
        ids = [str(id) for id in drawn for _ in range(batch.size)]
        other = Batch.of(self.player.play(trainer, ids, path), batch.size)
        useless = set(other.flat)
        useful = [(place, group) for place, group in enumerate(flat) if place not in useless]
        for place, group in useful:
            batch.replace(group, other, place)
        return len(useful)


_TRLS = ("reward",)
"""Figures that TRL logs itself."""
