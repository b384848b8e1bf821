from jsonschema import Draft202012Validator, validate

from hopgym.retrieval.server.schemas import ERROR, TEXT, get, make_document, record


def test_a_record_has_its_fields_and_no_others():
    schema = record({"a": TEXT}, {"b": TEXT})
    validate({"a": "x"}, schema)
    validator = Draft202012Validator(schema)
    assert not validator.is_valid({}) and not validator.is_valid({"a": "x", "c": "y"})


def test_a_document_says_what_wants_a_token():
    paths = {"/a": {"get": get("A.", TEXT, {})}, "/b": {"get": get("B.", ERROR, {})}}
    document = make_document("x", paths, guarded=["/b"])
    assert "security" in document["paths"]["/b"]["get"]
    assert "security" not in document["paths"]["/a"]["get"]
    assert "components" not in make_document("x", {"/a": {"get": get("A.", TEXT, {})}})
