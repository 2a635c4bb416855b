"""What the settings promise: one reading, and every fault named at once."""

import stat
from pathlib import Path

import pytest

from bot.config import Settings, service_secret
from bot.config_reader import ConfigError

AES_KEY = "k" * 43
WECHAT = {
    "SUDA_WECHAT_APP_ID": "wx0123456789abcdef",
    "SUDA_WECHAT_APP_SECRET": "app-secret-of-the-account",
    "SUDA_WECHAT_TOKEN": "tokenword",
    "SUDA_WECHAT_AES_KEY": AES_KEY,
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _faults(environ: dict[str, str], config_path: Path | None = None) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        Settings.load(environ, config_path)
    assert all(fault.what and fault.way_out for fault in caught.value.faults)
    return [str(fault) for fault in caught.value.faults]


def _write(text: str) -> Path:
    file = Path("suda.toml")
    file.write_text(text, encoding="utf-8")
    return file


def test_without_any_setting_the_anshan_pack_is_served_on_loopback_with_web_chat_alone(tmp_path: Path) -> None:
    settings = Settings.load({})

    assert (settings.city, settings.host, settings.port) == ("anshan", "127.0.0.1", 8080)
    assert settings.database_url == f"sqlite:///{tmp_path}/var/suda.db"
    assert settings.media_dir == tmp_path / "var" / "media"
    assert settings.web.enabled
    assert settings.web.max_upload == 10 * 1024 * 1024
    assert not settings.wechat
    assert not settings.telegram
    assert settings.case_system.kind == "sandbox"
    assert (settings.settle_of("wechat").quiet, settings.settle_of("dingtalk").most) == (0.8, 2.5)
    assert settings.slot_seconds == 4.3
    assert not (tmp_path / "var").exists()


def test_when_something_at_the_desk_is_overdue_is_decided_in_the_configuration() -> None:
    usual = Settings.load({}).desk
    assert (usual.unhandled, usual.waiting, usual.unanswered) == (60.0, 300.0, 300.0)
    assert (usual.wait_long, usual.wait_late) == (300.0, 900.0)
    file = _write("[desk]\nwaiting = 120\nwait_long = 60\n")
    desk = Settings.load({"SUDA_DESK_WAIT_LATE": "90"}, file).desk

    assert (desk.waiting, desk.wait_long, desk.wait_late) == (120.0, 60.0, 90.0)
    [late] = _faults({"SUDA_DESK_WAIT_LATE": "30"}, file)
    assert "SUDA_DESK_WAIT_LATE" in late
    [zero] = _faults({"SUDA_DESK_UNHANDLED": "0"})
    assert "SUDA_DESK_UNHANDLED" in zero


def test_a_flag_wins_over_the_environment_and_that_over_the_file() -> None:
    file = _write('city = "generic"\nport = 1\nhost = "127.0.0.3"\n')

    settings = Settings.load({"SUDA_PORT": "2", "SUDA_CITY": "lianyuan"}, file, flags={"port": 3, "city": None})

    assert (settings.port, settings.city, settings.host) == (3, "lianyuan", "127.0.0.3")
    assert settings.config_file == file


def test_the_file_is_found_by_its_usual_name_or_by_a_variable() -> None:
    _write('city = "usual"')
    Path("other.toml").write_text('city = "named"')

    assert Settings.load({}).city == "usual"
    assert Settings.load({"SUDA_CONFIG": "other.toml"}).city == "named"


def test_the_environment_alone_configures_the_main_account() -> None:
    (account,) = Settings.load(WECHAT).wechat

    assert (account.account, account.app_id, account.aes_key) == ("main", "wx0123456789abcdef", AES_KEY)
    assert account.mode == "safe"
    assert account.api_base == "https://api.weixin.qq.com"


def test_tables_configure_several_accounts_and_the_environment_keeps_their_secrets() -> None:
    _write(
        f"""
        public_url = "https://city.example/"
        [sandbox]
        login = "clerk:a:b"
        [wechat.main]
        app_id = "wx1"
        app_secret = "s1"
        token = "t1"
        mode = "plain"
        [wechat.second]
        app_id = "wx2"
        token = "t2"
        aes_key = "{AES_KEY}"
        mode = "compatible"
        [telegram.main]
        token = "12:ab"
        mode = "webhook"
        secret = "s-e_c"
        """
    )

    settings = Settings.load({"SUDA_WECHAT_SECOND_APP_SECRET": "s2"})

    assert [(account.account, account.app_secret) for account in settings.wechat] == [("main", "s1"), ("second", "s2")]
    assert [(account.mode, account.secret) for account in settings.telegram] == [("webhook", "s-e_c")]
    assert settings.public_url == "https://city.example"
    assert settings.sandbox_login is not None
    assert settings.sandbox_login.password == "a:b"
    assert settings.unknown == ()


def test_every_fault_is_named_at_once_with_its_key_and_the_way_out() -> None:
    faults = _faults(
        {
            "SUDA_PORT": "eighty",
            "SUDA_HOST": "0.0.0.0",
            "SUDA_PUBLIC_URL": "city.example",
            "SUDA_WECHAT_APP_ID": "wx1",
            "SUDA_WECHAT_AES_KEY": "short",
            "SUDA_WECHAT_MODE": "secure",
            "SUDA_TELEGRAM_TOKEN": "not a token",
            "SUDA_TELEGRAM_MODE": "webhook",
            "SUDA_CASE_SYSTEM_MAPPING": "/nowhere/mapping.toml",
            "SUDA_WEB_ENABLED": "perhaps",
            "SUDA_WEB_MAX_UPLOAD": "big",
            "SUDA_SLOT_SECONDS": "9",
            "SUDA_LOG_LEVEL": "loud",
            "SUDA_REDIS_URL": "localhost",
            "SUDA_DATABASE_URL": "mysql://u:hunter2@h/db",
            "SUDA_SETTLE_WECHAT_MOST": "0.1",
        }
    )

    for key in (
        "SUDA_PORT",
        "SUDA_SANDBOX_LOGIN",
        "SUDA_PUBLIC_URL",
        "SUDA_WECHAT_APP_SECRET",
        "SUDA_WECHAT_TOKEN",
        "SUDA_WECHAT_AES_KEY",
        "SUDA_WECHAT_MODE",
        "SUDA_TELEGRAM_TOKEN",
        "SUDA_TELEGRAM_SECRET",
        "SUDA_CASE_SYSTEM_MAPPING",
        "SUDA_WEB_ENABLED",
        "SUDA_WEB_MAX_UPLOAD",
        "SUDA_SLOT_SECONDS",
        "SUDA_LOG_LEVEL",
        "SUDA_REDIS_URL",
        "SUDA_DATABASE_URL",
        "SUDA_SETTLE_WECHAT_MOST",
    ):
        assert any(fault.startswith(f"{key}（") for fault in faults), (key, faults)
    assert "hunter2" not in "".join(faults)


def test_a_misspelt_key_of_the_file_is_a_fault_that_names_the_right_one() -> None:
    _write('[wechat.main]\nappid = "wx1"\n[web]\ntitel = "诉达"\n')

    faults = _faults({})

    assert any("web.titel" in fault and "是不是 web.title" in fault for fault in faults)
    assert any("wechat.main.appid" in fault and "wechat.main.app_id" in fault for fault in faults)


def test_a_channel_table_without_an_account_says_where_its_keys_belong() -> None:
    _write('[wechat]\napp_id = "wx1"\n')

    assert any("wechat.app_id" in fault and "wechat.main.app_id" in fault for fault in _faults({}))


def test_a_misspelt_variable_is_listed_as_unknown() -> None:
    assert Settings.load({"SUDA_PROT": "80", "HOME": "/root"}).unknown == ("SUDA_PROT",)


@pytest.mark.parametrize("text", ["city = ", 'city = "a"\ncity = "b"', "\x00"])
def test_a_file_that_is_not_toml_is_one_fault(text: str) -> None:
    (fault,) = _faults({}, _write(text))

    assert "suda.toml" in fault


def test_a_file_that_is_named_but_missing_is_a_fault() -> None:
    assert "gone.toml" in _faults({"SUDA_CONFIG": "gone.toml"})[0]


def test_a_list_where_a_value_belongs_is_a_fault() -> None:
    _write("city = [1]\n[case_system]\ncallback_secrets = [1]")

    assert [fault.partition("（")[0] for fault in _faults({})] == ["SUDA_CASE_SYSTEM_CALLBACK_SECRETS", "SUDA_CITY"]


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.load({"SUDA_CITY": " ", "SUDA_WECHAT_APP_ID": ""}).city == "anshan"


@pytest.mark.parametrize("name", ["SUDA_HOST", "SUDA_PUBLIC_URL"])
def test_the_sandbox_is_not_shown_to_the_world_without_a_login(name: str) -> None:
    world = {"SUDA_HOST": "0.0.0.0", "SUDA_PUBLIC_URL": "https://city.example"}[name]

    assert "SUDA_SANDBOX_LOGIN" in _faults({name: world})[0]
    assert "写成 用户名:密码" in _faults({name: world, "SUDA_SANDBOX_LOGIN": "clerk"})[0]
    assert Settings.load({name: world, "SUDA_SANDBOX_LOGIN": "clerk:pw"}).sandbox_login is not None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback_has_many_names(host: str) -> None:
    assert Settings.load({"SUDA_HOST": host}).on_loopback


def test_a_real_case_system_needs_its_address_and_its_secret() -> None:
    faults = _faults({"SUDA_CASE_SYSTEM_KIND": "rest"})
    settings = Settings.load(
        {"SUDA_CASE_SYSTEM_KIND": "rest", "SUDA_CASE_SYSTEM_URL": "https://c.example", "SUDA_CASE_SYSTEM_SECRET": "x"}
    )

    assert len(faults) == 2
    assert settings.case_system.callback_secrets == ("x",)


def test_two_callback_secrets_may_be_in_force_while_one_is_changed() -> None:
    by_environment = Settings.load({"SUDA_CASE_SYSTEM_CALLBACK_SECRETS": "new, old"})
    _write('[case_system]\ncallback_secrets = ["new", "old"]')

    assert by_environment.case_system.callback_secrets == ("new", "old")
    assert Settings.load({}).case_system.callback_secrets == ("new", "old")


def test_no_secret_shows_in_what_settings_look_like() -> None:
    settings = Settings.load(
        WECHAT
        | {
            "SUDA_SECRET": "service-secret",
            "SUDA_TELEGRAM_TOKEN": "99:telegram-token",
            "SUDA_TELEGRAM_SECRET": "telegram-secret",
            "SUDA_CASE_SYSTEM_SECRET": "case-secret",
            "SUDA_SANDBOX_LOGIN": "clerk:clerk-password",
            "SUDA_DATABASE_URL": "postgresql://u:database-password@h/d",
            "SUDA_REDIS_URL": "redis://:redis-password@h",
        }
    )

    shown = repr(settings)
    for secret in ("secret-of", "tokenword", AES_KEY, "service-secret", "telegram-token", "telegram-secret"):
        assert secret not in shown
    for secret in ("case-secret", "clerk-password", "database-password", "redis-password"):
        assert secret not in shown


def test_the_service_makes_its_secret_once_and_keeps_it_to_itself(tmp_path: Path) -> None:
    settings = Settings.load({"SUDA_DATA_DIR": str(tmp_path / "data")})

    made = service_secret(settings)

    assert len(made) >= 43
    assert service_secret(settings) == made
    assert stat.S_IMODE((tmp_path / "data" / "secret").stat().st_mode) == 0o600
    assert [file.name for file in (tmp_path / "data").iterdir()] == ["secret"]


def test_a_configured_secret_is_used_and_not_written_anywhere(tmp_path: Path) -> None:
    assert service_secret(Settings.load({"SUDA_SECRET": "given"})) == "given"
    assert not (tmp_path / "var").exists()


def test_the_example_file_is_a_right_configuration() -> None:
    settings = Settings.load({}, Path(__file__).parents[2] / "suda.example.toml")

    assert settings.city == "anshan"
