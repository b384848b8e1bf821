import errno
import pickle

import pytest

from hopgym.agents.training.limits import limits_told
from hopgym.errors import AgentError, ConfigError, DataError
from hopgym.retrieval.saved import SaveError


class SafetensorError(Exception):
    """Named as the library's."""


class OutOfMemoryError(RuntimeError):
    """Named as torch's."""


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OutOfMemoryError(),
        RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB."),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
        RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes."),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
    ],
)
def test_memory_is_told_with_what_to_lower(error):
    told = r"Memory ran out \(.+\)\. What is saved in out is as it was: go on by --resume with -a; "
    told += r"or begin anew, in another folder, with -b\."
    with pytest.raises(AgentError, match=told), limits_told("out", "-b", "-a"):
        raise error
    with (
        pytest.raises(AgentError, match=r"as it was\. Begin anew, in another folder, with -b\."),
        limits_told("out", "-b"),
    ):
        raise error


def test_memory_that_an_agent_ran_out_of_is_told_too():
    def play():
        try:
            raise OutOfMemoryError("CUDA out of memory")
        except RuntimeError as error:
            raise AgentError("Agent 'llm' raised it.") from error

    with (
        pytest.raises(AgentError, match=r"Memory ran out \(CUDA out of memory\)"),
        limits_told("out", "-b"),
    ):
        play()


def test_what_was_told_before_is_told_again_only_where_asked():
    with (
        pytest.raises(AgentError, match=r"^Memory ran out with 4 questions\.$"),
        limits_told("out", "-b"),
    ):
        raise AgentError("Memory ran out with 4 questions.") from MemoryError()
    with (
        pytest.raises(AgentError, match=r"anew, in another folder, with --own"),
        limits_told("out", "--own", again=True),
        limits_told("out/part", "--other"),
    ):
        raise MemoryError


@pytest.mark.parametrize(
    "error",
    [
        *(OSError(number, "No room", "out/a") for number in (errno.ENOSPC, errno.EDQUOT,
                                                            errno.EFBIG, errno.EROFS, errno.EIO)),
        SafetensorError("Error while serializing: I/O error: No space left (os error 28)"),
        RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0"),
        RuntimeError("PytorchStreamWriter failed writing file data/0: file write failed"),
    ],
)  # fmt: skip
def test_a_disk_that_refuses_is_told(error):
    told = r"^out could not be written \(.+\)\. Free some space there, .*--resume.*is as it was\.$"
    with pytest.raises(SaveError, match=told), limits_told("out", "-b"):
        raise error


@pytest.mark.parametrize(
    "error", [pickle.UnpicklingError("Weights only load failed."), SafetensorError("bad header")]
)
def test_a_file_that_cannot_be_read_is_told(error):
    with (
        pytest.raises(DataError, match=r"cannot be read \(.*Remove the last folder below"),
        limits_told("out", "-b"),
    ):
        raise error


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOENT, "No such file"), ConfigError("x"), RuntimeError("a bug")]
)
def test_all_else_stays_as_it_is(error):
    with pytest.raises(type(error)) as caught, limits_told("out", "-b"):
        raise error
    assert caught.value is error
