"""Keep the garbage collector from walking through what never dies: a twentieth of a proxied call went there."""

import asyncio
import gc

_AFTER_S = 2.0
"""By then modules, routes and the first catalog are there."""
_YOUNG = 5_000
"""Objects that one round of the collector waits for; a call makes some hundreds and frees nearly all by itself."""


async def settle(after_s: float = _AFTER_S) -> None:
    """Collect once, then leave alone whatever is there, and look at new objects less often."""
    await asyncio.sleep(after_s)
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
