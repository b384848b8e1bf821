from jsonschema import Draft202012Validator
from toy import toy_kwargs

from hopgym.envs.server.game import Game
from hopgym.envs.server.openapi import describe

KG = {"questions": "world?entities=300&hops=2&train=5&dev=5&test=5", "top_k": 8}


def test_every_request_and_reply_is_described():
    document = describe(Game("hopgym/SearchRead-v0", toy_kwargs()), guarded=False)
    assert set(document["paths"]) == {"/sessions", "/reset", "/step", "/close", "/info", "/health"}
    for path in document["paths"].values():
        (operation,) = path.values()
        for reply in operation["responses"].values():
            for content in reply["content"].values():
                Draft202012Validator.check_schema(content["schema"])


def test_the_schema_of_an_action_is_its_space():
    def action(**keywords):
        game = Game("hopgym/KGSubgraph-v0", {**KG, **keywords})
        body = describe(game, guarded=False)["paths"]["/step"]["post"]["requestBody"]
        return body["content"]["application/json"]["schema"]["properties"]["action"]

    assert action(mode="sequential")["maximum"] == 8
    assert action()["minItems"] == 8
    for refused in ([0.5] * 8, ["1"] * 8, [2] * 8, [1] * 7):
        assert not Draft202012Validator(action()).is_valid(refused)
    assert Draft202012Validator(action()).is_valid([1.0, True, 0, 0, 0, 0, 0, 0])


def test_the_reply_that_opens_a_session_leads_to_what_may_be_asked_of_it():
    document = describe(Game("hopgym/SearchRead-v0", toy_kwargs()), guarded=False)
    opening = document["paths"]["/sessions"]["post"]
    for name, link in opening["responses"]["201"]["links"].items():
        assert link["operationRef"] == f"#/paths/~1{name}/post" and f"/{name}" in document["paths"]
        assert link["requestBody"] == {"session": "$response.body#/session"}
    assert not opening["requestBody"]["required"]


def test_a_token_closes_all_but_health():
    document = describe(Game("hopgym/SearchRead-v0", toy_kwargs()), guarded=True)
    for path, methods in document["paths"].items():
        (operation,) = methods.values()
        assert ("security" in operation) == (path != "/health")
