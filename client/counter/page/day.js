/* SPDX-License-Identifier: Apache-2.0 */
/* Today's sales: sums, each sale, its receipt, a copy. */
import {h, icon, yuan} from "/dom.js";
import {clock, t} from "/texts.js";
import {state, set, act, ask} from "/store.js";
import {beginClose, beginReturn, beginVoid} from "/after.js";
import {printCopy} from "/till.js";

let asked = null, again = false;

/** Fetches the day if it is not there, once for each change. */
export function needDay() {
    if (!state.day)
        refreshDay();
}

export function refreshDay() {
    again = Boolean(asked);
    if (asked || state.entry !== "open")
        return;
    asked = Promise.all([ask("GET", "/v1/day"), ask("GET", "/v1/sales")]).then(([sums, list]) => set({day: {...sums, ...list}}), () => {}).finally(() => {
        asked = null;
        if (again)
            refreshDay();
    });
}

function outcome(s) {
    if (isVoid(s))
        return h("span", {class: "chip off"}, t("voided"));
    if (s.returned_fen)
        return h("span", {class: "chip warn"}, t("returned"));
    const kinds = {counted: ["good", "counted"], unsent: ["wait", "waitingUp"], held: ["bad", "held"], contested: ["bad", "held"]};
    const [kind, text] = kinds[s.outcome] || kinds.unsent;
    return h("span", {class: "chip " + kind}, t(text));
}

function isVoid(s) {
    return s.returned_fen >= s.total_fen;
}

async function openSale(s) {
    const receipt = await act(() => ask("GET", `/v1/sales/${s.sale_id}/receipt?lang=${state.lang}`));
    if (receipt !== undefined)
        set({receipt: {sale: s, text: receipt}});
}

function row(s) {
    const open = state.receipt && state.receipt.sale.sale_id === s.sale_id;
    return h("li", {key: s.sale_id}, h("button", {class: "sale" + (open ? " here" : "") + (isVoid(s) ? " gone" : ""), type: "button", "aria-pressed": String(Boolean(open)), onclick: () => openSale(s)},
        h("span", {class: "when"}, clock(s.at_ms)),
        h("span", {class: "who"}, s.name_masked || "", h("small", null, " ···· " + s.card_last4)),
        h("span", {class: "what"}, s.own_price ? t("own") : s.offer_title),
        h("span", {class: "sum"}, h("del", null, yuan(s.total_fen)), " ", h("b", null, "¥" + yuan(s.pay_fen))),
        outcome(s)));
}

function detail() {
    const {sale, text} = state.receipt;
    return h("section", {class: "slipview", key: "slip", "aria-label": t("receipt")},
        state.status && state.status.sandbox
            ? h("img", {class: "slippng", src: `/v1/sales/${sale.sale_id}/receipt.png?copy=1`, alt: text}) : h("pre", {class: "sliptext", tabindex: "0"}, text),
        h("div", {class: "row"},
            h("button", {class: "quiet", type: "button", onclick: () => set({receipt: null})}, icon("back"), t("back")),
            h("button", {class: "quiet", type: "button", disabled: state.busy, onclick: () => printCopy(sale.sale_id)}, icon("print"), t("copy")),
            h("button", {class: "quiet", type: "button", disabled: isVoid(sale) || state.busy, onclick: () => beginReturn(sale)}, icon("undo"), t("return")),
            h("button", {class: "danger", type: "button", disabled: isVoid(sale) || state.busy, onclick: () => beginVoid(sale)}, icon("cross"), t("void"))));
}

function figure(label, text, cls) {
    return h("div", {class: "figurebox " + (cls || "")}, h("dt", null, label), h("dd", null, text));
}

export function dayView() {
    needDay();
    const d = state.day || {sales: [], count: 0, total_fen: 0, discount_fen: 0, refund_fen: 0, net_fen: 0};
    return h("div", {class: "day" + (state.receipt ? " open" : ""), key: "day"},
        h("section", {class: "daylist"},
            h("div", {class: "titlerow"}, h("h1", {tabindex: "-1"}, t("todayTitle")),
                h("button", {class: "quiet slim", type: "button", disabled: state.busy, onclick: beginClose}, icon("print"), t("dayTitle"))),
            h("dl", {class: "figures"}, figure(t("salesCount"), d.count), figure(t("total"), yuan(d.total_fen)), figure(t("given"), yuan(d.discount_fen)),
                figure(d.refund_fen ? t("netAfter", yuan(d.refund_fen)) : t("net"), yuan(d.net_fen), "chief")),
            d.count ? h("ul", {class: "sales"}, [...d.sales].reverse().map(row)) : h("p", {class: "empty"}, icon("day"), t("none"))),
        state.receipt ? detail() : null);
}
