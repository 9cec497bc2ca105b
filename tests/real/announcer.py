"""A program that is nothing but a Discovery: prints each announcement as JSON, ends when its stdin does."""

import asyncio
import json
import sys
from dataclasses import asdict

from studiod.net.discovery import Announcement, Discovery, osc_services


async def main(name: str, udp_port: int, tcp_port: int) -> None:
    def show(told: Announcement) -> None:
        sys.stdout.write(json.dumps(asdict(told)) + "\n")
        sys.stdout.flush()

    services = osc_services("0.1", "ifs", udp_port=udp_port, tcp_port=tcp_port)
    discovery = Discovery(name, services, on_change=show)
    discovery.start()
    await asyncio.to_thread(sys.stdin.read)
    await discovery.stop()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
