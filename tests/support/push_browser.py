"""Web Push for Chromium in a closed network: a push service of the test, and the seams to the real service worker.

Chromium's own subscription needs its vendor's service, so three things are the test's: the subscription (its key pair
lies here), the opening of the outer envelope, and the opening of a window, since no tool can tap a notification. The
relay, the envelopes, the push event, the worker and the notification are the real ones.
"""

from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import BrowserContext, CDPSession, Worker

from tests.support.push_service import PushService, Subscriber

_IN_PAGES = """
const coded = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const seen = (made) => made && {
    endpoint: made.json.endpoint,
    options: { applicationServerKey: bytes(made.key).buffer },
    toJSON: () => made.json,
    unsubscribe: async () => true,
};
PushManager.prototype.getSubscription = async () => seen(await pushSubscription(""));
PushManager.prototype.subscribe = async ({ applicationServerKey }) =>
    seen(await pushSubscription(coded(applicationServerKey)));
"""
# The tool hands data over as text, so each byte travels as one character.
_IN_WORKER = """() => {
    PushMessageData.prototype.arrayBuffer = function () {
        return Uint8Array.from(this.text(), (character) => character.charCodeAt(0)).buffer;
    };
    Clients.prototype.openWindow = async (url) => { self.openedByTap = url; return null; };
}"""
_NOTIFICATIONS = """async () => {
    for (;;) {
        const found = await self.registration.getNotifications();
        if (found.length > 0) return found.map(({ title, body, tag }) => [title, body, tag]);
        await new Promise((resolve) => setTimeout(resolve, 20));
    }
}"""
_TAP = """async () => {
    const [notification] = await self.registration.getNotifications();
    const event = new NotificationEvent("notificationclick", { notification });
    let done;
    event.waitUntil = (promise) => { done = promise; };
    self.dispatchEvent(event);
    await done;
    return [self.openedByTap, (await self.registration.getNotifications()).length];
}"""


@dataclass(slots=True)
class PushBrowser:
    """A browser profile that is subscribed at *service*, once its page has asked for it."""

    context: BrowserContext
    service: PushService
    subscriber: Subscriber
    key: str = ""
    _registrations: list[str] = field(default_factory=list)
    _cdp: CDPSession | None = None

    @classmethod
    async def prepare(cls, context: BrowserContext, service: PushService, origin: str) -> "PushBrowser":
        """Let pages of *context* that are opened from now on subscribe at *service*."""
        await context.grant_permissions(["notifications"], origin=origin)
        made = cls(context, service, service.subscriber("browser"))
        await context.expose_binding("pushSubscription", lambda _, key: made._subscription(key))
        await context.add_init_script(_IN_PAGES)
        return made

    def _subscription(self, key: str) -> dict[str, Any] | None:
        self.key = key or self.key
        if not self.key:
            return None
        subscription = self.subscriber.subscription
        keys = {"p256dh": subscription.keys.p256dh, "auth": subscription.keys.auth}
        return {"key": self.key, "json": {"endpoint": subscription.endpoint, "keys": keys}}

    async def worker(self) -> Worker:
        """Return the service worker, running and with the seams in it."""
        workers = self.context.service_workers
        worker = workers[0] if workers else await self.context.wait_for_event("serviceworker")
        await worker.evaluate(_IN_WORKER)
        return worker

    async def watch(self, cdp: CDPSession) -> None:
        """Learn by *cdp*, the session of some page, which worker messages go to."""
        self._cdp = cdp
        cdp.on("ServiceWorker.workerRegistrationUpdated", lambda event: self._note(event["registrations"]))
        await cdp.send("ServiceWorker.enable")

    async def deliver(self, number: int, origin: str) -> bytes:
        """Open message *number* of the service as a browser does, hand it to the worker, and return what is inside."""
        opened = self.subscriber.open(await self.service.body(number))
        assert self._cdp is not None
        push = {"origin": origin, "registrationId": self._registrations[-1], "data": opened.decode("latin-1")}
        await self._cdp.send("ServiceWorker.deliverPushMessage", push)
        return opened

    def _note(self, registrations: list[dict[str, Any]]) -> None:
        self._registrations += [each["registrationId"] for each in registrations if not each["isDeleted"]]


async def notifications(worker: Worker) -> list[list[str]]:
    """Return title, text and tag of what is shown, as soon as something is."""
    shown: list[list[str]] = await worker.evaluate(_NOTIFICATIONS)
    return shown


async def tap(worker: Worker) -> tuple[str, int]:
    """Tap the first notification: return the address that it opens, and how many notifications are left."""
    address, left = await worker.evaluate(_TAP)
    return address, left
