import pytest

from hopgym.benchmarks.sources import with_helpers

FILES = {
    "agent.py": "import json, helper\nimport tools.text\n",
    "helper.py": "def later():\n    from deeper import x\n",
    "deeper.py": "import agent\n",
    "json.py": "",
    "stranger.py": "",
    "tools/__init__.py": "",
    "tools/text.py": "from . import words\n",
    "tools/words.py": "",
}


def write(folder, files):
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def names(folder, file):
    first, *rest = [path.relative_to(folder).as_posix() for path in with_helpers(folder / file)]
    assert first == file
    return rest


def test_what_a_file_imports_from_beside_it_counts(tmp_path):
    write(tmp_path, FILES)
    packages = ["tools/__init__.py", "tools/text.py", "tools/words.py"]
    assert names(tmp_path, "agent.py") == ["deeper.py", "helper.py", *packages]
    assert names(tmp_path, "stranger.py") == []


@pytest.mark.parametrize(
    "line",
    [
        "from .helper import x",
        "from . import helper",
        "from mine.agents.helper import x",
        "from mine.agents import helper",
        "import mine.agents.helper",
    ],
)
def test_modules_of_a_package_are_found_however_they_are_imported(tmp_path, line):
    folder = tmp_path / "mine" / "agents"
    write(tmp_path / "mine", {"__init__.py": ""})
    write(folder, {"__init__.py": "", "agent.py": line, "helper.py": "", "other.py": ""})
    assert names(folder, "agent.py") == ["helper.py"]


def test_what_is_installed_counts_alone(tmp_path):
    folder = tmp_path / "site-packages"
    write(folder, FILES)
    assert names(folder, "agent.py") == []


@pytest.mark.parametrize("text", ["import helper\ndef broken(:\n", "\0", "from ..helper import x"])
def test_what_cannot_be_read_or_lies_elsewhere_adds_nothing(tmp_path, text):
    write(tmp_path, {"helper.py": "", "agent.py": text})
    assert names(tmp_path, "agent.py") == []
