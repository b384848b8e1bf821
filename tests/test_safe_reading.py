"""House rules of safety: nothing in the package runs what it reads.

Each rule looks at the syntax of every module. What is allowed is listed with its reason.
"""

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAYERS = ("retrieval", "rewards", "envs", "agents", "benchmarks", "examples")
MODULES = sorted(
    [*ROOT.glob("*.py"), *(file for layer in LAYERS for file in (ROOT / layer).rglob("*.py"))]
)

IMPORTS = {
    "pickle": {
        "benchmarks/redteam/leaks.py": "unpickles what it pickled itself, to look for gold in it",
        "agents/training/limits.py": "names its error, to tell a damaged checkpoint",
        "benchmarks/audit/leakage.py": "writes pickles, and reads their opcodes without running them",
    },
    "pickletools": {"benchmarks/audit/leakage.py": "reads opcodes without running them"},
    "tarfile": {"benchmarks/retrieval_data.py": "reads members into memory; extracts nothing"},
    **{
        key: {}
        for key in [
            "dill",
            "cloudpickle",
            "joblib",
            "marshal",
            "shelve",
            "yaml",
            "zipfile",
            "runpy",
            "code",
        ]
    },
}
"""Modules that run code from what they read, or write where an archive says; and who may use them."""

BUILT_IN = {"eval", "exec", "compile", "__import__", "os.system"}
EXTRACTORS = {"extractall", "unpack_archive", "popen", "spawnl"}
LOADERS = {
    "registry.py": "here they are",
    "envs/registration.py": "a user's own environment, as file.py:id on the command line",
    "benchmarks/redteam/families.py": "a user's own exploit, as file.py:NAME on the command line",
}
"""Who may import what a text names. All else goes through a `Registry`, and folders through
`check_foreign`."""


def path_of(file):
    return file.relative_to(ROOT).as_posix()


@cache
def walked(file):
    return list(ast.walk(ast.parse(file.read_text("utf-8"))))


def nodes(file, kind):
    return [node for node in walked(file) if isinstance(node, kind)]


@cache
def calls(file):
    """Each call's name, as it is written but for its arguments, and the call."""
    return [(dotted(node.func), node) for node in nodes(file, ast.Call)]


def dotted(node):
    if isinstance(node, ast.Call):
        return dotted(node.func)
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def keyword(call, name):
    return next((ast.unparse(k.value) for k in call.keywords if k.arg == name), None)


def imported(file):
    for node in nodes(file, ast.Import | ast.ImportFrom):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif not node.level:
            yield (node.module or "").partition(".")[0]


def refuse(file, found, why):
    if found:
        yield f"{path_of(file)}: {found}: {why}"


def test_nothing_imports_what_runs_what_it_reads():
    broken = [
        why for file in MODULES for why in _rule_nothing_imports_what_runs_what_it_reads(file)
    ]
    assert not broken, "\n".join(broken)


def _rule_nothing_imports_what_runs_what_it_reads(file):
    found = {name for name in imported(file) if path_of(file) not in IMPORTS.get(name, ())}
    yield from refuse(
        file, found & IMPORTS.keys(), "it can run code from a file, or write anywhere"
    )


def test_nothing_is_evaluated_extracted_or_given_to_a_shell():
    broken = [
        why
        for file in MODULES
        for why in _rule_nothing_is_evaluated_extracted_or_given_to_a_shell(file)
    ]
    assert not broken, "\n".join(broken)


def _rule_nothing_is_evaluated_extracted_or_given_to_a_shell(file):
    named = {name for name, _ in calls(file)}
    yield from refuse(file, named & BUILT_IN, "text is data")
    last = {name.rpartition(".")[2] for name in named if "." in name}
    yield from refuse(file, last & EXTRACTORS, "an archive says where, or a shell reads it")
    shells = [name for name, call in calls(file) if keyword(call, "shell") not in (None, "False")]
    yield from refuse(file, shells, "give a list of arguments")


def test_arrays_and_weights_are_read_without_pickles():
    broken = [
        why for file in MODULES for why in _rule_arrays_and_weights_are_read_without_pickles(file)
    ]
    assert not broken, "\n".join(broken)


def _rule_arrays_and_weights_are_read_without_pickles(file):
    for name, call in calls(file):
        place = f"line {call.lineno}"
        if name in ("np.load", "np.save", "numpy.load"):
            yield from refuse(
                file, [] if keyword(call, "allow_pickle") == "False" else place, "allow_pickle"
            )
        if name.endswith(".load") and (
            name.startswith(("torch", "require")) or keyword(call, "map_location")
        ):
            yield from refuse(
                file, [] if keyword(call, "weights_only") == "True" else place, "weights_only"
            )


def test_models_bring_no_code():
    broken = [why for file in MODULES for why in _rule_models_bring_no_code(file)]
    assert not broken, "\n".join(broken)


def _rule_models_bring_no_code(file):
    for name, call in calls(file):
        last = name.rpartition(".")[2]
        if (
            last == "from_pretrained" and "peft" not in name and "examples" not in file.parts
        ):  # adapters are numbers and settings
            safe = any(k.arg is None and ast.unparse(k.value) == "SAFE" for k in call.keywords)
            yield from refuse(
                file, [] if safe else f"line {call.lineno}", "give **SAFE of encoders.models"
            )
        yield from refuse(
            file,
            [] if keyword(call, "trust_remote_code") in (None, "False") else last,
            "a model's code is not trusted",
        )


def test_only_the_registry_imports_what_a_text_names():
    broken = [
        why for file in MODULES for why in _rule_only_the_registry_imports_what_a_text_names(file)
    ]
    assert not broken, "\n".join(broken)


def _rule_only_the_registry_imports_what_a_text_names(file):
    own = {alias.name for node in nodes(file, ast.ImportFrom) for alias in node.names}
    if path_of(file) not in LOADERS:
        yield from refuse(file, own & {"load_attribute", "load_module"}, "go through a Registry")


@pytest.mark.parametrize("allowed", [*IMPORTS.values(), LOADERS])
def test_what_is_allowed_is_there_and_still_needs_it(allowed):
    for name in allowed:
        text = (ROOT / name).read_text("utf-8")
        assert any(word in text for word in ("pickle", "tarfile", "load_module", "load_attribute"))
