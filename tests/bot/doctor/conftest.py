"""What tests of the doctor start from: good settings, a look around with them, and how grave a finding is."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.config import Settings
from bot.doctor import Finding, Level
from bot.doctor.house import look_around

CITIES = Path(__file__).parents[3] / "cities"
NOW = datetime(2026, 11, 23, 9, tzinfo=UTC).timestamp()
GOOD_SECRET = "Zb3kq9-W_x2Lr7Tn5Vd8Hs1Jf4Mp6Gy0Ca"
WECHAT = {
    "SUDA_WECHAT_APP_ID": "wx0123456789abcdef",
    "SUDA_WECHAT_APP_SECRET": "0123456789abcdef0123456789abcdef",
    "SUDA_WECHAT_TOKEN": "a1b2c3d4e5f6",
    "SUDA_WECHAT_AES_KEY": "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
    "SUDA_PUBLIC_URL": "https://sq.example.org",
    "SUDA_SANDBOX_LOGIN": "clerk:long-password",
}
REST = {
    "SUDA_CASE_SYSTEM_KIND": "rest",
    "SUDA_CASE_SYSTEM_URL": "https://case.example.org",
    "SUDA_CASE_SYSTEM_SECRET": GOOD_SECRET,
    "SUDA_PUBLIC_URL": "https://sq.example.org",
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def look(environ: dict[str, str], *, now: float = NOW, root: Path = CITIES) -> list[Finding]:
    return look_around(Settings.load(environ), root, now)


def gravity(findings: list[Finding], thing: str, what: str) -> Level | None:
    """How grave the finding is that names this thing and says this."""
    found = [one for one in findings if thing in one.thing and what in one.what]
    assert all(one.way_out for one in found if one.level is not Level.OK)
    return found[0].level if found else None
