"""What a failure means to those who look after the desk: the record keeps a channel's or a program's own word."""

import re
from collections.abc import Mapping

from handoff.tongue import counted, later, say

_WECHAT: Mapping[int, str] = {
    45015: later("超过 48 小时没有来信，微信不让发"),
    45047: later("这个窗口的条数已用完，微信不让发"),
    48001: later("公众号没有客服消息权限"),
    45009: later("今天调用微信接口的次数已用完"),
    45011: later("调用微信接口太频繁"),
    40001: later("微信凭证无效"),
    40014: later("微信凭证无效"),
    41001: later("微信凭证无效"),
    42001: later("微信凭证已过期"),
    40013: later("AppID 不对"),
    40125: later("AppSecret 不对"),
    40164: later("本机地址不在公众号的 IP 白名单里"),
    40003: later("市民的微信号无效，可能已取消关注"),
    43004: later("市民已取消关注"),
    43019: later("市民已拒收"),
    45002: later("内容太长，微信不收"),
    87014: later("微信认为内容违规"),
    -1: later("微信系统繁忙"),
}
_CODE = re.compile(r"(?:WeChat says|errcode) (-?\d+)")
_GIVEN_UP = re.compile(r"given up after (\d+) tries: (.*)", re.DOTALL)
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), words)
    for pattern, words in (
        (r"the case system did not answer|the way to the case system is not open", later("承办系统没有应答")),
        (r"the case system answered (\d{3})\b", later("承办系统拒收或出错（{}）")),
        (r"the case system answered", later("承办系统没有接受")),
        (r"the case system's answer|answered for .+, not for", later("承办系统的应答无法读取")),
        (r"WeChat is not to be reached", later("连不上微信")),
        (r"WeChat answered with status (\d+)", later("微信接口出错（{}）")),
        (r"WeChat gave no token|\bno token\b", later("拿不到微信凭证")),
        (r"the token is not accepted|InvalidToken", later("Telegram 令牌无效")),
        (r"blocked by the user|user is deactivated", later("市民已屏蔽或注销")),
        (r"chat not found|no Telegram chat", later("找不到市民的 Telegram 会话")),
        (r"Too Many Requests|RetryAfter", later("发得太快，平台让稍后再发")),
        (r"only .+ (?:parts left|was delivered)", later("只发出了前面一部分")),
        (r"larger than we take|too long even", later("内容或文件太大")),
        (r"nothing is kept|no key of the shelf", later("文件已不在")),
        (r"the shelf cannot be", later("文件暂时存不下或读不出")),
        (
            r"did not answer|connection cut|TimedOut|NetworkError|'s answer is not|cannot read",
            later("连接中断，没有等到回执"),
        ),
        (r"^no step leads|^the step from|^an update for", later("承办系统发来的状态与工单现在的状态接不上")),
        (r"^[A-Za-z_.]*(?:Error|Exception)\b", later("程序出错，请告诉维护人员")),
    )
)
_OTHERWISE: Mapping[str, str] = {
    "refused": later("对方没有接收"),
    "unknown": later("没有等到回执"),
    "retrying": later("对方暂时没有接收"),
    "put_aside": later("处理时出错"),
}
FAILURES = frozenset(_OTHERWISE)
"""Kinds of loose ends whose detail is such a word."""


def meaning(kind: str, raw: str) -> str:
    """What it means, in the operators' words; what nobody knows reads as its kind does."""
    if not raw:
        return ""
    if given_up := _GIVEN_UP.match(raw):
        why = meaning(kind, given_up[2]) or say(_OTHERWISE[kind])
        return counted("试了 %(n)d 次，已停止：%(why)s", int(given_up[1]), why=why)
    code = _CODE.search(raw)
    if code:
        return say(_WECHAT.get(int(code[1]), "")) or say("微信拒收（{code}）").format(code=code[1])
    for pattern, words in _WORDS:
        if found := pattern.search(raw):
            return say(words).format(*found.groups())
    return say(_OTHERWISE[kind])
