"""The event loop that processes of the house run on."""

import asyncio


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a loop of uvloop, where it was built for this platform."""
    try:
        import uvloop
    except ImportError:  # it has no build for this platform
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
