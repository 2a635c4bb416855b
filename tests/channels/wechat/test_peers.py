"""Two implementations of WeChat's encryption that are not ours understand us, and we understand them."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from channels.wechat.envelope import Envelope, Mode, Query, root_of, text_of
from tests.fakes.wechat_seal import Seal
from tests.peers import PEERS, install

NOW = 1790000000
SEAL = Seal()
TEXTS = [
    "",
    "路灯不亮",
    "🙂 <xml>]]></xml> &amp; \n",
    *("字" * count + "a" * rest for count in (3, 10) for rest in range(8)),  # every way to end near a block
    "x" * 31,
    "x" * 32,
    "长" * 5000,
]


class Peer:
    """One node process that answers a line with a line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, peer: str, call: str, text: str, **more: str) -> object:
        """The result of one call at one of the two."""
        question = {"peer": peer, "call": call, "text": text, "token": SEAL.token, "key": SEAL.aes_key}
        line = json.dumps({**question, "id": SEAL.app_id, **more}) + "\n"
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(line.encode())
        answer = json.loads(await asyncio.wait_for(self._process.stdout.readline(), 20))
        assert "error" not in answer, answer
        return answer["result"]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node() -> AsyncIterator[Peer]:
    """The peers, running."""
    if shutil.which("node") is None:
        pytest.fail("The crypto peers need Node.js with npm: apt-get install nodejs npm")
    await asyncio.to_thread(install)
    process = await asyncio.create_subprocess_exec(
        "node",
        "--no-deprecation",  # wechat-crypto is old and uses `new Buffer`
        "peer.js",
        cwd=PEERS,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**20,
    )
    yield Peer(process)
    assert process.stdin is not None
    process.stdin.close()
    await process.wait()


pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.parametrize("peer", ["wechat-crypto", "@wecom/crypto"]),
]


def ours() -> Envelope:
    """Our end."""
    return Envelope(token=SEAL.token, aes_key=SEAL.aes_key, app_id=SEAL.app_id, mode=Mode.SAFE)


async def test_what_a_peer_encrypts_and_signs_we_believe_and_read(node: Peer, peer: str) -> None:
    for text in TEXTS:
        encrypted = str(await node.ask(peer, "encrypt", text))
        signed = str(await node.ask(peer, "sign", encrypted, timestamp=str(NOW), nonce="n1"))
        body = f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>".encode()
        query = Query(timestamp=str(NOW), nonce="n1", msg_signature=signed, encrypt_type="aes")

        assert ours().open(query, body, NOW).xml == text


async def test_what_we_seal_a_peer_believes_and_reads(node: Peer, peer: str) -> None:
    for text in TEXTS:
        sealed = root_of(ours().seal(text, nonce="n2", timestamp=NOW))
        encrypted = text_of(sealed, "Encrypt")

        assert await node.ask(peer, "decrypt", encrypted) == {"message": text, "id": SEAL.app_id}
        signed = await node.ask(peer, "sign", encrypted, timestamp=str(NOW), nonce="n2")
        assert signed == text_of(sealed, "MsgSignature")


async def test_the_simulator_speaks_as_the_peers_do(node: Peer, peer: str) -> None:
    for text in TEXTS:
        assert await node.ask(peer, "decrypt", SEAL.encrypt(text.encode())) == {"message": text, "id": SEAL.app_id}
        assert SEAL.decrypt(str(await node.ask(peer, "encrypt", text))).decode() == text
