import pytest

pytest.importorskip("verifiers")

from verified import play

from hopgym.envs.grammars import make_grammar


def test_the_model_is_asked_with_the_whole_conversation():
    asked = []

    def say(request):
        asked.append(request)
        turn = sum(message["role"] == "assistant" for message in request["messages"]) + 1
        write = make_grammar("r3").write_query if turn < 3 else make_grammar("r3").write_answer
        return write(turn, "I look.", "Leeds")

    play(say)
    assert [len(request["messages"]) for request in asked] == [2, 4, 6]
    assert asked[2]["messages"][:4] == asked[1]["messages"]
    assert asked[0]["messages"][0]["role"] == "system" and asked[0]["model"] == "fake"
