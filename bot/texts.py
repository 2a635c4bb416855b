"""The sentences that citizens read. A city's `texts.toml` may replace any of them."""

import string
from collections.abc import Mapping

DEFAULTS: dict[str, str] = {
    # first contact, small talk
    "privacy": "为办理和回访您的诉求，我们会保存您在这里的留言和您愿意留下的联系方式，不作他用。说明：{privacy_url}",
    "welcome": "您好，这里是{hotline}。您可以直接说要反映的事情和地点，发照片、语音、定位都行；也可以问政策、查进度。想找人工，回复“人工”。在几个聊天里办过事的，回复“绑定”就能一起查。",
    "greet": "您好，我在。请直接说您要反映的事情和地点，或者您想问的问题。想找人工，回复“人工”。",
    "greet_draft": "您好，我在。您刚才说的还在，我们接着来。",
    "ok": "好的。还有别的事，随时说。",
    "thanks": "不客气。后面有进展会在这里告诉您；还有别的事，随时说。",
    "goodbye": "好的，再见。您说过的都已记下，随时可以回来接着说。",
    "chitchat": "我是{hotline}的智能助手，只管听您反映问题、答政策、查进度，闲聊不太在行。有要办的事，请直接说。",
    "gibberish": "这句我没看懂。请用一句话说说：什么事、在哪里。也可以回复“人工”找人工。",
    "gibberish_draft": "这句我没看懂，前面说的都还在。想找人工，回复“人工”。",
    "gibberish_waiting": "这句我没看懂，已给坐席留着，他会看到。您也可以换个说法：什么事、在哪里。",
    "not_understood": "对不起，我还是没弄明白，已帮您转给人工坐席，您说过的话他都能看到。",
    "complaint_about_bot": "对不起，让您费劲了。要找人工，回复“人工”，一句就行；要接着说，我认真听。",
    "abuse": "您的火气我理解。请说说是什么事、在哪里，我马上给您登记；也可以回复“人工”找人工。",
    "abuse_draft": "对不起，让您着急了。您说的都记着，接着说就行；找人工回复“人工”。",
    "sticker": "表情收到了，不过我看不懂表情。",
    "unknown_kind": "收到了您发来的内容，已经保存，但这种类型我还看不懂。",
    "link": "链接已收到并保存，不过我打不开链接。",
    "please_type": "请用一句话说说是什么事、在哪里。",
    "voice_unheard": "语音已收到并保存，但我没能听清内容。",
    "voice_type": "麻烦您把语音里的话打字说一下。",
    "voice_listening": "语音已收到，正在听写，稍等片刻；着急的话也可以直接打字。",
    "failed": "您的话已经记下，刚才系统处理时出了点问题，已转人工坐席查看，不用重复发送。",
    # emergencies
    "emergency": "⚠️ 情况紧急，请立即拨打 {number}（{what}）！{advice}",
    "emergency_after": "同时已通知值班坐席。",
    "emergency_read_out": "打 {number} 就照着说：“{call}。”",
    "emergency_where": "您在哪里？哪条路、哪个小区、几号楼，说不清就说旁边看得到的店名或发定位，我马上转给坐席。",
    "emergency_filed": "已按紧急件登记，编号 {ticket_no}。有变化接着说，我都转给坐席。",
    "emergency_filed_ask": "已按紧急件登记，编号 {ticket_no}。有变化接着说；腾得出手就留个电话，方便找到您。",
    "emergency_call": "现在就打 {number}，照着说：“{call}。”说完别挂，听他们问什么答什么。",
    "emergency_no_place": "我在（路名、小区或旁边的店名、路牌）",
    "emergency_noted": "记下了，已转给坐席。",
    "emergency_call_still": "还没打的话，现在就打 {number}。",
    "emergency_contact": "记下了，坐席和承办单位能联系上您。",
    "emergency_door": "门打不开，同时打 119，请消防来开门。",
    "emergency_safe": "那就好。您的情况都转给坐席了，还有要办的事随时说。",
    "emergency_care": "您的话我都转给值班坐席了，坐席会在这里回复您。您愿意的话，告诉我您现在在哪里、身边有没有人。",
    "emergency_care_brink": "请您先离开那个地方，往里退几步，找个能坐下的地方坐一坐。",
    "emergency_care_back": "谢谢您愿意这样做，这一步很不容易。先找个暖和、有人的地方待着，叫一个信得过的人来陪您。坐席会在这里回复您，想说话就打 {number}，一直有人接。",
    "emergency_care_kept_1": "我在，您说的坐席都能看到，会在这里回复您。难受得厉害就打 {number}，24 小时有人接，电话那头的人愿意听您说。",
    "emergency_care_kept_2": "您愿意说出来，我一直在听。能不能叫一个家人或朋友到您身边？打 {number} 也行，不用怕说不好。",
    "emergency_care_kept_3": "您不用一个人撑着。慢慢说，不着急；撑不住的时候就打 {number}，危险就在眼前就打 110。",
    "emergency_called": "好的，请先保证自身安全，听从救援人员指挥。您的情况已转值班坐席。",
    # asking
    "ask_what": "请问您要反映什么事情？",
    "ask_what_there": "请问那里发生了什么事？",
    "ask_what_media": "请用一句话说说是什么事、在哪里。",
    "media_kept": "{media}已收到并保存，不过我还不会看图。",
    "place_kept": "位置收到：{place}。",
    "ask_where": "请问在什么地方？说街道、小区、楼栋或路名都行，也可以直接发定位。",
    "ask_where_pin": "定位收到了。请再说一下是哪个区（县）、附近什么路或小区？说不清也没关系。",
    "ask_where_again": "还差地点才能派给承办单位：哪个区（县）、哪条路或哪个小区（村）？说不清可以发定位，或选下面的“说不清”。",
    "ask_which_place": "“{name}”不止一处，请问是哪一个？",
    "ask_which_nearby": "定位收到了。请问是在下面哪一处附近？",
    "ask_which_area": "叫“{name}”的有 {count} 处，请问在哪里？选一个，或者直接说区县和乡镇（街道）。",
    "ask_place_in_words": "那请直接说：是哪个区县、哪个乡镇（街道）的“{name}”？",
    "ask_category": "请问这件事更接近哪一类？",
    "ask_contact": "请留个称呼和电话，方便承办单位联系您；不想留也可以，进展会在这里告诉您。",
    "phone_partial": "号码收到 {digits}，还差 {missing} 位，请接着发。",
    "phone_odd": "“{digits}”不像完整的手机号（11 位）或带区号的座机号，请再看看；不想留电话，回复“不留”。",
    "noted_correction": "好的，已改为“{right}”。",
    "noted_wrong_number": "好的，刚才的号码不用了。",
    "noted_media": "{media}已附上。",
    "noted_anonymous": "好的，按匿名处理，不会留下您的姓名和电话。",
    "noted_secret": "好的，按保密处理，承办单位看不到您的姓名和电话。",
    "noted_open": "好的，不保密，承办单位可以直接联系您。",
    "anonymous_keeps_none": "您选的是匿名，姓名和电话我没有保存。要留联系方式，请回复“不匿名”再发一次。",
    "noted_contact": "联系方式记下了。",
    "noted_declined": "好的，不留联系方式，进展会在这里告诉您。",
    "noted_second": "您说的另一件事“{what}”我也记下了，一件一件来。",
    "noted_several": "您说的{count}件事分开记：{matters}。",
    "one_by_one": "好的，另一件事等这件提交了马上说。",
    "next_matter": "接着说您提到的另一件事：“{what}”",
    "fresh_first": "好，先办“{what}”，之前那件给您留着。",
    "stale_choice": "这个选项已经过时了。",
    # the card
    "card": "请核对：\n【事项】{what}\n【地点】{place}\n【类别】{category}\n{time}【联系】{contact}\n【保密】{secrecy}{attachments}\n没问题请回复“确认”提交；要改哪里直接说，例如“不是3栋，是5栋”。",
    "cards": "您反映了{count}件事，请核对：\n{cards}\n没问题请回复“确认”一起提交；要改哪里直接说。",
    "card_unsure": "（再细的类别我不太有把握，请点下面的）",
    "category_open": "由受理人员归类",
    "card_more": "【事项】加上：{what}",
    "card_what": "【事项】{what}",
    "card_changed": "已更新：\n{lines}\n没问题回复“确认”提交；要看全部，回复“再看一遍”。",
    "card_waits": "刚才那件还没提交：没问题回复“确认”，要改直接说，要看全部回复“再看一遍”。",
    "card_again": "好的。要提交请回复“确认”；要改哪里直接说。",
    "deny_card": "好的，先不提交。哪里要改？直接说正确的就行，例如“地点是和平路5号”；不想报了，回复“撤回”。",
    "submitted": "已为您登记。\n编号：{ticket_no}\n事项：{title}\n地点：{place}\n承办（拟）：{unit}\n预计答复：{promise}",
    "submitted_how": "有进展会在这里告诉您。查进度、催办、补充、撤回，直接说就行；想找人工，回复“人工”。",
    "promise": "{date}前",
    "promise_provisional": "{date}前（该日期节假日安排尚未公布，以实际为准）",
    "promise_none": "受理后告知",
    "nudge": "您反映的“{what}”还没有提交，回复“确认”就能提交；要改直接说，不报了回复“撤回”。",
    "nudge_open": "您反映的“{what}”还差一点就能提交了。",
    "a_matter": "那件事",
    "laid": "您反映的“{what}”一直没有确认，我已把草稿转给人工坐席，坐席会看到并在这里回复您；您也可以随时回来接着说。",
    "resume": "您之前说的“{what}”还没有提交。要接着办，还是办新的事？",
    # withdrawing
    "withdraw_draft": "“{what}”还没有提交，确定不报了吗？",
    "withdraw_ticket": "确定撤回工单 {ticket_no}（{title}）吗？",
    "withdrawn_draft": "好的，已撤掉，没有提交。需要时随时再说。",
    "withdrawn_ticket": "工单 {ticket_no} 已撤回，也已告知承办系统。需要时随时再说。",
    "withdraw_kept": "好的，不撤，照常办理。",
    "withdraw_late": "工单 {ticket_no} 现在是“{status}”，不能再撤回。",
    "nothing_to_withdraw": "您目前没有可以撤回的诉求。",
    # tickets
    "no_ticket": "在这里没有查到您提交过的工单。要反映问题，请直接说什么事、在哪里；在别的聊天里登记的，回复“绑定”就能一起查，或回复“人工”请坐席帮查。",
    "unknown_ticket": "没有在您名下查到编号 {ticket_no} 的工单，请核对编号；在别的聊天里登记的，回复“绑定”就能一起查，或回复“人工”请坐席帮查。",
    "status_line": "{ticket_no} {title}：{status}{promise}",
    "made_anonymous": "工单 {ticket_no} 已改为匿名：这里不再保留您的姓名和电话，并已告知承办系统按匿名办理。",
    "made_confidential": "工单 {ticket_no} 已改为保密，并已告知承办系统，您的姓名和电话不给承办单位。",
    "made_open": "工单 {ticket_no} 不再保密，并已告知承办系统。",
    "status": "您的工单：\n{lines}",
    "status_promise": "，预计{date}前答复",
    "status_draft": "您有一件还没提交：“{what}”。",
    "when": "“{title}”最晚{date}前答复您，现在是“{status}”；派了人、有了结果，都会在这里告诉您。着急的话回复“催办”。",
    "when_unknown": "“{title}”现在是“{status}”，有进展会在这里告诉您。",
    "which_ticket": "您有几件工单，请问是哪一件？",
    "urged": "已为工单 {ticket_no}（{title}）催办，第 {count} 次，已告知承办系统；现在是“{status}”{promise}。",
    "urge_closed": "工单 {ticket_no} 现在是“{status}”。如果没有解决，请回复“不满意”，我给您重新办理。",
    "urge_draft": "这件事还没提交，提交了才能派人去办。",
    "supplemented": "已补充到工单 {ticket_no}（{title}），并告知承办系统。",
    "supplement_closed": "工单 {ticket_no} 现在是“{status}”，补充的内容已保存并告知承办系统。没有解决的话请回复“不满意”重新办理。",
    "reason_kept": "原因已记下，一并转给督办人员。",
    "ask_rating": "请问问题解决了吗？请评价：",
    "ask_rating_busy": "您手上这件说完后再评价也行，或直接回复“{ticket_no} 满意”“{ticket_no} 不满意”。",
    "need_info_busy": "您手上这件说完后再补充也行，或先回复编号 {ticket_no} 再写内容。",
    "need_info_still": "另外，您之前的“{title}”还等着补充信息，请接着在这里说。",
    "rated_good": "谢谢您的评价：{grade}。",
    "rated_bad": "很抱歉没让您满意。工单 {ticket_no} 已重新办理，并标记二次督办，有进展会在这里告诉您。",
    "rated_early": "您的评价“{grade}”已记到工单 {ticket_no}，并告知承办系统。",
    "ask_reason": "请说说哪里没解决，我一并转过去；不想说也没关系。",
    "unsolved": "您是说“{title}”还没解决吗？",
    "rate_what": "还没有办结的工单可以评价。有结果后我会在这里请您评价。",
    "rate_how": "工单“{title}”办得怎么样？请选一个：",
    # linking
    "status_elsewhere": "（在{channel}登记）",
    "channel_wechat": "微信",
    "channel_telegram": "Telegram",
    "channel_web": "网页",
    "channel_other": "另一个聊天",
    "link_code": "绑定码：{code}。十分钟内，到您的另一个聊天（微信、Telegram 或网页）里发送“绑定 {code}”，两边的工单就能一起查。绑定码只用一次，不要告诉别人。",
    "link_code_ask": "绑定码要是在另一个聊天里拿的，直接把六位数字发给我。",
    "link_done": "绑定好了：这里和您的{channel}算同一个人，两边的工单在哪边都能查、催办、补充、撤回、评价，进展仍发到登记时的那个聊天。要分开，回复“解除绑定”。",
    "link_told": "您在{channel}上和这里绑定了，两边的工单在哪边都能查、催办、补充、撤回、评价。不是您本人做的，请马上回复“解除绑定”。",
    "link_wrong": "这个绑定码不对，或者已经用过、过期了。请在另一个聊天里回复“绑定”重新拿一个。",
    "link_too_often": "绑定码错的次数太多了，请过一小时再试。着急的话回复“人工”。",
    "link_own": "这个绑定码就是这里发的，要到您的另一个聊天里用：在那边发送“绑定 {code}”。",
    "link_already": "这里和您的{channel}已经绑定过了，不用再绑。",
    "link_full": "最多绑定{most}个聊天，已经满了。用不着的，在那个聊天里回复“解除绑定”。",
    "unlinked": "已解除绑定，今后这里只能查到在这里登记的工单。",
    "unlinked_none": "这里没有绑定过别的聊天。",
    "unlinked_told": "您的{channel}已和这里解除绑定，今后在那边登记的工单这里查不到。",
    "unlinked_by_desk": "坐席已把这里和您其他聊天的绑定解除，今后这里只能查到在这里登记的工单。",
    # human
    "waiting_now": "已为您转人工，前面还有 {ahead} 位，坐席会在这里直接回复您。您可以先把事情和地点说了，我接着记。",
    "waiting_now_first": "已为您转人工，坐席会在这里直接回复您。您可以先把事情和地点说了，我接着记。",
    "waiting_later": "已为您转人工{place}。现在不是坐席当班时间，{when} 起有人看并在这里回复您。事情照样受理，您可以现在就说，我来登记。",
    "waiting_nobody": "已为您转人工{place}。现在没有坐席在线，坐席一上线就按先后在这里回复您，不用一直守着。事情照样受理，您可以现在就说，我来登记。",
    "still_waiting": "还在等人工坐席，您没有被忘记{place}{when}。",
    "place_in_line": "，前面还有 {ahead} 位",
    "place_first": "，您排在最前面",
    "still_waiting_when": "；现在不是坐席当班时间，{when} 起有人看",
    "still_waiting_nobody": "；现在没有坐席在线，坐席一上线就按先后回复，不用一直守着",
    "angry_waiting": "对不起，让您着急了。已为您转人工{place}，坐席会在这里直接回复您{when}。",
    "sensitive_waiting": "这件事已转给人工坐席，坐席会看到并在这里回复您{when}。",
    "unhappy_waiting": "同时已转给人工坐席，坐席会看到并在这里回复您{when}。",
    "operator_joined": "坐席 {name} 已接入，为您服务。",
    "operator_given": "您的会话由坐席 {name} 接着办，前面说的都能看到，不用重复。",
    "operator_passed_on": "您的会话已转给{group}接着办，前面说的都能看到，不用重复；有人接手时会在这里告诉您。",
    "colleagues": "其他坐席",
    "operator_lost": "坐席暂时离线，您的会话已退回排队，排在前面，下一位坐席会在这里接着回复您{when}。您可以接着说，我先记着。",
    "operator_gone": "坐席 {name} 已下线，您的会话已退回排队，排在前面，下一位坐席会在这里接着回复您{when}。您可以接着说，我先记着。",
    "operator_meant": "您的会话已放回排队，排在前面，由坐席 {name} 或先有空的同事接着办，前面说的都能看到，不用重复；"
    "有人接手时会在这里告诉您{when}。",
    "operator_left": "坐席已把会话交回，后面由智能助手接着为您办，前面说的都记着，不用重复。",
    "operator_closed": "坐席 {name} 已结束这次服务。{outcome}以后有事直接在这里说，要找坐席就回复“人工”。",
    "closed_tickets": "已登记工单 {tickets}，有进展会在这里告诉您。",
    "closed_dropped": "您说的“{what}”没有登记成工单；需要登记的话，在这里说一声就行。",
    "ask_service": "这次人工服务您满意吗？请评价：",
    "service_bad": "很抱歉这次没让您满意，已经记下。哪里不满意，可以接着说。",
    # FAQ
    "faq_answer": "{answer}\n（来源：{source}）",
    "faq_answer_plain": "{answer}",
    "faq_in_case": "{case}：\n{answer}",
    "faq_ask": "{ask}",
    "faq_ask_draft": "{ask}（刚才那件事还在，答完接着办）",
    "faq_clarify": "您是想问下面哪一个？",
    "faq_clarify_draft": "您是想问下面哪一个？（刚才那件事还在，答完接着办）",
    "faq_none": "这个问题我没有现成的准确答案，不乱答。可以提交为咨询，由承办单位答复您，或者转人工：",
    "faq_none_draft": "这个问题我没有现成的准确答案，已记下；需要的话回复“人工”问坐席。",
    "faq_useful": "谢谢反馈。",
    "faq_useless": "抱歉没帮上忙，已记下这个问题。可以提交为咨询，或者转人工：",
    # labels of choices
    "choice_confirm": "确认提交",
    "choice_edit": "要修改",
    "choice_withdraw": "不报了",
    "choice_no_place": "说不清",
    "choice_same_place": "还是{place}",
    "choice_no_contact": "不留",
    "choice_other_category": "都不是",
    "choice_yes_withdraw": "确定撤回",
    "choice_no_withdraw": "不撤",
    "choice_human": "转人工",
    "choice_useful": "有用",
    "choice_useless": "没用",
    "choice_report": "我要反映",
    "choice_ask_ticket": "提交为咨询",
    "choice_resume": "接着办",
    "choice_fresh": "办新的",
    "choice_none_of_these": "都不是",
    "choice_unsure": "不清楚",
    "choice_new_matter": "是新的事",
    "choice_unsolved": "没解决，重新办理",
    "choice_another": "是另一件事",
}

EMERGENCY_ADVICE: dict[str, tuple[str, str]] = {
    "fire": ("火警", "人先撤离，湿毛巾捂口鼻、低姿走，不乘电梯，不要返回取物。"),
    "gas": ("消防", "马上关阀、开窗、撤到室外；不要开关电器、不要在屋里打电话；有人昏迷同时拨 120。"),
    "crime": ("报警", "先躲到安全处并锁好门，不要与对方冲突；不便说话可发短信到 12110。"),
    "medical": ("急救", "不要随意搬动伤病者，保持呼吸道通畅，按急救人员电话指导施救。"),
    "suicide": (
        "心理援助",
        "请不要一个人扛着，有人陪着您、听您说；若危险就在眼前，马上拨 110 或 120，并请身边的人陪着他。",
    ),
    "traffic": ("交通事故", "人到护栏外安全处，车后放警示牌；有人受伤同时拨 120。"),
    "other": ("报警求助", "先保证自身安全，说清楚地点和有几个人。"),
    "water": ("报警求助", "不要贸然下水，抛绳子、救生圈、长竿，喊人帮忙。"),
    "shut": ("报警求助", "别硬撬硬闯，告诉里面的人救援马上到；要开门、要救人同时打 119。"),
}

DANGER_WORDS: dict[str, str] = {
    "fire": "着火了",
    "gas": "煤气泄漏了",
    "crime": "有人行凶",
    "medical": "有人要急救",
    "suicide": "有人要轻生",
    "traffic": "出车祸了",
    "other": "有人遇险",
    "water": "有人落水",
}
"""What the citizen may read out to those who come."""


class Texts:
    """The sentences of a city: `texts("submitted", ticket_no=…)`."""

    def __init__(self, overrides: Mapping[str, str] | None = None, *, hotline: str = "12345") -> None:
        """`hotline` is the service's name, for every sentence that names it."""
        faults = find_faults(overrides or {})
        if faults:
            raise ValueError("; ".join(faults))
        self._texts = {**DEFAULTS, **(overrides or {})}
        self._hotline = hotline

    def __call__(self, name: str, /, **values: object) -> str:
        return self._texts[name].format_map({"hotline": self._hotline, **values})


def find_faults(overrides: Mapping[str, str]) -> list[str]:
    """What is wrong with a city's own sentences: unknown names, placeholders that are not filled."""
    faults = [f"no text is called {name!r}" for name in overrides if name not in DEFAULTS]
    for name, text in overrides.items():
        if name in DEFAULTS:
            allowed, used = _placeholders(DEFAULTS[name]) | {"hotline"}, _placeholders(text)
            faults += [f"{name}: {{{extra}}} is no placeholder of this text" for extra in sorted(used - allowed)]
    return faults


def _placeholders(text: str) -> set[str]:
    return {field for _, field, _, _ in string.Formatter().parse(text) if field is not None}
