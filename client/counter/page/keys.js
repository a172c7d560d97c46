/* SPDX-License-Identifier: Apache-2.0 */
/* What a cashier does without touching the screen: keys, and command codes that a scanner reads. */
import {state, set, onKey} from "/store.js";
import {tillKey} from "/till.js";
import {dialogKey} from "/after.js";

const VIEWS = ["till", "day", "disputes", "status"];
let go = () => {}, letter = 0;

/* A scanner that types: eight keys and more, faster than any hand. What it typed is taken back, what follows is passed over. */
const FAST_MS = 25, BURST = 8;
let run = 0, last = 0, before = null;

function isBurst(e) {
    const gap = e.timeStamp - last;
    last = e.timeStamp;
    if (gap > FAST_MS) {
        run = 0;
        before = {digits: state.digits, own: state.own, number: state.number, dialog: state.dialog};
    }
    run += e.key.length === 1 ? 1 : 0;
    if (run === BURST)
        set({...before, toast: {text: {zh: "这像是键盘模式的扫描枪，内容已忽略；请将其切换为 HID POS 模式", en: "That was a scanner in keyboard mode; ignored. Switch it to HID POS"}, kind: "bad"}});
    return run >= BURST;
}

/* Out of what lies on top: a receipt, then the view. */
function back() {
    set(state.receipt ? {receipt: null} : {view: "till"});
    return true;
}

/* True: the key is used up, and the browser need not do anything. */
function used(e, at) {
    const view = VIEWS[["F1", "F2", "F3", "F4"].indexOf(e.key)], writing = at.matches("input, textarea, select");
    if (e.repeat && (e.key === "Enter" || e.key === "Escape"))
        return !writing; /* a finger resting on the key is one yes */
    if (view) {
        if (!state.dialog)
            go(view);
        return true;
    }
    if (writing)
        return e.key === "Escape" && (at.blur(), true);
    if (isBurst(e))
        return true;
    if (e.key === "Enter" && at.matches('a, button:not(.key, [aria-pressed="true"].field)'))
        return false; /* the element's own click */
    if (state.dialog)
        return dialogKey(e.key);
    if (/^[a-z]$/i.test(e.key)) {
        letter = setTimeout(() => state.view === "till" && tillKey(e.key), 2 * FAST_MS); /* unless a scanner goes on typing */
        return false;
    }
    return state.view === "till" ? tillKey(e.key) : e.key === "Escape" && back();
}

function onKeydown(e) {
    clearTimeout(letter);
    if (!e.ctrlKey && !e.altKey && !e.metaKey && !e.isComposing && state.entry === "open" && used(e, document.activeElement || document.body))
        e.preventDefault();
}

/* ---- command codes ---- */

/* The next thing that could be pressed gets a frame; OK presses it. */
function mark() {
    const within = document.querySelector("dialog[open]") || document.getElementById("main"), held = within.querySelector("[data-marked]");
    const all = [...within.querySelectorAll("button:not(:disabled, .key), select")].filter(e => e.getClientRects().length);
    const next = all[(all.indexOf(held) + 1) % all.length];
    if (!next)
        return;
    next.focus();
    next.dataset.marked = "";
    next.addEventListener("blur", () => delete next.dataset.marked, {once: true});
    next.scrollIntoView({block: "nearest"});
}

function press(el) {
    if (el.tagName !== "SELECT")
        return el.click();
    el.selectedIndex = (el.selectedIndex + 1) % el.options.length;
    return el.dispatchEvent(new Event("change"));
}

/* A scanned command is the cashier's only where the cashier looks. */
function onCommand(name) {
    const marked = document.querySelector("[data-marked]"), key = {ok: "Enter", back: "Escape", del: "Backspace", dot: "."}[name] || name;
    if (document.visibilityState !== "visible" || !document.hasFocus())
        return;
    if (VIEWS.includes(name))
        state.dialog || go(name);
    else if (name === "next")
        mark();
    else if (name === "ok" && marked && marked === document.activeElement)
        press(marked);
    else if (state.dialog)
        name === "back" ? set({dialog: null}) : dialogKey(key);
    else if (state.view === "till")
        tillKey(key);
    else if (name === "back")
        back();
    else if (name !== "ok") {
        go("till");
        tillKey(key);
    }
}

/** `to` changes the view. */
export function watchKeys(to) {
    go = to;
    onKey(onCommand);
    document.addEventListener("keydown", onKeydown);
}
