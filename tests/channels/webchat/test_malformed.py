"""Whatever a page sends: no 5xx, no connection lost, no good message lost."""

import asyncio
import json
from typing import Any

import aiohttp
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.channels.webchat.malformed import Upload, frames, tokens, uploads
from tests.channels.webchat.service import ChatService, Visitor

_few = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@given(sent=st.lists(frames, min_size=1, max_size=12))
@_few
def test_after_any_frames_a_good_message_is_still_taken(sent: list[str]) -> None:
    async def scene() -> None:
        service, visitor = await _chat()
        for frame in sent:
            await visitor.say_raw(frame)
        ack = await _ack(visitor, "last-message")

        assert ack["id"] == "last-message"
        assert service.received[-1].text == "好消息"
        await _end(service, visitor)

    asyncio.run(scene())


@given(tried=st.lists(uploads, min_size=1, max_size=8))
@_few
def test_no_upload_ends_in_a_5xx(tried: list[Upload]) -> None:
    async def scene() -> None:
        service, visitor = await _chat()
        for upload in tried:
            headers = {"Content-Type": upload.content_type}
            if upload.believed:
                headers["X-Suda-Visitor"] = visitor.token
            url = service.url("/channels/web/upload")
            async with visitor.http.post(url, data=upload.body, headers=headers) as response:
                assert response.status in ({200, 400, 415} if upload.believed else {403})
        await _end(service, visitor)

    asyncio.run(scene())


@given(token=tokens)
@_few
def test_no_invented_token_is_believed(token: str) -> None:
    async def scene() -> None:
        service, visitor = await _chat()
        async with visitor.http.ws_connect(service.url("/channels/web/socket")) as socket:
            await socket.send_str(json.dumps({"type": "hello", "token": token}))
            answer = await socket.receive(timeout=10)
            if answer.type is aiohttp.WSMsgType.TEXT:
                assert token == ""  # nobody yet: a new visitor
            else:
                assert answer.data in (4403, 1008)
        await _end(service, visitor)

    asyncio.run(scene())


async def _chat() -> tuple[ChatService, Visitor]:
    service = ChatService(messages=(1000, 1.0), uploads=(1000, 1.0))
    await service.start()
    visitor = Visitor(service)
    await visitor.connect()
    return service, visitor


async def _ack(visitor: Visitor, identity: str) -> dict[str, Any]:
    await visitor.say_raw({"type": "message", "id": identity, "text": "好消息"})
    while (ack := await visitor.frame("ack"))["id"] != identity:
        pass
    return ack


async def _end(service: ChatService, visitor: Visitor) -> None:
    await visitor.close()
    await service.stop()
