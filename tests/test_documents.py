"""The documents at the root and in docs/ are always true: what they name exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("docker/*.md")])
_LINK = re.compile(r"\]\(([^)\s#]+)[^)]*\)|<img[^>]* src=\"([^\"]+)\"")
_FILE = re.compile(r"`((?:bot|channels|nlu|faq|handoff|tests)/[\w./-]+)(?::(\w+))?`")
_TEST = re.compile(r"`(test_\w+)`")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_to_a_file(document: Path) -> None:
    found = (link or image for link, image in _LINK.findall(document.read_text("utf-8")))
    broken = [to for to in found if "://" not in to and not (document.parent / to).exists()]

    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_and_function_that_is_named_exists(document: Path) -> None:
    named = _FILE.findall(document.read_text("utf-8"))
    wrong = [f"{file}:{name}" for file, name in named if not _exists(ROOT / file, name)]

    assert wrong == []


def test_every_test_that_architecture_names_exists() -> None:
    tests = "\n".join(path.read_text("utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = set(_TEST.findall((ROOT / "ARCHITECTURE.md").read_text("utf-8")))

    assert named
    assert [name for name in sorted(named) if f"def {name}(" not in tests] == []


def test_every_module_of_the_application_stands_in_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    modules = [path.stem for path in (ROOT / "bot").glob("*.py") if not path.stem.startswith("__")]

    assert [name for name in sorted(modules) if f"`{name}`" not in text] == []


def _exists(path: Path, name: str) -> bool:
    if "*" in str(path):
        return True
    return path.exists() and (not name or f"def {name}(" in path.read_text("utf-8"))
