/* SPDX-License-Identifier: Apache-2.0 */
/* The page: frame, views, dialogs. */
import {h, icon, patch} from "/dom.js";
import {lang, t, told} from "/texts.js";
import {state, set, begin, onChange, onNews, prefer, confirm, toast as say} from "/store.js";
import {hint, screen, spoken, tillView} from "/till.js";
import {watchKeys} from "/keys.js";
import {dayView, needDay, refreshDay} from "/day.js";
import {disputesView, refreshDisputes} from "/disputes.js";
import {closeDialog, returnDialog, returnedDialog, voidDialog} from "/after.js";
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
        pill(readers ? "good" : "wait", "scan", readers || t("readerNone"), `${t("readers")}：${readers}`),
        p === "off" ? null : pill(trouble ? "bad" : p === "ready" ? "good" : "wait", "print", trouble || p === "absent" ? t(p === "absent" ? "printerNone" : PRINTER_WORDS[p]) : "", `${t("printer")}：${t(PRINTER_WORDS[p])}`)];
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
    return h("nav", {class: "rail", "aria-label": t("main"), key: "rail"}, VIEWS.map(([name, drawing], i) =>
        h("button", {class: "tab", type: "button", "aria-current": state.view === name ? "page" : null, onclick: () => go(name), key: name}, icon(drawing), h("span", null, t(name)), h("kbd", {"aria-hidden": "true"}, "F" + (i + 1)))));
}

/* ---- dialogs ---- */

function printerDialog(d) {
    return [h("p", null, told(d.text)), h("div", {class: "stack"},
        h("button", {class: "primary", type: "button", disabled: state.busy, onclick: () => confirm(false)}, t("again"), hint("⏎")),
        h("button", {class: "quiet", type: "button", disabled: state.busy, onclick: () => confirm(true)}, t("goOn")),
        h("button", {class: "quiet", type: "button", onclick: () => set({dialog: null})}, t("back"), hint("Esc")))];
}

const DIALOGS = {printer: ["printerTitle", printerDialog], void: ["voidTitle", voidDialog], return: ["returnTitle", returnDialog], returned: ["returnTitle", returnedDialog], close: ["dayTitle", closeDialog]};

/* The heading has the focus: a finger that still rests on Enter presses none of its buttons. */
function dialog() {
    const d = state.dialog;
    if (!d)
        return null;
    const wide = d.kind.startsWith("return") || d.done, [name, view] = DIALOGS[d.kind], title = d.done && d.done.kind === "void" ? "voidTitle" : name;
    return h("dialog", {class: "dialog" + (wide ? " wide" : ""), key: "dialog" + d.kind, "aria-labelledby": "dialogtitle", oncancel: () => set({dialog: null}), mounted: el => el.isConnected && el.showModal()},
        h("h2", {id: "dialogtitle", tabindex: "-1", autofocus: true}, t(title)), view(d));
}

/* ---- drawing ---- */

let focused = "", said = "";

/* A new screen gets the focus, so that a screen reader begins at its heading; not away from a field that is being filled in. So it
 * does when what had the focus has gone, or cannot be pressed any more. */
function moveFocus() {
    const now = state.entry + state.view + (state.view === "till" ? screen() : "");
    const at = document.activeElement;
    if (at && at !== document.body && (now === focused || at.matches("input, textarea, select")))
        return;
    focused = now;
    const heading = document.querySelector("dialog[open] h2") || document.querySelector("#main h1");
    if (heading)
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
    const toast = state.toast ? h("p", {class: "toast " + state.toast.kind, role: state.toast.kind === "bad" ? "alert" : "status", key: "toast", onclick: () => set({toast: null})}, icon(state.toast.kind === "bad" ? "warn" : "info"), h("span", null, told(state.toast.text)), icon("cross", "away")) : null;
    document.title = (test ? `【${t("sandboxMark")}】` : "") + t("name") + (s && s.shop && s.shop.name ? " · " + s.shop.name : "");
    document.documentElement.classList.toggle("test", Boolean(test));
    if (state.entry !== "open")
        patch(app, [entryView(), toast]);
    else
        patch(app, [test ? h("p", {class: "testbar", key: "testbar"}, h("b", null, t("sandboxMark")), t("sandbox")) : null,
            h("div", {class: "shell" + (state.connected ? "" : " lost"), key: "shell"}, top(), rail(), h("main", {id: "main", class: "main", key: "main", inert: !state.connected}, view[2]())),
            state.connected ? null : h("section", {class: "gone", role: "alert", key: "gone"}, h("div", {class: "spinner", "aria-hidden": "true"}), h("h2", null, t("lost")), h("p", null, t("lostHint"))),
            test ? h("div", {class: "watermark", "aria-hidden": "true", key: "mark"}, Array.from({length: 24}, () => h("span", null, t("sandboxMark")))) : null,
            toast, dialog()]);
    speak();
    moveFocus();
    if (state.view === "till" && state.entry === "open" && screen() === "idle")
        needDay();
}

onChange(draw);
onNews(onAnswer);
dark.addEventListener("change", draw);
watchKeys(go);
window.addEventListener("hashchange", () => location.reload());
draw();
begin();
