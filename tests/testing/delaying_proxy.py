"""A TCP proxy that hands everything on later, in both directions: a slow link."""

import asyncio
import threading


class DelayingProxy:
    """Listens on `address` until `close`, and relays to the target with a delay each way."""

    def __init__(self, target, delay_seconds):
        self.host, _, self.port = target.rpartition(":")
        self.delay = delay_seconds
        self.address = ""
        self._loop = asyncio.new_event_loop()
        self._server = None
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._listening.wait()

    def _run(self):
        asyncio.set_event_loop(self._loop)
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._relay, "127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._listening.set()
        self._loop.run_forever()
        self._loop.close()

    async def _relay(self, reader, writer):
        try:
            there_reader, there_writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.close()
            return
        try:
            await asyncio.gather(self._pump(reader, there_writer),
                                 self._pump(there_reader, writer))
        finally:
            for end in (writer, there_writer):
                end.close()

    async def _pump(self, reader, writer):
        try:
            while data := await reader.read(1 << 16):
                self._loop.call_later(self.delay, writer.write, data)
        except OSError:
            pass
        # What is on its way arrives first.
        await asyncio.sleep(self.delay)
        writer.close()

    async def _end(self):
        self._server.close()
        relays = asyncio.all_tasks() - {asyncio.current_task()}
        for relay in relays:
            relay.cancel()
        await asyncio.gather(*relays, return_exceptions=True)

    def close(self):
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
