"""Planted misconfigurations that this machine alone can see: settings, city pack, calendar, files, with the way out."""

from datetime import UTC, datetime
from pathlib import Path

import chinese_calendar
import pytest

from bot.config import Settings
from bot.config_reader import ConfigError
from bot.doctor import Finding, Level, findings_of, is_well, told
from nlu.interpretation import EmergencyKind
from tests.bot.doctor.conftest import GOOD_SECRET, REST, WECHAT, gravity, look

CALENDAR_ENDS = datetime(2026, 12, 31, tzinfo=UTC)


def _bad(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.level in (Level.WARNING, Level.FAULT)]


@pytest.mark.parametrize(
    ("environ", "thing", "what", "level"),
    [
        ({"SUDA_PROT": "80"}, "SUDA_PROT", "没有这个设置", Level.WARNING),
        ({"SUDA_WEB_ENABLED": "off"}, "渠道", "一个渠道也没有开", Level.FAULT),
        ({"SUDA_CITY": "anshn"}, "anshn", "是不是 anshan？", Level.FAULT),
        ({"SUDA_SECRET": "short"}, "SUDA_SECRET", "太短", Level.FAULT),
        ({"SUDA_SECRET": "a" * 64}, "SUDA_SECRET", "太有规律", Level.FAULT),
        ({"SUDA_SANDBOX_LOGIN": "clerk:1234"}, "SUDA_SANDBOX_LOGIN", "不足 8 位", Level.WARNING),
        ({"SUDA_PUBLIC_URL": "http://127.0.0.1"}, "工单系统", "内置沙箱", Level.NOTE),
        (WECHAT | {"SUDA_PUBLIC_URL": ""}, "SUDA_PUBLIC_URL", "没有设置", Level.WARNING),
        (WECHAT | {"SUDA_PUBLIC_URL": "https://10.0.0.8"}, "SUDA_PUBLIC_URL", "内网地址", Level.WARNING),
        (WECHAT | {"SUDA_PUBLIC_URL": "https://suda.lan"}, "SUDA_PUBLIC_URL", "内网地址", Level.WARNING),
        (WECHAT | {"SUDA_PUBLIC_URL": "http://sq.example.org"}, "SUDA_PUBLIC_URL", "没有加密", Level.WARNING),
        (WECHAT | {"SUDA_PUBLIC_URL": "https://sq.example.org:8443"}, "SUDA_PUBLIC_URL", "80 和 443", Level.FAULT),
        (WECHAT | {"SUDA_PUBLIC_URL": "https://sq.example.org/suda"}, "SUDA_PUBLIC_URL", "带了路径", Level.FAULT),
        (WECHAT | {"SUDA_WECHAT_APP_ID": "ww0123456789abcdef"}, "SUDA_WECHAT_APP_ID", "企业微信", Level.FAULT),
        (WECHAT | {"SUDA_WECHAT_APP_ID": "gh_0123456789ab"}, "SUDA_WECHAT_APP_ID", "原始 ID", Level.FAULT),
        (WECHAT | {"SUDA_WECHAT_APP_ID": "0123456789abcdef"}, "SUDA_WECHAT_APP_ID", "wx 加 16 位", Level.WARNING),
        (WECHAT | {"SUDA_WECHAT_APP_SECRET": "s" * 43}, "SUDA_WECHAT_APP_SECRET", "EncodingAESKey", Level.FAULT),
        (WECHAT | {"SUDA_WECHAT_TOKEN": "t" * 43}, "SUDA_WECHAT_TOKEN", "EncodingAESKey", Level.FAULT),
        (
            WECHAT | {"SUDA_WECHAT_TOKEN": WECHAT["SUDA_WECHAT_APP_SECRET"]},
            "SUDA_WECHAT_TOKEN",
            "与 AppSecret 相同",
            Level.FAULT,
        ),
        (WECHAT | {"SUDA_WECHAT_TOKEN": "with-dash"}, "SUDA_WECHAT_TOKEN", "3 到 32 位", Level.FAULT),
        (WECHAT | {"SUDA_WECHAT_TOKEN": "abc"}, "SUDA_WECHAT_TOKEN", "太短", Level.WARNING),
        (WECHAT | {"SUDA_WECHAT_MODE": "plain"}, "SUDA_WECHAT_MODE", "明文模式", Level.WARNING),
        (WECHAT | {"SUDA_WECHAT_AES_KEY": "A" * 43}, "SUDA_WECHAT_AES_KEY", "太有规律", Level.WARNING),
        (REST | {"SUDA_CASE_SYSTEM_URL": "http://case.example.org"}, "CASE_SYSTEM_URL", "没有加密", Level.WARNING),
        (REST | {"SUDA_CASE_SYSTEM_SECRET": "abc"}, "CASE_SYSTEM_SECRET", "太短", Level.WARNING),
        (REST | {"SUDA_CASE_SYSTEM_CALLBACK_SECRETS": "new"}, "CASE_SYSTEM_SECRET", "太短", Level.WARNING),
        (REST | {"SUDA_PUBLIC_URL": ""}, "SUDA_PUBLIC_URL", "照片链接", Level.WARNING),
        ({"SUDA_REDIS_URL": "redis://127.0.0.1"}, "SUDA_REDIS_URL", "SQLite", Level.WARNING),
        (
            {"SUDA_REDIS_URL": "redis://127.0.0.1", "SUDA_TELEGRAM_TOKEN": f"123456:{'a' * 35}"},
            "SUDA_TELEGRAM_MODE",
            "互相打断",
            Level.WARNING,
        ),
        (
            {"SUDA_DATABASE_URL": "postgresql://suda:hunter2@127.0.0.1:1/suda"},
            "SUDA_DATABASE_URL",
            "连不上 127.0.0.1:1",
            Level.FAULT,
        ),
    ],
)
def test_a_planted_misconfiguration_is_named(environ: dict[str, str], thing: str, what: str, level: Level) -> None:
    findings = look(environ)

    assert gravity(findings, thing, what) is level, [told(one) for one in findings]
    assert "hunter2" not in "".join(told(one) for one in findings)


def test_a_right_configuration_is_well() -> None:
    findings = look(WECHAT | REST | {"SUDA_SECRET": GOOD_SECRET})

    assert is_well(findings)
    # these shortcomings are real ones of the day, not of the configuration
    assert [one for one in _bad(findings) if "节假日历" not in one.thing and "/cities/" not in one.thing] == []


@pytest.mark.parametrize(
    ("when", "level"),
    [
        (datetime(2026, 3, 1, tzinfo=UTC), Level.OK),
        (datetime(2026, 12, 1, tzinfo=UTC), Level.WARNING),
        (datetime(2031, 1, 1, tzinfo=UTC), Level.FAULT),
    ],
)
def test_a_calendar_that_ends_soon_is_named(when: datetime, level: Level) -> None:
    # the reach is that of the library installed, so the day is taken from it
    shift = max(day.year for day in chinese_calendar.holidays) - CALENDAR_ENDS.year
    now = when.replace(year=when.year + shift).timestamp()

    assert gravity(look({}, now=now), "节假日历", "") is level


def test_a_clock_that_stands_still_is_named() -> None:
    assert gravity(look({}, now=86400.0), "系统时钟", "1970") is Level.FAULT


def test_a_configuration_file_that_anybody_can_read_is_named_when_it_holds_secrets() -> None:
    file = Path("suda.toml")
    file.write_text(f'secret = "{GOOD_SECRET}"\n')
    file.chmod(0o644)

    assert gravity(look({}), "suda.toml", "所有用户都能读") is Level.WARNING
    file.chmod(0o600)
    assert gravity(look({}), "suda.toml", "所有用户都能读") is None


def test_a_kept_secret_that_others_can_read_is_named() -> None:
    Path("var").mkdir()
    Path("var/secret").write_text(GOOD_SECRET)
    Path("var/secret").chmod(0o644)

    assert gravity(look({}), "var/secret", "其他用户能读到") is Level.FAULT


def test_a_data_folder_that_is_a_file_is_named() -> None:
    Path("var").write_text("")

    assert gravity(look({}), "SUDA_DATA_DIR", "不是目录") is Level.FAULT


def test_a_data_folder_that_cannot_be_written_is_named() -> None:
    # a place where not even root can write
    assert gravity(look({"SUDA_DATA_DIR": "/proc/1/suda"}), "SUDA_DATA_DIR", "写不进去") is Level.FAULT


def test_a_disk_that_fills_up_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    # a full disk has no other seam than the system call that tells of it
    def almost_full(_: object) -> object:
        return type("Usage", (), {"free": free})

    monkeypatch.setattr("bot.doctor.house.shutil.disk_usage", almost_full)
    free = 1024**3
    assert gravity(look({}), "SUDA_DATA_DIR", "剩余 1.0 GiB") is Level.WARNING
    free = 1024**2
    assert gravity(look({}), "SUDA_DATA_DIR", "剩余 0.0 GiB") is Level.FAULT


def test_a_mapping_that_cannot_be_used_is_named() -> None:
    Path("mapping.toml").write_text("[nonsense]\nx = 1\n")

    findings = look(REST | {"SUDA_CASE_SYSTEM_MAPPING": "mapping.toml"})

    assert gravity(findings, "mapping.toml", "") is Level.FAULT


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """A small pack of its own, with shortcomings."""
    folder = tmp_path / "packs" / "pinghu"
    folder.mkdir(parents=True)
    head = 'name="平湖"\nfull_name="平湖市"\nhotline_name="热线"\nhotline="12345"\nticket_prefix="PH"\n'
    kinds = "".join(f'{kind} = "110"\n' for kind in EmergencyKind)
    (folder / "city.toml").write_text(
        f'{head}timezone="Asia/Shanghai"\n[human]\nhours = []\n[emergency]\n{kinds}', encoding="utf-8"
    )
    (folder / "categories.csv").write_text("code,l1,l2,l3\n010101,甲,乙,丙\n", encoding="utf-8")
    (folder / "units.csv").write_text("code,name,phone\nU1,路政,\n", encoding="utf-8")
    (folder / "clocks.toml").write_text(
        '[[clock]]\nname="usual"\nlaw="办法"\nvalid_from=2020-01-01\nassumed=["law"]\n'
        '[[clock.stage]]\nname="一"\nlength=3\nunit="工作日"\n',
        encoding="utf-8",
    )
    return folder


def test_shortcomings_of_a_pack_are_named(pack: Path) -> None:
    findings = look({"SUDA_CITY": "pinghu"}, root=pack.parent)

    assert gravity(findings, "clocks.toml", "usual: law") is Level.WARNING
    assert gravity(findings, "city.toml", "没有人工时段") is Level.WARNING
    assert gravity(findings, "pinghu", "没有 faq.jsonl") is Level.NOTE
    assert gravity(findings, "pinghu", "没有 places.csv") is Level.NOTE


def test_cases_that_the_city_has_to_fill_in_are_counted_by_themselves(pack: Path) -> None:
    cases = '[{"label": "城镇", "answer": "一楼"}, {"label": "农业", "answer": "〔本市填写：地点〕"}]'
    row = f'{{"id": "where", "question": "问", "answer": "答", "condition": {{"ask": "哪种户口？", "cases": {cases}}}}}'
    (pack / "faq.jsonl").write_text(row, encoding="utf-8")

    findings = look({"SUDA_CITY": "pinghu"}, root=pack.parent)

    said = "1 条有情形待本市补充，补充前先答通用的：where（农业）"
    assert gravity(findings, "faq.jsonl", said) is Level.NOTE


def test_answers_that_ran_out_or_want_a_second_look_are_named(pack: Path) -> None:
    rows = [
        '{"id": "old", "question": "问一", "answer": "答", "valid_until": "2025-01-01"}',
        *(f'{{"id": "r{n}", "question": "问{n}", "answer": "答", "review_by": "2026-01-01"}}' for n in range(7)),
    ]
    (pack / "faq.jsonl").write_text("\n".join(rows), encoding="utf-8")

    findings = look({"SUDA_CITY": "pinghu"}, root=pack.parent)

    assert gravity(findings, "faq.jsonl", "1 条已过期，不再回答：old") is Level.WARNING
    assert gravity(findings, "faq.jsonl", "7 条到了复核日期：r0、r1、r2、r3、r4…") is Level.WARNING


def test_a_wrong_line_of_a_pack_is_named_with_file_and_line(pack: Path) -> None:
    (pack / "units.csv").write_text("code,name,phone\nU1,,\n", encoding="utf-8")

    assert gravity(look({"SUDA_CITY": "pinghu"}, root=pack.parent), "units.csv:2", "name 是空的") is Level.FAULT


def test_faults_of_the_configuration_are_findings_too() -> None:
    with pytest.raises(ConfigError) as caught:
        Settings.load({"SUDA_PORT": "x", "SUDA_WECHAT_APP_ID": "wx1"})

    findings = findings_of(caught.value)

    assert not is_well(findings)
    assert gravity(findings, "SUDA_PORT", "不是") is Level.FAULT
    assert told(findings[0]).startswith("✗ ")
