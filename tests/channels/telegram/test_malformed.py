"""Whatever is posted: 200 or 403, never a 5xx, and every body with the secret is received or kept aside."""

import asyncio

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.message import Message
from tests.channels.telegram.malformed import Webhook, webhooks
from tests.channels.telegram.service import BotService
from tests.fakes.telegram import TelegramServer


def _silent(message: Message) -> None:
    return None


@given(posted=st.lists(webhooks, min_size=1, max_size=25))
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_webhook_ends_in_a_5xx_and_nothing_believed_is_lost(posted: list[Webhook]) -> None:
    async def scene() -> None:
        async with TelegramServer() as telegram:
            service = BotService(telegram, "webhook")
            service.answer = _silent
            await service.open()
            await telegram.until(lambda: telegram.webhook)
            for webhook in posted:
                before = len(service.seen) + len(service.buried)
                status = await telegram.post(webhook.body, None if webhook.signed else "wrong")
                assert status == (200 if webhook.signed else 403)
                repeated = len(service.seen) + len(service.buried) == before
                assert not repeated or not webhook.signed or service.received  # an update_id seen before
            citizen = telegram.citizen()
            await citizen.says("好消息")

            assert service.received[-1].text == "好消息"
            await service.close()

    asyncio.run(scene())
