# SPDX-License-Identifier: Apache-2.0
"""The cashier's page: how long from a scan to the painted verdict, how heavy it is, how soon it can be used. Called by bench.py."""
import contextlib
import gzip
import pathlib
import statistics

from browser import Browser

PAGE = pathlib.Path(__file__).resolve().parents[2] / "client/counter/page"
SETTLED = "quoted"

# When the verdict is on the screen: the frame after the one in which it was drawn has begun. Times of this machine's clock.
WATCH = """
window.painted = 0;
new MutationObserver(() => {
    if (!window.painted && document.querySelector('.till.quoted .word')) {
        window.painted = -1;
        requestAnimationFrame(() => { const c = new MessageChannel(); c.port1.onmessage = () => { window.painted = performance.timeOrigin + performance.now(); }; c.port2.postMessage(0); });
    }
}).observe(document.getElementById('app'), {subtree: true, childList: true, attributes: true});
const s = new EventSource('/v1/events'); window.heard = 0;
s.addEventListener('scan', () => { window.heard = window.heard || performance.timeOrigin + performance.now(); });
return new Promise(r => { s.onopen = r; });
"""

READY = """
const n = performance.getEntriesByType('navigation')[0], p = performance.getEntriesByName('first-contentful-paint')[0];
return {size: performance.getEntriesByType('resource').filter(e => !e.name.includes('/v1/')).reduce((s, e) => s + e.encodedBodySize, n.encodedBodySize), fcp: p && p.startTime, files: performance.getEntriesByType('resource').filter(e => !e.name.includes('/v1/')).length + 1};
"""

# Before any script of the page: when the keypad first takes a touch. The sign-in is there already, as after a reload.
INTERACTIVE = """
new MutationObserver((_, o) => { if (document.querySelector('.keypad .key')) { window.usable = performance.now(); o.disconnect(); } })
    .observe(document, {subtree: true, childList: true});
"""


def once(b, terminal, begin):
    """Milliseconds from the reader's text to the painted verdict, and from the scan event in the browser on."""
    c = terminal.api("POST", "/v1/checkouts", {"total_fen": 12800}, {"Idempotency-Key": begin}).json
    b.screen("waiting")
    b.js(WATCH)
    sent = b.js("return performance.timeOrigin + performance.now()")
    terminal.api("POST", "/v1/scans", {"text": terminal.card})
    b.screen(SETTLED)
    painted, heard = b.driver.execute_async_script(
        "const done = arguments[0], f = () => window.painted > 0 ? done([window.painted, window.heard]) : setTimeout(f, 5); f();")
    terminal.api("POST", f"/v1/checkouts/{c['checkout_id']}/cancel", {})
    b.driver.refresh()
    b.screen("idle")
    return painted - sent, painted - heard


def bench_page(work, terminal, rounds, row):
    with contextlib.ExitStack() as ctx:
        b = Browser(work)
        ctx.callback(b.end)
        b.open(terminal).screen("idle")
        times = [once(b, terminal, f"bench-{i}") for i in range(rounds)]
        whole, shown = (sorted(t[i] for t in times) for i in range(2))
        spread = "  (rounds: {:.0f} - {:.0f})"
        row("page: scan event to painted verdict, ms", f"{statistics.median(shown):.0f}", "below 100", spread.format(shown[0], shown[-1]) + ", the service's answer included")
        row("page: reader's text to painted verdict, ms", f"{statistics.median(whole):.0f}", "", spread.format(whole[0], whole[-1]))
        b.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": INTERACTIVE})
        b.driver.execute_cdp_cmd("Network.enable", {})
        b.driver.execute_cdp_cmd("Network.setCacheDisabled", {"cacheDisabled": True})
        usable = []
        for _ in range(rounds):
            b.driver.refresh()
            b.screen("idle")
            usable.append(b.js("return window.usable"))
        seen = b.js(READY)
        weight = sum(len(gzip.compress(f.read_bytes(), 9)) for f in PAGE.iterdir() if f.is_file())
        row("page: time to interactive, nothing cached, ms", f"{statistics.median(usable):.0f}", "below 500", spread.format(min(usable), max(usable)))
        row("page: weight of all files, gzip, kB", f"{weight / 1000:.1f}", "below 60", f"  ({seen['files']} files; the browser took {seen['size'] / 1000:.1f})")
        return weight
