"""The next host of the tests of load: takes all mail, keeps each as a file.
sink.py ADDRESS PORT FOLDER; a file holds the recipients, an empty line, and the text."""
import asyncio
import os
import sys


class Sink:
    def __init__(self, folder):
        self.folder = folder
        self.count = 0

    def keep(self, recipients, text):
        self.count += 1
        name = f"{self.folder}/{os.getpid()}-{self.count}"
        with open(f"{self.folder}/../{os.getpid()}.part", "wb") as out:
            out.write("".join(r + "\n" for r in recipients).encode() + b"\n" + text)
        os.rename(f"{self.folder}/../{os.getpid()}.part", name)

    async def data(self, reader):
        """The message, or None where the client was cut off."""
        text = b""
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                return None
            text += line[1:] if line.startswith(b".") else line
        return text

    async def serve(self, reader, writer):
        recipients = []

        def say(answer):
            writer.write(answer.encode() + b"\r\n")

        say("220 sink.test ESMTP")
        while line := (await reader.readline()).decode(errors="replace").strip():
            verb = line.upper()
            if verb.startswith("EHLO"):
                say("250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
            elif verb == "DATA":
                say("354 go on")
                await writer.drain()
                text = await self.data(reader)
                if text is None:
                    break
                self.keep(recipients, text)
                say("250 2.0.0 taken")
            elif verb == "QUIT":
                say("221 2.0.0 bye")
                break
            else:
                if verb.startswith("RCPT"):
                    recipients.append(line.split("<")[1].split(">")[0])
                elif verb.startswith(("MAIL", "RSET")):
                    recipients = []
                say("250 2.0.0 ok")
            await writer.drain()
        writer.close()

    async def session(self, reader, writer):
        try:
            await self.serve(reader, writer)
        except (ConnectionError, ValueError):
            writer.close()


async def main(address, port, folder):
    os.makedirs(folder, exist_ok=True)
    server = await asyncio.start_server(Sink(folder).session, address, int(port), backlog=1000)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
