# SPDX-License-Identifier: Apache-2.0
"""A headless Chromium on the cashier's page, driven as a cashier would: touch, keys, what can be seen."""
import contextlib
import time

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from world import DEADLINE_S, wait_for

SIZES = {"small": (800, 480), "middle": (1280, 800), "large": (1920, 1080)}


class Browser:
    def __init__(self, tmp, *arguments, performance=False):
        options = webdriver.ChromeOptions()
        options.binary_location = "/usr/bin/chromium"
        for a in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                  "--force-device-scale-factor=1", "--lang=zh-CN", "--no-first-run", "--disable-background-networking",
                  "--disable-component-update", f"--user-data-dir={tmp}/chromium", *arguments):
            options.add_argument(a)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", **({"performance": "ALL"} if performance else {})})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver", log_output=f"{tmp}/chromedriver.log"), options=options)
        self.driver.set_script_timeout(DEADLINE_S)
        self.resize("middle")

    def end(self):
        with contextlib.suppress(WebDriverException):
            self.driver.quit()

    def resize(self, size):
        width, height = SIZES.get(size, size)
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                                    {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
        return self

    def prefer(self, lang=None, theme=None):
        """As the two buttons at the top do."""
        self.driver.execute_script("""
            const p = JSON.parse(localStorage.getItem("huika.prefer") || '{"theme":"auto","lang":"zh","cashier":""}');
            localStorage.setItem("huika.prefer", JSON.stringify({...p, ...arguments[0]})); location.reload();
            """, {k: v for k, v in (("lang", lang), ("theme", theme)) if v})
        self.seen(".shell:not(.lost)")
        return self

    def open(self, terminal):
        """In by the one-time address of `huika page`."""
        r = terminal.huika("page")
        assert r.code == 0, r
        self.driver.get("about:blank")
        self.driver.get(r.json["url"])
        self.seen(".shell:not(.lost)")
        return self

    def js(self, script, *args):
        return self.driver.execute_script(script, *args)

    def all(self, css):
        return self.driver.find_elements("css selector", css)

    def seen(self, css, text=None, deadline_s=DEADLINE_S):
        """The first displayed element of that selector that holds `text`."""
        def look():
            with contextlib.suppress(StaleElementReferenceException):
                return next((e for e in self.all(css) if e.is_displayed() and (text is None or text in e.text)), None)
            return None
        try:
            return wait_for(f"{css} {text or ''}", look, deadline_s)
        except AssertionError as e:
            raise AssertionError(f"{e}; the page shows:\n{self.text}\n{self.complaints()}") from e

    def screen(self, name):
        return self.seen(f'.till[data-screen="{name}"]')

    def touch(self, css, text=None):
        end = time.monotonic() + DEADLINE_S
        while True:
            try:
                return self.seen(css, text).click()
            except (StaleElementReferenceException, WebDriverException):
                if time.monotonic() > end:
                    raise

    def touch_amount(self, text):
        for c in text:
            self.touch(".key", "." if c == "." else c)

    def keys(self, *keys):
        """To whatever has the focus; apart as fingers are, not as a scanner types."""
        chain = ActionChains(self.driver)
        for k in keys:
            for c in [k] if len(k) == 1 or k in vars(Keys).values() else k:
                chain = chain.send_keys(c).pause(0.03)
        chain.perform()

    @property
    def text(self):
        return self.js("return document.body.innerText")

    def said(self):
        """What a screen reader was told last."""
        return self.js('return document.getElementById("say").textContent + document.getElementById("alert").textContent')

    def shot(self, path):
        self.js("return document.fonts.ready.then(() => new Promise(r => requestAnimationFrame(() => requestAnimationFrame(r))))")
        self.driver.save_screenshot(str(path))

    def complaints(self):
        """Errors of scripts and policy, not failed requests, which are an answer."""
        return [e for e in self.driver.get_log("browser") if e["level"] == "SEVERE" and "Failed to load resource" not in e["message"]
                and "net::ERR" not in e["message"]]
