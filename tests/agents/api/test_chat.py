from hopgym.agents.api.chat import Chat, Role
from hopgym.rewards.judges.prompts import OUTCOME, Request


def test_a_chat_has_what_the_judges_parts_read_of_a_request():
    chat, request = Chat(Role("Rules."), "The question: Who?"), Request(OUTCOME, "{}")
    for asked in (chat, request):
        assert isinstance(asked.task.system, str) and isinstance(asked.data, str)
    assert chat.stop == ()
