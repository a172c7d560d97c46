/* SPDX-License-Identifier: Apache-2.0 */
/* The checkout: amount, card, verdict, price, done. */
import {h, icon, yuan} from "/dom.js";
import {clock, nextStep, t, told} from "/texts.js";
import {state, set, shown, waitingNext, enterAmount, amountGood, changeAmount, cancel, keyNumber, scanTestCard, confirm, dismiss, act, ask, toast} from "/store.js";

/* ---- the keypad: amount, the shop's own price, or a card number ---- */

export function typed(key) {
    if (state.dialog && state.dialog.kind === "return") {
        const digits = edited(state.dialog.digits, key);
        return digits === null ? undefined : set({dialog: {...state.dialog, digits, key: crypto.randomUUID()}});
    }
    if (state.number) {
        const digits = key === "erase" ? state.number.digits.slice(0, -1) : key === "clear" ? "" : state.number.digits + key.replace(/\D/g, "");
        return set({number: {...state.number, digits: digits.slice(0, 19)}});
    }
    const text = edited(state[state.field], key);
    return text === null ? undefined : set({[state.field]: text});
}

/* An amount after one more key; null: it would be none. */
function edited(text, key) {
    if (key === "erase")
        text = text.slice(0, -1);
    else if (key === "clear")
        text = "";
    else if (key === ".")
        text = text.includes(".") ? text : (text || "0") + ".";
    else
        text = (text === "0" ? "" : text) + key;
    return /^\d{0,7}(\.\d{0,2})?$/.test(text) ? text : null;
}

/* What was touched takes no focus: Enter goes on. */
function stay(e) {
    e.preventDefault();
}

function padKey(label, key, name, extra) {
    return h("button", {class: "key " + (extra || ""), type: "button", "aria-label": name, "data-key": key, onmousedown: stay, onclick: () => typed(key)}, label);
}

export function keypad() {
    const digits = ["7", "8", "9", "4", "5", "6", "1", "2", "3"].map(d => padKey(d, d));
    const last = state.number ? padKey(icon("cross"), "clear", t("clear"), "soft") : padKey(".", ".");
    return h("div", {class: "keypad", role: "group", "aria-label": t("keysHelp")}, digits, last, padKey("0", "0"), padKey(icon("erase"), "erase", t("erase"), "soft"));
}

export function money(text) {
    return [h("span", {class: "sign", "aria-hidden": "true"}, "¥"), h("span", {class: text ? "figure" : "figure empty"}, text || "0.00")];
}

function amountPad(first) {
    const own = state.field === "own";
    const field = (name, label, value) => h("button", {class: "field " + name + (state.field === name ? " here" : ""), type: "button", "aria-pressed": String(state.field === name),
        "aria-label": `${label} ${value || "0.00"} ${t("yuan")}`, onmousedown: stay, onclick: () => set({field: name})}, h("span", {class: "label"}, label), h("span", {class: "value"}, money(value)));
    return h("section", {class: "pad", key: "pad"}, field("digits", t("amount"), state.digits), field("own", t("own"), state.own),
        own && !first ? h("p", {class: "hint"}, t("ownHint")) : null, keypad(),
        h("div", {class: "row"}, first ? null : h("button", {class: "quiet", type: "button", onclick: cancel}, t("cancel")),
            h("button", {class: "primary", type: "button", disabled: !amountGood() || state.busy, onclick: enterAmount}, t("next"), hint("⏎"))));
}

function inFours(digits) {
    return digits.replace(/(\d{4})(?=\d)/g, "$1 ");
}

function numberPad() {
    const {digits, doubt} = state.number, doubted = doubt === digits;
    const groups = inFours(digits);
    return h("section", {class: "pad", key: "numberpad"},
        h("div", {class: "field number here" + (doubted ? " doubt" : "")}, h("span", {class: "label"}, t("number")), h("span", {class: "value"}, groups || h("span", {class: "empty"}, "6200 ···"))),
        h("p", {class: doubted ? "hint bad" : "hint", role: doubted ? "alert" : null}, doubted ? t("luhnAgain") : t("numberHint")), keypad(),
        h("div", {class: "row"}, h("button", {class: "quiet", type: "button", onclick: () => set({number: null})}, icon("back"), t("back"), hint("Esc")),
            h("button", {class: "primary", type: "button", disabled: digits.length < 16 || state.busy, onclick: keyNumber}, doubted ? t("luhnOk") : t("check"), hint("⏎"))));
}

export function hint(text) {
    return h("kbd", {"aria-hidden": "true"}, text);
}

/* ---- what stands beside the keypad ---- */

function cardArt() {
    return h("div", {class: "art", "aria-hidden": "true"}, h("div", {class: "artcard"}, h("i"), h("b"), h("u")), h("div", {class: "beam"}));
}

function invitation(title, text, more) {
    return h("section", {class: "stage invite", key: "invite"}, cardArt(),
        h("h1", {class: "ask", tabindex: "-1"}, title), h("p", {class: "hint"}, text), more, testCards());
}

/* The front of a card with the number as it is keyed, where the card has it. */
function frontOfCard() {
    return h("section", {class: "stage front", key: "front"},
        h("div", {class: "frontcard", "aria-hidden": "true"}, h("span", {class: "frontname"}, t("cardName")), h("span", {class: "frontnumber"}, inFours(state.number.digits.padEnd(16, "·"))), h("u")),
        h("h1", {class: "ask", tabindex: "-1"}, t("keyNumber")), h("p", {class: "hint"}, t("compare")));
}

/* Before any amount is entered: what stands in the way of a discount, and what to do. */
function standsInTheWay() {
    const s = state.status;
    if (s && !["listed", "unknown"].includes(s.shop.standing))
        return h("section", {class: "stage invite barred", key: "invite"}, h("div", {class: "mark"}, icon("cross")), h("h1", {class: "ask", tabindex: "-1"}, t("noDiscounts")),
            h("p", {class: "why"}, told(state.errors["shop_" + s.shop.standing])), s.shop.reason ? h("p", {class: "hint"}, t("becauseOf", s.shop.reason)) : null, h("p", {class: "step"}, nextStep("shop_" + s.shop.standing)));
    return invitation(t("scanTitle"), t(state.field === "own" ? "ownHint" : "idleHint"), s && !s.online && !s.sandbox ? offlineNote(s.offline) : todayStrip());
}

function offlineNote(o) {
    const text = o.possible ? t("offlineNow", o.left_sales, clock(o.stop_at_ms, true)) : `${t("offlineNone")} ${told(state.errors[o.why]) || ""}`;
    return h("p", {class: "note " + (o.possible ? "wait" : "bad"), role: "status"}, icon(o.possible ? "clock" : "warn"), h("span", null, text));
}

/* A vendor has no card at hand. */
function testCards() {
    return !state.cards.length ? null : h("div", {class: "testcards", role: "group", "aria-label": t("testCards")}, state.cards.map((c, i) =>
        h("button", {class: "testcard", type: "button", disabled: state.busy, key: i, onclick: () => scanTestCard(c)}, told(c.text))));
}

function summary(c) {
    return h("section", {class: "pad due", key: "due"},
        h("div", {class: "plain"}, h("span", {class: "label"}, t("amount")), h("span", {class: "value"}, money(yuan(c.total_fen)))),
        h("div", {class: "stack"},
            h("button", {class: "quiet", type: "button", disabled: state.busy, onclick: () => set({number: {digits: ""}})}, icon("keys"), t("keyNumber"), hint("K")),
            h("button", {class: "quiet", type: "button", disabled: state.busy, onclick: changeAmount}, icon("back"), t("change"), hint("Esc")),
            h("button", {class: "quiet", type: "button", disabled: state.busy, onclick: cancel}, icon("cross"), t("cancel"))));
}

/* ---- the verdict ---- */

function holder(c, done) {
    return h("div", {class: "holder"},
        h("p", {class: "label"}, t(done ? "memberCard" : "compare")),
        h("div", {class: "face"},
            h("p", {class: "facenumber", "aria-label": `${t("last4")} ${c.card_last4 || ""}`}, h("span", {class: "dots", "aria-hidden": "true"}, "•••• "), h("b", null, c.card_last4)),
            c.name_masked ? h("p", {class: "facename"}, c.name_masked) : h("p", {class: "facename none"}, t(c.by === "number" ? "byNumber" : "noName"))));
}

function verdictKind(c) {
    if (c.state === "refused")
        return "refused";
    if (c.state === "failed")
        return "failed";
    return c.verdict === "provisional" ? "provisional" : "member";
}

const VERDICT_ICONS = {member: "check", provisional: "clock", refused: "cross", failed: "warn"};

/* Full colour while there is something to decide, pale once it is done. */
function verdict(c) {
    const kind = verdictKind(c), bad = kind === "refused" || kind === "failed", done = c.state === "applied";
    return h("section", {class: `stage verdict ${kind}` + (done ? " settled" : ""), key: "verdict", "data-verdict": kind},
        h("div", {class: "mark"}, icon(done ? "check" : VERDICT_ICONS[kind])),
        h("h1", {class: "word", tabindex: "-1"}, t(done ? "applied" : kind)), done && kind === "provisional" ? h("p", {class: "why"}, t(kind)) : null,
        bad ? h("p", {class: "why"}, told(c.text)) : null,
        kind === "refused" ? h("p", {class: "step"}, nextStep(c.reason)) : kind === "failed" ? h("p", {class: "step"}, t("failedHint")) : null,
        kind !== "provisional" || done ? null : [h("p", {class: "step"}, t("provisionalHint")), c.provisional ? h("p", {class: "step"}, t("provisionalLeft", c.provisional.left_sales, clock(c.provisional.stop_at_ms, true))) : null],
        !bad && c.card_last4 ? holder(c, done) : null);
}

/* What is to be paid; a sum of many digits in a smaller type. */
function toPay(label, fen, id) {
    const text = yuan(fen);
    return h("div", {class: "pay" + (text.length > 8 ? " long" : "")}, h("dt", null, label), h("dd", null, h("span", {class: "sign"}, "¥"), h("span", {class: "figure", id}, text)));
}

function priceLines(c) {
    return h("dl", {class: "prices"},
        h("div", null, h("dt", null, t("before")), h("dd", {class: "struck"}, "¥" + yuan(c.total_fen))),
        h("div", null, h("dt", null, c.own_price ? t("ownUsed") : c.offer_title || t("saved")), h("dd", {class: "saved"}, "−¥" + yuan(c.discount_fen))),
        toPay(t("pay"), c.pay_fen, "pay"));
}

function quotePanel(c) {
    return h("section", {class: "deal", key: "deal"}, h("p", {class: "todo"}, t("compareFirst")), priceLines(c),
        c.error ? h("p", {class: "hint bad", role: "alert"}, told(c.text)) : null,
        h("div", {class: "row"},
            h("button", {class: "quiet", type: "button", disabled: state.busy, onclick: cancel}, t("cancel"), hint("Esc")),
            h("button", {class: "primary big", type: "button", disabled: state.busy, onclick: () => confirm(false)}, icon("check"), t("confirm"), hint("⏎"))));
}

function receiptState(c) {
    const printer = state.status && state.status.printer, job = printer && printer.jobs.find(j => j.id === c.sale_id);
    if (!printer || printer.state === "off" || (printer.state === "absent" && !job))
        return {text: t("noPrinter"), kind: ""};
    if (job && (job.state === "unprinted" || job.state === "interrupted"))
        return {text: t("unprinted"), kind: "bad", copy: true};
    return job && job.state !== "done" ? {text: t("printing"), kind: "wait"} : {text: t("printed"), kind: "good", copy: true};
}

export function printCopy(saleId) {
    return act(async () => {
        await ask("POST", `/v1/sales/${saleId}/print`);
        toast({zh: "已送打印机", en: "Sent to the printer"}, "info");
    });
}

function donePanel(c) {
    const paper = receiptState(c), next = waitingNext();
    return h("section", {class: "deal done", key: "deal"}, h("p", {class: "todo"}, t("takeMoney")), priceLines(c),
        h("p", {class: "paper " + paper.kind, role: "status"}, icon("print"), paper.text),
        state.status && state.status.sandbox ? h("a", {class: "slip", href: `/v1/sales/${c.sale_id}/receipt.png`, target: "_blank"}, h("img", {src: `/v1/sales/${c.sale_id}/receipt.png`, alt: t("receipt")})) : null,
        next ? h("p", {class: "behind", role: "status"}, t("waitingNext", [next.name_masked, next.card_last4, next.total_fen ? "¥" + yuan(next.total_fen) : ""].filter(Boolean).join(" "))) : null,
        h("div", {class: "row"},
            paper.copy ? h("button", {class: "quiet", type: "button", disabled: state.busy, onclick: () => printCopy(c.sale_id)}, t("copy"), hint("P")) : null,
            h("button", {class: "primary big", type: "button", onclick: dismiss}, t("nextSale"), hint("⏎"))));
}

/* Where the shop or the goods are the reason, no other card helps. */
function anotherCardHelps(c) {
    return !(c.reason || "").startsWith("shop_") && c.reason !== "no_offer";
}

function refusedPanel(c) {
    const again = anotherCardHelps(c);
    return h("section", {class: "deal sorry", key: "deal"},
        again ? h("p", {class: "todo"}, icon("scan"), t("another")) : null,
        c.total_fen ? h("dl", {class: "prices"}, toPay(t("fullPrice"), c.total_fen)) : again && !state.cards.length ? cardArt() : null, again ? testCards() : null,
        h("div", {class: "stack"},
            again ? h("button", {class: "quiet", type: "button", disabled: state.busy, onclick: () => set({number: {digits: ""}})}, icon("keys"), t("keyNumber"), hint("K")) : null,
            h("button", {class: "primary", type: "button", disabled: state.busy, onclick: cancel}, c.total_fen ? t("endFull") : t("back"), hint("Esc"))));
}

/* ---- which of them ---- */

export function screen() {
    const c = shown();
    if (state.number && c && c.state !== "applied" && c.state !== "verifying")
        return "number";
    return c ? c.state : "idle";
}

export function tillView() {
    const c = shown(), now = screen();
    const views = {
        idle: () => [amountPad(true), standsInTheWay()],
        waiting: () => [summary(c), invitation(t("scanTitle"), t("scanHint"))],
        verifying: () => [summary(c), h("section", {class: "stage busy", key: "busy"}, h("div", {class: "spinner", "aria-hidden": "true"}), h("h1", {class: "ask", tabindex: "-1"}, t("verifying")))],
        amount: () => [amountPad(false), verdict(c)],
        number: () => [numberPad(), frontOfCard()],
        quoted: () => [verdict(c), quotePanel(c)],
        applied: () => [verdict(c), donePanel(c)],
        refused: () => [verdict(c), refusedPanel(c)],
        failed: () => [verdict(c), refusedPanel(c)],
    };
    return h("div", {class: "till " + now, key: "till", "data-screen": now}, (views[now] || views.idle)());
}

function todayStrip() {
    const day = state.day;
    if (!day || !day.count)
        return null;
    const last = day.sales[day.sales.length - 1];
    return h("p", {class: "strip"}, `${t("todayTitle")} ${day.count} ${t("sales")} · ¥${yuan(day.discount_fen)} · ${clock(last.at_ms)}`);
}

/** What Enter, Escape and letters do on this screen; true if they did something. */
export function tillKey(key) {
    const c = shown(), now = screen();
    if (/^[0-9.]$/.test(key) && ["idle", "amount", "number"].includes(now))
        return typed(key), true;
    if (key === "Backspace" && ["idle", "amount", "number"].includes(now))
        return typed("erase"), true;
    const doubted = state.number && state.number.digits.length >= 16;
    const enter = {idle: () => amountGood() && enterAmount(), amount: () => amountGood() && enterAmount(), number: () => doubted && keyNumber(), quoted: () => confirm(false), applied: dismiss};
    const escape = {idle: () => typed("clear"), number: () => set({number: null}), waiting: changeAmount, amount: cancel, quoted: cancel, refused: cancel, failed: cancel, verifying: cancel, applied: dismiss};
    const letters = {k: () => (now === "waiting" || (["refused", "failed"].includes(now) && anotherCardHelps(c))) && set({number: {digits: ""}}), p: () => now === "applied" && printCopy(c.sale_id)};
    const f = key === "Enter" ? enter[now] : key === "Escape" ? escape[now] : letters[key.toLowerCase()];
    if (!f)
        return false;
    f();
    return true;
}

/** What a screen reader is told of the state, and whether at once. */
export function spoken() {
    const c = shown();
    if (!c)
        return ["", false];
    if (c.state === "quoted")
        return [t("sayQuoted", t(verdictKind(c)), `${c.name_masked || ""} ${t("last4")} ${(c.card_last4 || "").split("").join(" ")}`, yuan(c.pay_fen)), false];
    if (c.state === "refused" || c.state === "failed")
        return [`${t(verdictKind(c))}。${told(c.text)}`, true];
    return [c.state === "applied" ? `${t("applied")}，${t("pay")} ${yuan(c.pay_fen)}` : told(c.text), false];
}
