"""The reflex: high recall, and no alarm at idioms, old stories and questions."""

from __future__ import annotations

import time

import pytest

from nlu.emergency import belongs_elsewhere, detect, second_look
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
    started = time.process_time()
    for _ in range(200):
        detect("楼下路灯坏了好几天了，晚上黑得看不见路，老人走路不安全")

    assert (time.process_time() - started) / 200 < 0.002


def test_an_endless_message_is_no_trouble() -> None:
    assert detect("路灯不亮" * 5000) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("路灯不亮，" * 40 + "我真的不想活了，药已经吃了一瓶", "suicide"),
        ("在吗" * 90 + "我想跳楼", "suicide"),
        ("楼上着火了！" * 30, "fire"),
        ("我家阳台着火了，" + "大家都在端水，" * 20, "fire"),
        ("啊" * 5000 + "着火了快来人", "fire"),
        ("停水的事我反映过很多回，" * 12 + "现在电梯里困住了人", "other"),
    ],
)
def test_a_long_message_hides_no_cry(text: str, kind: str) -> None:
    assert detect(text) == EmergencyKind(kind)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("停车收费不合理，先不说了我家着火了", "fire"),
        ("停车收费不合理先不说了我家着火了", "fire"),
        ("举报饭店油烟，后厨现在着火了没人管", "fire"),
        ("打电话投诉过医院，我爸现在没呼吸了", "medical"),
        ("您好请问一下，我家着火了打哪个电话", "fire"),
        ("听人说楼下着火了，现在楼道里全是烟", "fire"),
        ("对门着火了，我担心烧到我家", "fire"),
        ("燃气漏了想咨询一下怎么办", "gas"),
        ("请问有人跳江了该找谁", "suicide"),
        ("请问孩子误吞了电池怎么办", "medical"),
        ("楼上是不是着火了", "fire"),
        ("屋里不会是煤气漏了吧", "gas"),
    ],
)
def test_a_harmless_word_elsewhere_takes_nothing_from_a_cry(text: str, kind: str) -> None:
    assert detect(text) == EmergencyKind(kind)


@pytest.mark.parametrize(
    "text",
    [
        "前年着过火，今晚又着火了", "上次着过火的仓库现在又冒烟了", "从来没着过火，这次真着了",
        "不是我家着火，是对面着火了", "没着火我不会打，现在真的着火了", "不是没有着火，已经着火了", "火灭了又烧起来了",
        "以前自杀过，现在我又想死了", "上回报修没人来 现在电梯困住人了", "去年换的管子 现在煤气漏了",
    ],
)  # fmt: skip
def test_what_is_present_in_one_clause_wins_over_the_past_in_another(text: str) -> None:
    assert detect(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "她没有跳河", "我不会轻生的", "我没想自杀", "我们不堵路不跳楼", "这楼以前有人跳楼，瘆得慌",
        "有人上吊，是去年的事",
        "跳江的那个小伙子后来怎样了", "没有人掉河里", "没人落水", "天然气没有漏", "没闻到煤气味", "没看见着火",
        "刚才起火了，现在已经扑灭了", "着火了！已经灭了，想问谁赔", "消防通道堵死了，着火了怎么办",
        "楼道停满电动车，着火了跑都跑不了", "电梯老坏怕困人", "纵火案判得怎么样了", "放火的那个人抓住没",
        "去年冬天，我家着火了", "心里着火", "油价着火了", "灶打不着火", "被猫咬过一个月了 还打针吗",
    ],
)  # fmt: skip
def test_what_is_denied_past_feared_or_a_figure_raises_no_alarm(text: str) -> None:
    assert detect(text) is None


@pytest.mark.parametrize("text", ["他要杀我", "家暴", "溺水", "有人砍人", "我要自杀", "你好" * 80 + "我不想活了"])
def test_the_encoder_takes_no_plain_danger_away(text: str) -> None:
    found = detect(text)

    assert found is not None
    assert second_look(text, found, EmergencyKind.OTHER, 0.0, resembles=0.0, matter=True) is found


def test_the_encoder_takes_away_what_may_mean_something_else() -> None:
    text = "小孩的疫苗本丢了上哪补"

    assert second_look(text, detect(text), EmergencyKind.OTHER, 0.02, resembles=0.0, matter=False) is None


@pytest.mark.parametrize("text", ["屋里没闻到燃气味", "刚才冒火了，已经扑灭了", "垃圾站的臭味熏得人头晕"])
def test_the_encoder_adds_nothing_to_what_is_denied_over_or_a_nuisance(text: str) -> None:
    assert belongs_elsewhere(text)
    assert second_look(text, None, EmergencyKind.GAS, 0.99, resembles=0.9, matter=True) is None


def test_the_encoder_must_be_surer_where_the_words_speak_of_a_category() -> None:
    text = "燃气表走不动了"

    assert second_look(text, None, EmergencyKind.GAS, 0.9, resembles=0.0, matter=True) is None
    assert second_look(text, None, EmergencyKind.GAS, 0.9, resembles=0.0, matter=False) is EmergencyKind.GAS


@pytest.mark.parametrize("piece", ["没着火", "没有人落水 ", "去年着火，", "天天打我", "车撞", "0"])
def test_an_endless_message_of_half_alarms_takes_no_endless_time(piece: str) -> None:
    started = time.process_time()
    detect(piece * (20_000 // len(piece)))

    assert time.process_time() - started < 2
