"""The worker: delivers news for as long as it runs. Several may run at once; each leases what it takes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import structlog

from billfold.errors import BillfoldError
from billfold.roles.issuer import news, renewal, superseding
from billfold.roles.parts import Parts
from billfold.roles.verifier.verification import forget_results

PAUSE_S = 0.5

log = structlog.get_logger("billfold.worker")


async def work(parts: Parts) -> None:
    """Deliver what is due, then look again after a pause; a failure is logged, and the row is due again later."""
    while True:
        try:
            while await renewal.renew(parts):
                pass
            while await news.deliver(parts):
                pass
            await superseding.expire(parts)
            await forget_results(parts)
        except BillfoldError as exc:
            log.warning("failed", code=exc.code, why=str(exc))
        except Exception:
            log.exception("failed")
        await asyncio.sleep(PAUSE_S)


@contextlib.asynccontextmanager
async def working(parts: Parts) -> AsyncIterator[None]:
    """Run a worker beside something else; what it has begun is due again after its lease."""
    task = asyncio.create_task(work(parts))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
