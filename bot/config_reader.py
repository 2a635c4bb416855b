"""Looks settings up in flags, environment and suda.toml, and gathers every fault instead of stopping at the first."""

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_ACCOUNT = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_SIZE = re.compile(r"(\d+)\s*(B|KB|MB)?", re.IGNORECASE)
_SIZES = {"": 1, "b": 1, "kb": 1024, "mb": 1024 * 1024}
_YES, _NO = frozenset({"1", "true", "yes", "on", "开"}), frozenset({"0", "false", "no", "off", "关"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong with the configuration."""

    key: str
    """The environment variable and the key of suda.toml."""
    what: str
    way_out: str

    def __str__(self) -> str:
        return f"{self.key}：{self.what}。{self.way_out}。"


class ConfigError(Exception):
    """The service cannot start with this configuration; `faults` are all that is wrong with it."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  - {fault}" for fault in self.faults)
        super().__init__(f"配置有 {len(self.faults)} 处错误：\n{lines}")


def read_file(
    environ: Mapping[str, str], config_path: Path | None, faults: list[Fault]
) -> tuple[Path | None, dict[str, object]]:
    """The suda.toml that counts, and what it says."""
    named = config_path or (Path(environ["SUDA_CONFIG"]) if environ.get("SUDA_CONFIG") else None)
    file = named or Path("suda.toml")
    if named is None and not file.exists():
        return None, {}
    try:
        return file, tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(Fault(key=str(file), what=f"读不出来（{error.strerror}）", way_out="检查 SUDA_CONFIG 与文件权限"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        faults.append(Fault(key=str(file), what=f"不是正确的 TOML：{error}", way_out="对照 suda.example.toml 改正"))
    return file, {}


class Reader:
    """Looks a key up in flags, environment and file, and notes what is wrong with its value."""

    def __init__(
        self,
        environ: Mapping[str, str],
        table: Mapping[str, object],
        flags: Mapping[str, object],
        faults: list[Fault],
    ) -> None:
        # an empty variable is what compose files pass for "not set"
        self._environ = {name: text.strip() for name, text in environ.items() if text.strip()}
        self._file = dict(_flatten(table))
        self._flags = {key: value for key, value in flags.items() if value is not None}
        self._faults = faults
        self._known: set[str] = set()

    def fault(self, key: str, what: str, way_out: str) -> None:
        """Note what is wrong with a key, and the way out."""
        self._faults.append(Fault(key=f"{variable(key)}（{key}）", what=what, way_out=way_out))

    def text(self, key: str, default: str = "") -> str:
        """What is said about a key: flags win over the environment, that over the file."""
        self._known.add(key)
        for source, name in ((self._flags, key), (self._environ, variable(key)), (self._file, key)):
            if name in source:
                value = source[name]
                if isinstance(value, bool):
                    return "true" if value else "false"
                if isinstance(value, str | int | float):
                    return str(value).strip()
                self.fault(key, "应是一个值，不是列表或表", "对照 suda.example.toml 改正")
        return default

    def needed(self, key: str, name: str) -> str:
        """A text without which its channel cannot work."""
        value = self.text(key)
        if not value:
            self.fault(key, f"缺少{name}", "补上它，或删去该渠道的全部设置以关闭该渠道")
        return value

    def choice(self, key: str, options: tuple[str, ...], default: str) -> str:
        """One of a few words."""
        value = self.text(key, default).lower()
        if value not in options:
            self.fault(key, f"不认识 {value!r}", f"可选：{'、'.join(options)}")
        return value

    def number(self, key: str, default: float, low: float, high: float) -> float:
        """A number within its bounds."""
        text = self.text(key, str(default))
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.fault(key, f"{text!r} 不是 {low:g} 到 {high:g} 之间的数", f"不设置时是 {default:g}")
            return default
        return value

    def whole(self, key: str, default: int, low: int, high: int) -> int:
        """A whole number within its bounds."""
        text = self.text(key, str(default))
        if not (text.isascii() and text.isdecimal() and low <= int(text) <= high):
            self.fault(key, f"{text!r} 不是 {low} 到 {high} 之间的整数", f"不设置时是 {default}")
            return default
        return int(text)

    def size(self, key: str, default: str) -> int:
        """So many bytes."""
        match = _SIZE.fullmatch(self.text(key, default))
        if match is None or not int(match[1]):
            self.fault(key, "不是大小", "写成 10MB、512KB 或字节数")
            return 1
        return int(match[1]) * _SIZES[(match[2] or "").lower()]

    def flag(self, key: str, default: bool) -> bool:
        """Yes or no."""
        text = self.text(key, str(default)).lower()
        if text not in _YES | _NO:
            self.fault(key, f"{text!r} 不是开关", "写 true 或 false")
        return text in _YES

    def url(self, key: str, schemes: tuple[str, ...], default: str = "") -> str:
        """An address with one of these schemes, or nothing."""
        text = self.text(key, default)
        scheme, _, rest = text.partition("://")
        if text and (scheme.partition("+")[0] not in schemes or not _names_a_place(text, rest)):
            # the value stays out of the message: it may hold a password
            self.fault(key, "不是完整的网址", f"以 {'、'.join(f'{scheme}://' for scheme in schemes)} 开头")
            return ""
        return text

    def path(self, key: str, default: str) -> Path:
        """A path, whether it is there or not."""
        return Path(self.text(key, default)).expanduser().absolute()

    def existing(self, key: str, *, folder: bool = False) -> Path | None:
        """The path of a file or folder that is there; None when nothing is said."""
        text = self.text(key)
        if not text:
            return None
        path = Path(text).expanduser().absolute()
        if not (path.is_dir() if folder else path.is_file()):
            self.fault(key, f"{path} 不存在", "检查路径；相对路径从启动 suda 的目录算起")
        return path

    def words(self, key: str) -> tuple[str, ...]:
        """A list, in a variable parted by commas."""
        self._known.add(key)
        value = self._environ.get(variable(key), self._file.get(key, ""))
        if isinstance(value, list) and all(isinstance(word, str) for word in value):
            return tuple(word.strip() for word in value if word.strip())
        return tuple(word.strip() for word in self.text(key).split(",") if word.strip())

    def accounts(self, channel: str) -> tuple[str, ...]:
        """Accounts that anything is said about: tables of the file, and `main` by the environment."""
        inside = (key.split(".") for key in self._file if key.startswith(f"{channel}."))
        named = dict.fromkeys(parts[1] for parts in inside if len(parts) == 3)
        parts = ("app_id", "app_secret", "token", "aes_key", "secret")
        if any(variable(f"{channel}.main.{part}") in self._environ for part in parts):
            named.setdefault("main")
        for name in [name for name in named if not _ACCOUNT.fullmatch(name)]:
            self.fault(f"{channel}.{name}", "账号名用在网址里，只能是小写字母、数字、_ 和 -", "换一个名字")
        for part in (*parts, "mode", "api_base"):
            self._known.add(f"{channel}.main.{part}")
        return tuple(named)

    def refuse_unknown_keys(self) -> None:
        """What nobody asked for in the file is a fault: most likely misspelt."""
        for key in sorted(self._file.keys() - self._known):
            near = difflib.get_close_matches(key, self._known, 1)
            way_out = f"是不是 {near[0]}" if near else "删去它，或对照 suda.example.toml"
            self._faults.append(Fault(key=f"suda.toml 的 {key}", what="没有这个设置", way_out=way_out))

    def unknown_variables(self) -> tuple[str, ...]:
        """SUDA_ variables that nobody asked for."""
        known = {variable(key) for key in self._known} | {"SUDA_CONFIG"}
        return tuple(sorted(name for name in self._environ if name.startswith("SUDA_") and name not in known))


def variable(key: str) -> str:
    """The environment variable of a key of suda.toml: `wechat.main.app_id` is SUDA_WECHAT_APP_ID."""
    return "SUDA_" + key.replace(".main.", ".").replace(".", "_").replace("-", "_").upper()


def _flatten(table: Mapping[str, object], prefix: str = "") -> Iterable[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _names_a_place(text: str, rest: str) -> bool:
    try:
        return bool(rest) and (urlsplit(text).hostname is not None or rest.startswith("/"))
    except ValueError:
        return False
