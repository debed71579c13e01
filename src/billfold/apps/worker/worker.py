"""The worker: delivers news and mails for as long as it runs. Several may run at once; each leases what it takes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from email.message import EmailMessage

import structlog

from billfold.adapters.notices.mail import Mailer
from billfold.adapters.store import used_proofs
from billfold.adapters.store.mails import Mail
from billfold.apps.post.mail import write_mail
from billfold.errors import BillfoldError
from billfold.roles.issuer import disuse, news, renewal, superseding
from billfold.roles.issuer.invitation import Invitation, deliver_mails
from billfold.roles.organisation import renew_leaves
from billfold.roles.parts import Parts
from billfold.roles.verifier.verification import forget_results

PAUSE_S = 0.5
CARE_PAUSE_S = 3600.0

log = structlog.get_logger("billfold.worker")


async def work(parts: Parts, *, pause_s: float = PAUSE_S) -> None:
    """Do what is due, then look again after a pause; mail apart, so that a slow mail server holds up nothing else."""
    often = (_repeat(parts, do, pause_s=pause_s) for do in (_tend, _mail))
    await asyncio.gather(*often, _repeat(parts, _care, pause_s=CARE_PAUSE_S))


async def _tend(parts: Parts) -> None:
    while await renewal.renew(parts):
        pass
    while await news.deliver(parts):
        pass
    await superseding.expire(parts)
    await forget_results(parts)
    await used_proofs.forget(parts.store, now=parts.now())


async def _care(parts: Parts) -> None:
    """Do what is due once in months."""
    await disuse.remind(parts)
    await renew_leaves(parts)


async def _mail(parts: Parts) -> None:
    def write(invitation: Invitation, mail: Mail, mailer: Mailer) -> EmailMessage:
        return write_mail(mailer, invitation, mail, now=parts.now())

    while await deliver_mails(parts, write):
        pass


async def _repeat(parts: Parts, do: Callable[[Parts], Awaitable[None]], *, pause_s: float) -> None:
    """Do it again and again; a failure is logged, and what it left is due again later."""
    while True:
        try:
            await do(parts)
        except BillfoldError as exc:
            log.warning("failed", code=exc.code, why=str(exc))
        except Exception:
            log.exception("failed")
        await asyncio.sleep(pause_s)


@contextlib.asynccontextmanager
async def working(parts: Parts, *, pause_s: float = PAUSE_S) -> AsyncIterator[None]:
    """Run a worker beside something else; what it has begun is due again after its lease."""
    task = asyncio.create_task(work(parts, pause_s=pause_s))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
