"""The reflex: high recall, and no alarm at idioms, old stories and questions."""

from __future__ import annotations

import time

import pytest

from nlu.emergency import detect
from nlu.interpretation import EmergencyKind


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("三楼窗户往外冒浓烟", "fire"),
        ("我家厨房着火了", "fire"),
        ("煤气罐漏气了嘶嘶响", "gas"),
        ("楼道里全是天然气味", "gas"),
        ("有人持刀抢劫", "crime"),
        ("我老公拿菜刀追我", "crime"),
        ("我爸突然倒地抽搐", "medical"),
        ("爷爷没呼吸了", "medical"),
        ("我不想活了", "suicide"),
        ("桥上有个女的要往下跳", "suicide"),
        ("小车掉河里了", "traffic"),
        ("前面出车祸了 流好多血", "traffic"),
        ("房子塌了下面有人", "other"),
        ("小孩掉冰窟窿里了", "other"),
        ("面包车把我外孙女拉走了 小女孩被两个人抱上车", "crime"),
        ("邻居两口子要害我 快来", "crime"),
        ("我刚才转账两万 被骗了", "crime"),
        ("拦河坝垮了 水往庄里灌", "other"),
        ("塘坝眼看要垮了", "other"),
        ("俩娃下水库里没上来", "other"),
        ("肇事的车开走了 大爷还躺马路上", "traffic"),
        ("路口撞人了", "traffic"),
        ("两车相撞冒烟了 司机卡在里头出不来", "traffic"),
        ("服药服错了 吃错药 人晕乎迷糊", "medical"),
        ("宝宝误吞了一粒安眠药", "medical"),
        ("隔壁老奶奶摔倒了 一直喊救命", "medical"),
        ("阳台冒火苗 有个女的趴窗台上喊", "fire"),
        ("两口子又吐又晕 屋里点着蜂窝煤炉", "gas"),
        ("再不给俺工钱 俺就死在你们门口", "suicide"),
        ("我报错门牌了 着火的是9号楼", "fire"),
    ],
)
def test_danger_now_is_heard(text: str, kind: str) -> None:
    assert detect(text) == EmergencyKind(kind)


@pytest.mark.parametrize(
    "text",
    [
        "气死我了", "吓死人了这个路", "今天热死了", "消防通道被占了", "去年着过火的那栋楼还没修", "打120投诉没人接",
        "119是什么电话", "燃气费怎么交", "煤气罐年检在哪", "楼道堆杂物怕着火", "灭火器过期了没人管", "差点撞到人",
        "他被打了 派出所不立案", "烟囱天天冒黑烟", "火车站出租车乱要价", "请问触电赔偿标准", "老人上个月去世 丧葬费",
        "没有着火，是我看错了", "昨天电视剧里有人跳楼", "", "😀", "打俺闺女的13900001111", "打我对象手机吧",
        "多亏民警把俺家走丢的老人找回来了", "自杀了人寿保险还赔不赔", "冻得我快断气了", "加班加得我想跳楼",
        "愁得我要上吊", "小说里那个女主割腕了", "你怎么不去跳河", "刚说的瓦斯味是闻岔了 不用来了",
        "昨天那个水塘淹死了人 一直没围栏", "上周车祸的事故认定出来没", "火上房了也没你们这么磨蹭",
    ],
)  # fmt: skip
def test_idioms_old_stories_and_questions_raise_no_alarm(text: str) -> None:
    assert detect(text) is None


def test_the_reflex_takes_well_under_a_millisecond_for_a_chat_line() -> None:
    detect("先暖一次")
    started = time.perf_counter()
    for _ in range(200):
        detect("楼下路灯坏了好几天了，晚上黑得看不见路，老人走路不安全")

    assert (time.perf_counter() - started) / 200 < 0.002


def test_an_endless_message_is_no_trouble() -> None:
    assert detect("路灯不亮" * 5000) is None
