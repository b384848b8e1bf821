"""What a machine refuses a training: memory, and room on its disk.

Libraries say it in many ways. Here it becomes one error that says what to do; the last checkpoint is
as it was.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...errors import AgentError, DataError, is_out_of_memory
from ...files import why_not_written
from ...retrieval.saved import SaveError

_SAID = "Memory ran out"


@contextmanager
def limits_told(
    folder: str | Path, anew: str, resumed: str = "", *, again: bool = False
) -> Iterator[None]:
    """Turn what the machine refuses into an error that says what to do.

    Args:
        folder: Where the run writes.
        anew: What takes less memory in a new run, such as `"a smaller --batch_size"`.
        resumed: What takes less memory and may be changed where a run goes on; nothing may, if "".
        again: Whether what a part of the run has told is told again, in this run's own flags.

    Raises:
        AgentError: If memory ran out.
        SaveError: If the disk is full, or refuses.
        DataError: If a library has found one of its files damaged.
    """
    try:
        yield
    except SaveError:
        raise
    except Exception as error:
        new = again or not str(error).startswith(_SAID)
        if new and (reason := _out_of_memory(error)) is not None:
            raise AgentError(f"{_SAID} ({reason}). {_cure(folder, anew, resumed)}") from error
        if (reason := why_not_written(error)) is not None:
            raise SaveError(
                f"{folder} could not be written ({reason}). Free some space there, and run the same "
                "command with --resume: it goes on from the last checkpoint, if there is one; it is "
                "as it was."
            ) from error
        if _is_damage(error):
            why = " ".join(str(error).split())[:200]
            raise DataError(
                f"A file below {folder}, or of the model, cannot be read ({why}). Remove the last "
                "folder below checkpoints: --resume goes on from the one before, or begins anew."
            ) from error
        raise


def _is_damage(error: Exception) -> bool:
    """Whether it is one that libraries raise for damaged files alone."""
    return isinstance(error, pickle.UnpicklingError) or type(error).__name__ == "SafetensorError"


def _cure(folder: str | Path, anew: str, resumed: str) -> str:
    kept = f"What is saved in {folder} is as it was"
    if not resumed:
        return f"{kept}. Begin anew, in another folder, with {anew}."
    return (
        f"{kept}: go on by --resume with {resumed}; or begin anew, in another folder, with {anew}."
    )


def _out_of_memory(error: BaseException | None) -> str | None:
    """Return what was said of it; it may stand behind the error of an agent that wrote."""
    while error is not None:
        if is_out_of_memory(error):
            return " ".join(str(error).split())[:200] or type(error).__name__
        error = error.__cause__
    return None
