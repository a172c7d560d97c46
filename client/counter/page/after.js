/* SPDX-License-Identifier: Apache-2.0 */
/* What comes after a sale: taking it back, wholly or in part, and the end of the day. */
import {h, icon, yuan} from "/dom.js";
import {t} from "/texts.js";
import {state, set, act, ask, fenOf, toast} from "/store.js";
import {hint, keypad, money} from "/till.js";

function by() {
    return state.cashier ? {cashier: state.cashier} : {};
}

/* The same key for every try of one: it happens once. What came of it stays until it is dismissed. */
function takeBack(what, sale, body, key) {
    return act(async () => {
        const done = await ask("POST", `/v1/sales/${sale.sale_id}/${what}?lang=${state.lang}`, {...body, ...by()}, {"Idempotency-Key": key});
        set({dialog: {kind: "returned", sale, done}, receipt: null, day: null});
    });
}

/** Asks why. */
export function beginVoid(sale) {
    set({dialog: {kind: "void", sale, key: crypto.randomUUID()}});
}

export function voidDialog(d) {
    return [h("p", {class: "hint"}, t("voidHint")), h("div", {class: "stack"},
        t("voidReasons").split("|").map(reason => h("button", {class: "danger", type: "button", disabled: state.busy, onclick: () => takeBack("void", d.sale, {reason}, d.key)}, reason)),
        h("button", {class: "quiet", type: "button", onclick: () => set({dialog: null})}, t("back")))];
}

/* ---- a part of a sale ---- */

/** Opens the dialog: how much, and why. */
export function beginReturn(sale) {
    set({dialog: {kind: "return", sale, digits: "", reason: 0, key: crypto.randomUUID()}});
}

/* Of the discount, what belongs to the first `fen` of the total (docs/protocol.md, `void`); the product may pass 2^53. */
function share(sale, fen) {
    return Number(BigInt(sale.discount_fen) * BigInt(fen) / BigInt(sale.total_fen));
}

/** What a return of that much gives back; null: no amount, or more than is left. */
export function reckon(sale, digits) {
    const amount = fenOf(digits), before = sale.returned_fen || 0;
    if (!(amount > 0 && before + amount <= sale.total_fen))
        return null;
    const back = share(sale, before + amount) - share(sale, before);
    return {amount_fen: amount, discount_back_fen: back, refund_fen: amount - back};
}

/* As the day has it now: another window, or this one before it was loaded again, may have returned a part. */
function freshest(sale) {
    return (state.day && state.day.sales.find(s => s.sale_id === sale.sale_id)) || sale;
}

function line(label, text, kind) {
    return h("div", {class: kind || ""}, h("dt", null, label), h("dd", null, text));
}

/* The sums, expected or as they were recorded. */
function returnSums(sale, sums) {
    const before = sale.returned_fen || 0, known = v => (sums ? "¥" + yuan(v(sums)) : "—");
    return h("dl", {class: "prices returnsums"},
        line(t("before"), "¥" + yuan(sale.total_fen)), before ? line(t("returnedBefore"), "¥" + yuan(before)) : null,
        line(t("returnNow"), known(s => s.amount_fen)), line(t("discountBack"), sums ? "−¥" + yuan(sums.discount_back_fen) : "—", "bad"),
        line(t("refund"), known(s => s.refund_fen), "pay"));
}

export function returnDialog(d) {
    const sale = freshest(d.sale), sums = reckon(sale, d.digits), left = sale.total_fen - (sale.returned_fen || 0), over = fenOf(d.digits) > left;
    const send = () => takeBack("return", sale, {amount_fen: sums.amount_fen, reason: t("returnReasons").split("|")[d.reason]}, d.key);
    const reasons = t("returnReasons").split("|").map((reason, i) => h("button", {class: "choice", type: "button", "aria-pressed": String(d.reason === i), onclick: () => set({dialog: {...d, reason: i, key: crypto.randomUUID()}})}, reason));
    return h("div", {class: "twosides", key: "return"},
        h("div", {class: "side"}, h("div", {class: "field digits here" + (over ? " doubt" : "")}, h("span", {class: "label"}, t("returnAmount")), h("span", {class: "value"}, money(d.digits))),
            h("p", {class: over ? "hint bad" : "hint", role: over ? "alert" : null}, t(over ? "returnOver" : "returnLeft", yuan(left))), keypad()),
        h("div", {class: "side"}, h("div", {class: "choices", role: "group", "aria-label": t("reason")}, reasons), returnSums(sale, sums),
            h("div", {class: "row"}, h("button", {class: "quiet", type: "button", onclick: () => set({dialog: null})}, t("back")),
                h("button", {class: "primary", type: "button", disabled: !sums || state.busy, onclick: send}, t("returnDo"), hint("⏎")))));
}

export function returnedDialog(d) {
    return h("div", {class: "twosides", key: "returned"},
        h("div", {class: "side"}, h("p", {class: "donemark"}, icon("check"), t("returnDone")), returnSums(d.sale, d.done),
            h("p", {class: "hint"}, t("returnedInAll", yuan(d.done.returned_fen), yuan(d.sale.total_fen))),
            h("div", {class: "row"}, hasPaper() ? h("button", {class: "quiet", type: "button", disabled: state.busy, onclick: () => printPage(d.done.void_id)}, icon("print"), t("copy")) : null,
                h("button", {class: "primary", type: "button", onclick: () => set({dialog: null})}, t("close"), hint("⏎")))),
        h("pre", {class: "sliptext", tabindex: "0", "aria-label": t("receipt")}, d.done.receipt));
}

/** What a key does while a dialog is open: its keypad's, or Enter for the one thing to do next, where there is one; true if it did something. */
export function dialogKey(key) {
    const names = {Enter: ".primary", Backspace: '[data-key="erase"]'};
    const button = document.querySelector("dialog " + (names[key] || (/^[0-9.]$/.test(key) ? `[data-key="${key}"]` : "none")));
    if (button && !button.disabled)
        button.click();
    return Boolean(button);
}

/** Whether anything could be printed. */
export function hasPaper() {
    const printer = state.status && state.status.printer;
    return printer && !["off", "absent"].includes(printer.state);
}

/** The page of a return, a void or a dispute, marked as a copy. */
export function printPage(id) {
    return act(async () => {
        await ask("POST", `/v1/pages/${id}/print`);
        toast({zh: "已送打印机", en: "Sent to the printer"}, "info");
    });
}

/* ---- the end of the day ---- */

/** Asks for the sums, then shows them. */
export function beginClose() {
    return act(async () => set({dialog: {kind: "close", sums: await ask("GET", "/v1/day"), done: null}}));
}

function closeDay() {
    return act(async () => {
        const done = await ask("POST", "/v1/day/close", {day: state.dialog.sums.day});
        set({dialog: {kind: "close", sums: done, done}});
    });
}

export function closeDialog(d) {
    const s = d.sums, print = h("button", {class: d.done ? "quiet" : "primary", type: "button", disabled: state.busy, onclick: closeDay}, icon("print"), t(d.done ? "printAgain" : "dayClose"), d.done ? null : hint("⏎"));
    const back = h("button", {class: d.done ? "primary" : "quiet", type: "button", onclick: () => set({dialog: null})}, t(d.done ? "close" : "back"), hint(d.done ? "⏎" : "Esc"));
    const paper = hasPaper();
    return h("div", {class: d.done ? "twosides" : "", key: "close"},
        h("div", {class: "side"}, h("p", {class: "hint"}, s.day),
            h("dl", {class: "prices daysums"}, line(t("salesCount"), s.count), line(t("total"), "¥" + yuan(s.total_fen)), line(t("given"), "−¥" + yuan(s.discount_fen)), line(t("paid"), "¥" + yuan(s.pay_fen)),
                line(t("takenBack", s.voids), "−¥" + yuan(s.refund_fen)), line(t("net"), "¥" + yuan(s.net_fen), "pay")),
            s.provisional ? h("p", {class: "hint"}, t("dayProvisional", s.provisional)) : null, s.contested ? h("p", {class: "hint bad"}, t("dayContested", s.contested)) : null,
            s.unsent ? h("p", {class: "hint"}, t("toSend", s.unsent)) : null,
            d.done ? h("p", {class: "paper " + (paper ? "good" : "")}, icon("print"), t(paper ? "queued" : "dayNoPrinter")) : null,
            h("div", {class: "row"}, d.done ? [print, back] : [back, print])),
        d.done ? h("pre", {class: "sliptext", tabindex: "0", "aria-label": t("dayTitle")}, s["sheet_" + state.lang]) : null);
}
