import pytest

from hopgym.envs.server.protocol import Open, Options, Reset, Step, options_of, read, seed_of
from hopgym.retrieval.server.protocol import RequestError


def test_requests_are_read():
    assert read(b"", Open) == Open()
    step = read(b'{"session": "s", "action": [1, 0]}', Step)
    assert (step.session, step.action) == ("s", [1, 0])
    reset = read(b'{"session": "s", "options": {"index": 3}}', Reset)
    assert reset.options == Options(index=3)
    assert read(b'{"session": "s", "seed": 7.0}', Reset).seed == 7
    assert seed_of(Reset("s", 7)) == 7 and seed_of(Reset("s")) is None
    assert read(b'{"session": "s", "seed": 9007199254740993}', Reset).seed == 2**53 + 1
    assert options_of(reset) == {"index": 3} and options_of(Reset("s")) is None


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (b"nope", 400, "not JSON"),
        (b"\xff", 400, "not JSON"),
        (b"[]", 422, "Fields: session, seed, options"),
        (b'{"session": "s", "sead": 1}', 422, "sead"),
        (b'{"session": "s", "seed": 0.5}', 422, "0.5 is no whole number"),
        (b'{"session": "s", "options": {"index": 1.5}}', 422, "1.5 is no whole number"),
    ],
)
def test_what_is_no_request_is_refused(body, status, told):
    with pytest.raises(RequestError, match=told) as refused:
        read(body, Reset)
    assert refused.value.status == status
