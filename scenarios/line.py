"""A line between two places as a process: whatever comes to one of its ports goes on to the port behind it. `python -m scenarios.line`

A line that is killed takes the connections with it, as a cable that is cut. First line of standard input: {"forwards": [{"port", "to"}]}
(`port`: 0 for a free one; `to`: 0 while nothing stands there; all on this machine); answer: {"ports": […]} in that order. Then {"to": […]}
says what stands there, without an answer. It ends when its standard input does.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from contextlib import suppress
from typing import Any

LOCAL = "127.0.0.1"
_CHUNK = 65536


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry until one end closes or is gone; then close the other."""
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    with suppress(OSError):
        writer.close()


async def _open(forward: dict[str, Any]) -> asyncio.Server:
    async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(LOCAL, forward["to"])
        except OSError:  # nobody is there: the caller is told by the end of the connection
            writer.close()
            return
        await asyncio.gather(_carry(reader, back), _carry(there, writer))

    return await asyncio.start_server(taken, LOCAL, forward["port"], reuse_address=True)


async def _run(forwards: list[dict[str, Any]]) -> None:
    servers = [await _open(one) for one in forwards]
    print(json.dumps({"ports": [server.sockets[0].getsockname()[1] for server in servers]}), flush=True)  # noqa: T201
    loop = asyncio.get_running_loop()
    while told := await loop.run_in_executor(None, sys.stdin.readline):
        for forward, to in zip(forwards, json.loads(told)["to"], strict=True):
            forward["to"] = to


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a Ctrl-C is the parent's, which ends this
    asyncio.run(_run(json.loads(sys.stdin.readline())["forwards"]))


if __name__ == "__main__":
    main()
