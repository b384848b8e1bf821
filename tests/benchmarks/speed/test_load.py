import socket
import threading
import time

from servers import fake_server, free_port

from hopgym.benchmarks.speed.load import Exchange, Load, drive

EXCHANGES = [Exchange(b"%d" % number, b'"<%d>"' % number) for number in range(20)]


def echo(asked):
    return 200, f"<{asked.body.decode()}>"


def test_every_client_gets_its_own_answers_until_the_end():
    with fake_server(echo) as fake:
        load = drive(f"{fake.url}/retrieve", EXCHANGES, clients=8, seconds=0.3)
    assert load.clean and load.sent == len(fake.asked) > 8
    assert not (load.wrong or load.lost or load.failures)
    assert {asked.path for asked in fake.asked} == {"/retrieve"}
    assert load.per_second > 0 and 0 < load.wait(50) <= load.wait(99)


def test_crossed_answers_are_seen():
    def crossed(asked):
        return echo(asked) if asked.body != b"3" else (200, "<4>")

    with fake_server(crossed) as fake:
        load = drive(f"{fake.url}/", EXCHANGES, clients=4, seconds=0.3)
    assert load.wrong > 0 and not load.clean
    assert load.wrong == sum(asked.body == b"3" for asked in fake.asked)


def test_refusals_and_broken_connections_are_failures():
    def broken(asked):
        return {b"0": (503, {"detail": "busy"}), b"7": None}.get(asked.body, (200, "late"))

    with fake_server(broken) as fake:
        load = drive(f"{fake.url}/", EXCHANGES, clients=2, seconds=0.2)
    assert sorted(load.failures)[0].startswith("503: ") and "connection was lost" in str(
        load.failures
    )
    assert len(load.failures) == load.sent == 2 and not load.clean and not load.lost


def test_nobody_there_is_a_failure():
    load = drive(f"http://127.0.0.1:{free_port()}/", EXCHANGES, clients=2, seconds=0.1)
    assert len(load.failures) == 2 and not load.clean


def test_an_answer_that_never_comes_is_lost(monkeypatch):
    monkeypatch.setattr("hopgym.benchmarks.speed.load.PATIENCE", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        load = drive(url, EXCHANGES, clients=3, seconds=0.1)
    assert (load.sent, load.lost, load.failures) == (3, 3, [])


def test_an_answer_in_pieces_is_put_together():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            wire, _ = server.accept()
            with wire:
                while wire.recv(1000):
                    for piece in (b"HTTP/1.1 200 OK\r\nContent-", b'Length: 5\r\n\r\n"<', b'0>"'):
                        wire.sendall(piece)
                        time.sleep(0.01)

        threading.Thread(target=answer, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        load = drive(url, EXCHANGES[:1], clients=1, seconds=0.2)
    assert load.clean and load.right > 1


def test_figures_of_nothing_are_zero():
    assert (Load().per_second, Load().wait(99), Load().clean) == (0.0, 0.0, False)
