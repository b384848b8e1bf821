import httpx

from hopgym.agents.verifiers.chat_server import chat_server


def test_it_says_what_it_is_told_to():
    def say(request):
        return f"{request['model']}: {request['messages'][-1]['content']}"

    with chat_server(say) as url:
        body = {"model": "m", "messages": [{"role": "user", "content": "Où?"}]}
        told = httpx.post(f"{url}/chat/completions", json=body, trust_env=False).json()
    assert told["choices"][0]["message"] == {"role": "assistant", "content": "m: Où?"}
    assert told["object"] == "chat.completion" and told["choices"][0]["finish_reason"] == "stop"


def test_what_fails_is_no_reply():
    def say(request):
        raise KeyError("nobody")

    with chat_server(say) as url:
        answer = httpx.post(f"{url}/chat/completions", json={"messages": []}, trust_env=False)
    assert answer.status_code == 400 and "KeyError" in answer.json()["error"]["message"]
