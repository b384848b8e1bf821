"""One environment under attack: its honest play, and what each exploit earns beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from ...agents.rollout import Episode
from ...errors import EnvError, HopgymError, RewardError
from ..stats import mean_interval
from .exploit import Exploit
from .honest import HONEST_WRONG, references
from .matches import Scheme, Target, pay, play, true_score
from .verdicts import Cell, Earned, is_blind, judge_cell

MOST_NOTE = 200


class Reference(NamedTuple):
    """What an honest player earned from a reward."""

    env: str
    reward: str
    player: str
    pay: float
    true: float


class Campaign:
    """One environment: its honest episodes are played once and serve all exploits."""

    def __init__(self, target: Target, schemes: Sequence[Scheme]) -> None:
        self.target = target
        self.schemes = schemes
        players = references(target.game, target.baseline)
        self._played = {name: play(target, agent) for name, agent in players.items()}
        # where one action is the whole episode there is no work that could be left undone
        self._has_work = any(
            one.trajectory is not None and len(one.trajectory.steps) > 1
            for one in self._played[target.baseline]
        )
        self._earned = {
            (scheme.name, name): _earned(target, scheme, episodes)
            for scheme in schemes
            for name, episodes in self._played.items()
        }
        for scheme in schemes:
            self._check(scheme)

    def references(self) -> Iterator[Reference]:
        """Yield what the honest players earned."""
        for (scheme, name), earned in self._earned.items():
            if earned.pay:
                means = (sum(v.values()) / len(v) for v in (earned.pay, earned.true))
                yield Reference(self.target.label, scheme, name, *means)

    def blind(self) -> Iterator[Cell]:
        """Yield a cell for each reward that cannot tell an honest wrong answer from the right one."""
        for scheme in self.schemes:
            right, wrong = (self._earned.get((scheme.name, n)) for n in ("oracle", HONEST_WRONG))
            if right is None or wrong is None or not is_blind(right, wrong):
                continue
            pay = mean_interval(list(wrong.pay.values()), "redteam", "blind", scheme.name)
            base, even = (sum(e.pay.values()) / len(e.pay) for e in (self._base(scheme), right))
            true = sum(wrong.true.values()) / len(wrong.true)
            where = (self.target.label, scheme.name)
            yield Cell(HONEST_WRONG, "honest", *where, "blind", pay, base, true, even)

    def against(self, exploit: Exploit) -> list[Cell]:
        """Play an exploit and return its cell for each reward."""
        try:
            episodes = play(self.target, exploit.make(), exploit.poison)
        except HopgymError as error:
            return [self._failed(exploit, s, "refused", error) for s in self.schemes]
        except Exception as error:  # whatever an action can raise is a finding
            return [self._failed(exploit, s, "crashed", error) for s in self.schemes]
        told = (one.error for one in episodes if one.error)
        broken = next((error for error in told if error.startswith(EnvError.__name__)), None)
        if broken is not None:  # what an action broke in the environment cost its episode alone
            breakdown = EnvError(broken.partition(": ")[2])
            return [self._failed(exploit, s, "crashed", breakdown) for s in self.schemes]
        return [self._cell(exploit, scheme, episodes) for scheme in self.schemes]

    def _cell(self, exploit: Exploit, scheme: Scheme, episodes: Sequence[Episode]) -> Cell:
        path = (exploit.name, self.target.env_id, scheme.name)
        earned = _earned(self.target, scheme, episodes)
        honest = [self._earned[scheme.name, name] for name in self._played]
        baseline = self._base(scheme)
        missing = len(self.target.questions) - len(earned.pay)
        if not set(earned.pay) & set(baseline.pay):
            note = next(iter(earned.lost.values()), "no verdict")
            return Cell(
                exploit.name,
                exploit.family,
                self.target.label,
                scheme.name,
                "unscored",
                unscored=missing,
                note=note[:MOST_NOTE],
            )
        wrong = self._earned.get((scheme.name, HONEST_WRONG))
        verdict, interval, base, even, worst = judge_cell(
            earned,
            baseline,
            honest,
            effort=exploit.work or not (exploit.void or self._has_work),
            reads_gold=exploit.reads_gold,
            wrong=wrong,
            path=path,
        )
        true = sum(earned.true[id] for id in earned.pay) / len(earned.pay)
        found = worst._replace(actions=_actions(episodes, worst.question_id))
        return Cell(
            exploit.name,
            exploit.family,
            self.target.label,
            scheme.name,
            verdict,
            interval,
            base,
            true,
            even,
            missing,
            found,
        )

    def _check(self, scheme: Scheme) -> None:
        """Refuse a reward that has no verdict on honest play: nothing could be said of it."""
        base = self._base(scheme)
        if not base.pay:
            raise RewardError(
                f"The reward {scheme.name!r} has no verdict on any of the {len(base.lost)} episodes "
                f"that {self.target.baseline!r} played in {self.target.label}, so that nothing can be "
                f"compared with them. The first: {next(iter(base.lost.values()), 'none ended')}"
            )

    def _base(self, scheme: Scheme) -> Earned:
        return self._earned[scheme.name, self.target.baseline]

    def _failed(self, exploit: Exploit, scheme: Scheme, verdict: Any, error: Exception) -> Cell:
        note = f"{type(error).__name__}: {error}"[:MOST_NOTE]
        where = (self.target.label, scheme.name)
        return Cell(exploit.name, exploit.family, *where, verdict, note=note)


def _earned(target: Target, scheme: Scheme, episodes: Sequence[Episode]) -> Earned:
    paid = pay(target, scheme, episodes)
    sound = {id: float(value) for id, value in paid.items() if not isinstance(value, RewardError)}
    lost = {one.job.question_id: one.error for one in episodes if one.error}
    lost |= {id: str(value) for id, value in paid.items() if isinstance(value, RewardError)}
    true = {one.job.question_id: true_score(one) for one in episodes if one.trajectory is not None}
    return Earned(sound, true, lost)


def _actions(episodes: Sequence[Episode], question_id: str) -> tuple[str, ...]:
    found = (one.trajectory for one in episodes if one.job.question_id == question_id)
    trajectory = next((one for one in found if one is not None), None)
    return () if trajectory is None else tuple(str(s.action) for s in trajectory.steps)
