"""What the documents tell the builders of case systems is true."""

import re
from pathlib import Path
from time import time

from handoff.mapping import load_mapping
from handoff.schemas import parse_status
from handoff.signing import Signature
from handoff.states import StateTable
from handoff.ticket import TicketStatus

TEXT = (Path(__file__).parents[2] / "docs" / "case-system.md").read_text("utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_mapping_example_loads(tmp_path: Path) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text(blocks("toml")[-1], "utf-8")

    assert len(load_mapping(file).ticket_rules) > 5


def test_the_status_example_is_a_status_update() -> None:
    assert parse_status(blocks("json")[0].encode()).status is TicketStatus.DISPATCHED


def test_every_status_is_listed_with_the_name_that_citizens_see() -> None:
    table = StateTable.load()

    for status in TicketStatus:
        assert f"| `{status}` | {table.label(status)} |" in TEXT


def test_the_signing_example_in_python_is_believed() -> None:
    names: dict[str, object] = {"secret": b"s", "body": b"{}"}
    exec(blocks("python")[0], names)
    headers = names["headers"]

    assert isinstance(headers, dict)
    Signature(["s"]).verify(headers, b"{}", time())
