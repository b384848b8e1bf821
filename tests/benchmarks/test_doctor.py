from importlib import metadata

import pytest

import hopgym
from hopgym.benchmarks import doctor
from hopgym.benchmarks.doctor import (
    Check,
    cache_folder,
    examine,
    extras,
    healthy,
    requirements,
    summary,
)


def checks(area):
    return {check.name: check for check in examine() if check.area == area}


def without(monkeypatch, *packages):
    """Make these packages look as if they were not installed."""
    real = doctor._version
    monkeypatch.setattr(doctor, "_version", lambda name: None if name in packages else real(name))


def test_this_machine_is_well():
    found = examine()
    assert healthy(found) and {c.state for c in found} <= {"ok", "absent"}
    assert [c.area for c in found] == sorted(
        (c.area for c in found), key=["machine", "package", "extra", "folder", "key"].index
    )
    assert hopgym.__version__ in checks("machine")["hopgym"].detail
    assert checks("package")["numpy"].detail == metadata.version("numpy")


def test_what_is_not_well_says_how_to_mend_it(monkeypatch):
    without(monkeypatch, "numpy", "torch", "scipy")
    for check in examine():
        assert (check.state == "ok") == (check.mend == ""), check


def test_a_missing_package_is_broken_and_a_missing_extra_is_not(monkeypatch):
    without(monkeypatch, "jinja2")
    plots = checks("extra")["plots"]
    assert plots.state == "absent" and plots.detail.startswith(
        "missing: jinja2 (there: matplotlib "
    )
    assert plots.mend == 'pip install "hopgym[plots]"' and healthy(examine())
    without(monkeypatch, "numpy")
    numpy = checks("package")["numpy"]
    assert (numpy.state, numpy.detail) == ("broken", "not installed")
    assert not healthy(examine())


def test_an_old_python_is_broken(monkeypatch):
    monkeypatch.setattr(doctor.sys, "version_info", (3, 10))
    assert checks("machine")["Python"].state == "broken"


def test_requirements_follow_extras_of_extras():
    assert {"gymnasium", "numpy", "msgspec"} <= set(requirements())
    assert "jinja2" not in requirements() and "jinja2" in requirements("plots")
    assert set(requirements("plots")) <= set(requirements("dev"))
    assert "pytest" in requirements("dev") and "pytest" not in requirements("plots")
    assert {"llm", "ray", "plots"} <= set(extras()) and "all" not in checks("extra")


@pytest.mark.parametrize("name", sorted(doctor.KEYS))
def test_a_key_is_told_of_and_never_shown(monkeypatch, name):
    monkeypatch.setenv(name, "top-secret-value")
    assert checks("key")[name].state == "ok"
    assert "top-secret-value" not in repr(examine())
    monkeypatch.delenv(name)
    missing = checks("key")[name]
    assert missing.state == "absent" and missing.mend.startswith(f"export {name}=")


def test_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("HOPGYM_DATA", str(tmp_path))
    assert checks("folder")["data"] == Check("folder", "data", "ok", str(tmp_path))
    monkeypatch.setenv("HOPGYM_DATA", str(tmp_path / "nothing"))
    assert "is no folder" in checks("folder")["data"].detail
    monkeypatch.delenv("HOPGYM_DATA")
    assert checks("folder")["data"].detail == "HOPGYM_DATA is not set"


def test_the_cache_folder_need_not_exist_but_must_be_possible(monkeypatch, tmp_path):
    monkeypatch.setenv("HOPGYM_CACHE", str(tmp_path / "a" / "b"))
    assert checks("folder")["cache"].state == "ok" and not list(tmp_path.iterdir())
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOPGYM_CACHE", str(tmp_path / "file" / "b"))
    assert "is not writable" in checks("folder")["cache"].detail
    monkeypatch.delenv("HOPGYM_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "hopgym"


def test_a_hopgym_that_is_not_installed_is_broken_and_says_so(monkeypatch):
    def nowhere(name):
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(doctor.metadata, "requires", nowhere)
    monkeypatch.setattr(doctor.metadata, "metadata", nowhere)
    monkeypatch.setattr(doctor.metadata, "version", nowhere)
    found = examine()
    assert not healthy(found)
    assert any("pip install" in check.mend for check in found if check.state == "broken")


def test_a_line_says_how_things_stand(monkeypatch):
    checks = examine()
    fine = sum(check.state == "ok" for check in checks)
    assert summary(checks).startswith(f"hopgym works: {fine} checks are fine")
    without(monkeypatch, "numpy", "msgspec")
    assert summary(examine()).startswith("hopgym does not work: mend numpy, msgspec: ")
