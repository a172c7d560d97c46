/* SPDX-License-Identifier: Apache-2.0 */
/* The page: frame, views, keys. */
import {h, icon, patch} from "/dom.js";
import {lang, t, told} from "/texts.js";
import {state, set, begin, onChange, onKey, onNews, prefer, confirm, toast as say} from "/store.js";
import {screen, spoken, tillKey, tillView} from "/till.js";
import {dayView, needDay, refreshDay} from "/day.js";
import {disputesView, refreshDisputes} from "/disputes.js";
import {closeDialog, returnDialog, returnedDialog, returnKey, voidSale} from "/after.js";
import {PRINTER_WORDS, statusView} from "/status.js";
import {entryView} from "/entry.js";

const VIEWS = [["till", "till", tillView], ["day", "day", dayView], ["disputes", "talk", disputesView], ["status", "pulse", statusView]];
const app = document.getElementById("app"), dark = matchMedia("(prefers-color-scheme: dark)");

function refresh() {
    if (state.view === "day")
        refreshDay();
    if (state.view === "disputes")
        refreshDisputes();
}

/* What a view shows may have changed elsewhere: it shows what it has, and asks. */
function go(view) {
    set({view});
    refresh();
}

function onAnswer(answered) {
    refresh();
    if (answered)
        say({zh: "工会答复了一件纠纷", en: "The union answered a dispute"}, "info");
}

function pill(kind, name, text, title) {
    return h("button", {class: "pill " + kind, type: "button", key: name, title, "aria-label": title, onclick: () => set({view: "status"})}, icon(name), h("span", null, text));
}

function pills(s) {
    if (!state.connected)
        return [h("span", {class: "pill bad", role: "status", key: "lost"}, icon("warn"), h("span", null, t("lost")))];
    const readers = s.devices.filter(d => d.used && (d.as === "scanner" || d.as === "card")).length, p = s.printer.state;
    const trouble = ["paper_out", "cover_open", "offline", "fault"].includes(p);
    return [pill(s.online ? "good" : "bad", "wifi", s.online ? t("online") : t("offline"), `${t("service")}：${s.online ? t("online") : t("offline")}`),
        s.unsent && !s.sandbox ? pill("wait", "up", t("unsent", s.unsent), t("toSend", s.unsent)) : null,
        pill(readers ? "good" : "wait", "scan", readers || "0", `${t("readers")}：${readers}`),
        p === "off" ? null : pill(trouble ? "bad" : p === "ready" ? "good" : "wait", "print", trouble ? t(PRINTER_WORDS[p]) : "", `${t("printer")}：${t(PRINTER_WORDS[p])}`)];
}

function isDark() {
    return state.theme === "dark" || (state.theme === "auto" && dark.matches);
}

function top() {
    const s = state.status, standing = s && s.shop.standing;
    return h("header", {class: "top", key: "top"},
        h("span", {class: "brandmark"}, icon("card"), h("b", null, t("name"))),
        h("span", {class: "shopname"}, s ? s.shop.name || "" : ""), standing ? h("span", {class: "chip " + (standing === "listed" ? "good" : "bad")}, t(standing)) : null,
        h("span", {class: "pills"}, s ? pills(s) : null),
        h("button", {class: "tool", type: "button", "aria-label": t("langLabel"), onclick: () => prefer({lang: lang() === "zh" ? "en" : "zh"})}, t("lang")),
        h("button", {class: "tool", type: "button", "aria-label": t("theme"), onclick: () => prefer({theme: isDark() ? "light" : "dark"})}, icon(isDark() ? "sun" : "moon")));
}

function rail() {
    return h("nav", {class: "rail", "aria-label": t("main"), key: "rail"}, VIEWS.map(([name, drawing], i) => name === "disputes" && !(state.can && state.can.disputes) ? null :
        h("button", {class: "tab", type: "button", "aria-current": state.view === name ? "page" : null, onclick: () => go(name), key: name}, icon(drawing), h("span", null, t(name)), h("kbd", {"aria-hidden": "true"}, "F" + (i + 1)))));
}

/* ---- dialogs ---- */

const WIDE = {return: ["returnTitle", returnDialog], returned: ["returnTitle", returnedDialog], close: ["dayTitle", closeDialog]};

function dialogBox(title, kids, wide) {
    return h("dialog", {class: "dialog" + (wide ? " wide" : ""), key: "dialog" + title, "aria-labelledby": "dialogtitle", oncancel: () => set({dialog: null}), mounted: el => el.isConnected && el.showModal()}, h("h2", {id: "dialogtitle", tabindex: "-1", autofocus: Boolean(wide)}, title), kids);
}

function dialog() {
    const d = state.dialog;
    if (!d)
        return null;
    if (WIDE[d.kind])
        return dialogBox(t(WIDE[d.kind][0]), WIDE[d.kind][1](d), d.kind !== "close" || d.done);
    const close = h("button", {class: "quiet", type: "button", onclick: () => set({dialog: null})}, t("back"));
    if (d.kind === "printer")
        return dialogBox(t("printerTitle"), [h("p", null, told(d.text)), h("div", {class: "stack"},
            h("button", {class: "primary", type: "button", disabled: state.busy, onclick: () => confirm(false)}, t("again")),
            h("button", {class: "quiet", type: "button", disabled: state.busy, onclick: () => confirm(true)}, t("goOn")), close)]);
    return dialogBox(t("voidTitle"), [h("p", {class: "hint"}, t("voidHint")), h("div", {class: "stack"},
        t("voidReasons").split("|").map(reason => h("button", {class: "danger", type: "button", disabled: state.busy, onclick: () => voidSale(d.sale, reason, d.key)}, reason)), close)]);
}

/* ---- drawing ---- */

let focused = "", said = "";

/* A new screen gets the focus, so that a screen reader begins at its heading; not away from a field that is being filled in. */
function moveFocus() {
    const now = state.entry + state.view + (state.view === "till" ? screen() : "");
    const at = document.activeElement;
    if (now === focused || (at && /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName)))
        return;
    focused = now;
    const heading = document.querySelector("#main h1");
    if (heading && !document.querySelector("dialog[open]"))
        heading.focus({preventScroll: true});
}

function speak() {
    const [text, urgent] = state.entry === "open" ? spoken() : ["", false];
    if (text === said)
        return;
    said = text;
    document.getElementById("say").textContent = urgent ? "" : text;
    document.getElementById("alert").textContent = urgent ? text : "";
}

function draw() {
    const view = VIEWS.find(v => v[0] === state.view) || VIEWS[0], s = state.status, test = s && s.sandbox;
    const toast = state.toast ? h("p", {class: "toast " + state.toast.kind, role: state.toast.kind === "bad" ? "alert" : "status", key: "toast", onclick: () => set({toast: null})}, told(state.toast.text)) : null;
    document.title = (test ? `【${t("sandboxMark")}】` : "") + t("name") + (s && s.shop && s.shop.name ? " · " + s.shop.name : "");
    document.documentElement.classList.toggle("test", Boolean(test));
    if (state.entry !== "open")
        patch(app, [entryView(), toast]);
    else
        patch(app, [test ? h("p", {class: "testbar", key: "testbar"}, h("b", null, t("sandboxMark")), t("sandbox")) : null,
            h("div", {class: "shell" + (state.connected ? "" : " lost"), key: "shell"}, top(), rail(), h("main", {id: "main", class: "main", key: "main"}, view[2]())),
            test ? h("div", {class: "watermark", "aria-hidden": "true", key: "mark"}, Array.from({length: 24}, () => h("span", null, t("sandboxMark")))) : null,
            toast, dialog()]);
    speak();
    moveFocus();
    if (state.view === "till" && state.entry === "open" && screen() === "idle")
        needDay();
}

/* ---- keys ---- */

/* A scanner that types: eight keys and more, faster than any hand. What it typed is taken back, what follows is passed over. */
const FAST_MS = 25, BURST = 8;
let run = 0, last = 0, before = null, letter = 0;

function isBurst(e) {
    const gap = e.timeStamp - last;
    last = e.timeStamp;
    if (gap > FAST_MS) {
        run = 0;
        before = {digits: state.digits, own: state.own, number: state.number};
    }
    run += e.key.length === 1 ? 1 : 0;
    if (run === BURST)
        set({...before, toast: {text: {zh: "这像是键盘模式的扫描枪，内容已忽略；请将其切换为 HID POS 模式", en: "That was a scanner in keyboard mode; ignored. Switch it to HID POS"}, kind: "bad"}});
    return run >= BURST;
}

function onKeydown(e) {
    const at = document.activeElement;
    clearTimeout(letter);
    if (e.ctrlKey || e.altKey || e.metaKey || e.isComposing || state.entry !== "open")
        return;
    const view = VIEWS[["F1", "F2", "F3", "F4"].indexOf(e.key)];
    if (view) {
        e.preventDefault();
        go(view[0]);
    } else if (state.dialog && !isBurst(e) && returnKey(e.key)) {
        e.preventDefault();
    } else if (state.dialog || (at && /^(INPUT|TEXTAREA|SELECT)$/.test(at.tagName))) {
        return;
    } else if (isBurst(e)) {
        e.preventDefault();
    } else if (e.repeat && (e.key === "Enter" || e.key === "Escape")) {
        e.preventDefault(); /* a finger resting on the key is one yes */
    } else if (e.key === "Enter" && at && (at.tagName === "BUTTON" || at.tagName === "A")) {
        return; /* the element's own click */
    } else if (/^[a-z]$/i.test(e.key)) {
        letter = setTimeout(() => state.view === "till" && tillKey(e.key), 2 * FAST_MS); /* unless a scanner goes on typing */
    } else if (state.view === "till" ? tillKey(e.key) : e.key === "Escape" && (set(state.receipt ? {receipt: null} : {view: "till"}), true)) {
        e.preventDefault();
    }
}

/* A scanned command is the cashier's only where the cashier looks. */
function onCommand(name) {
    const keys = {ok: "Enter", back: "Escape", del: "Backspace", dot: "."};
    if (document.visibilityState !== "visible" || !document.hasFocus())
        return;
    if (state.dialog)
        name === "ok" && state.dialog.kind === "printer" ? confirm(false) : name === "back" ? set({dialog: null}) : returnKey(keys[name] || name);
    else {
        set({view: "till"});
        tillKey(keys[name] || name);
    }
}

onChange(draw);
onKey(onCommand);
onNews(onAnswer);
dark.addEventListener("change", draw);
document.addEventListener("keydown", onKeydown);
window.addEventListener("hashchange", () => location.reload());
draw();
begin();
