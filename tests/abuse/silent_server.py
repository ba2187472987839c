"""A host that takes connections and never says a word: silent_server.py PORT ADDRESS..."""
import asyncio
import sys


async def keep(_reader, _writer):
    await asyncio.sleep(100000)


async def main(port, addresses):
    servers = [await asyncio.start_server(keep, address, int(port), backlog=1000) for address in addresses]
    await asyncio.gather(*(s.serve_forever() for s in servers))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2:]))
