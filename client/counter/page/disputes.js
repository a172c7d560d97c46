/* SPDX-License-Identifier: Apache-2.0 */
/* Disputes: what was logged, what the union answered, a new one. */
import {h, icon, yuan} from "/dom.js";
import {clock, t} from "/texts.js";
import {state, set, act, ask, toast} from "/store.js";
import {hasPaper, printPage} from "/after.js";
import {needDay} from "/day.js";

const KINDS = ["refused_valid", "rate_not_given", "amount_wrong", "card_suspect", "double_charge", "offline_contested", "other"], REPORTERS = ["shop", "member"];
const EMPTY = {kind: KINDS[0], reporter: REPORTERS[0], sale: "", text: "", key: ""};
let asked = null, again = false;

export function refreshDisputes() {
    again = Boolean(asked);
    if (asked || state.entry !== "open")
        return;
    asked = ask("GET", "/v1/disputes").then(got => set({disputes: got.disputes}), () => set({disputes: []})).finally(() => {
        asked = null;
        if (again)
            refreshDisputes();
    });
}

/* The same key for every try of one complaint: it is logged once. */
async function send(event) {
    event.preventDefault();
    const draft = {...(state.complaint || EMPTY)};
    draft.key = draft.key || crypto.randomUUID();
    set({complaint: draft});
    await act(async () => {
        const body = {kind: draft.kind, reporter: draft.reporter, ...(draft.text.trim() ? {text: draft.text.trim()} : {}), ...(state.cashier ? {cashier: state.cashier} : {}), ...(draft.sale ? {sale_id: draft.sale} : {})};
        const made = await ask("POST", "/v1/disputes", body, {"Idempotency-Key": draft.key});
        set({complaint: null, disputes: null});
        toast({zh: `已登记，编号 ${made.ref}`, en: `Logged as ${made.ref}`}, "info");
    });
}

/* By touch alone there is no keyboard: what happened may be left out where the kind says it. */
function form() {
    needDay();
    const draft = state.complaint || EMPTY, put = change => set({complaint: {...draft, ...change, key: ""}});
    const sales = state.day ? [...state.day.sales].reverse().slice(0, 50) : [], wordless = draft.kind === "other" && !draft.text.trim();
    return h("form", {class: "card form", onsubmit: send},
        h("h2", null, t("disputeNew")),
        h("label", null, t("disputeKind"), h("select", {onchange: e => put({kind: e.target.value}), value: draft.kind}, KINDS.map(k => h("option", {value: k}, t("dk_" + k))))),
        h("div", {class: "choices who", role: "group", "aria-labelledby": "who"}, h("span", {class: "label", id: "who"}, t("disputeReporter")), REPORTERS.map(r => h("button", {class: "choice", type: "button", "aria-pressed": String(draft.reporter === r), onclick: () => put({reporter: r})}, t("rp_" + r)))),
        h("label", null, t("disputeSale"), h("select", {onchange: e => put({sale: e.target.value}), value: draft.sale}, h("option", {value: ""}, t("noSale")),
            sales.map(s => h("option", {value: s.sale_id}, `${clock(s.at_ms)} ···· ${s.card_last4} ¥${yuan(s.pay_fen)}`)))),
        h("label", {class: "tall"}, t(draft.kind === "other" ? "disputeText" : "disputeTextMay"), h("textarea", {rows: "3", maxlength: "2000", oninput: e => put({text: e.target.value}), value: draft.text})),
        h("button", {class: "primary", type: "submit", disabled: wordless || state.busy}, t("disputeSend")),
        h("p", {class: "hint"}, t("disputeHotline")));
}

function one(d) {
    const kinds = {answered: "good", closed: "off", escalated: "bad"};
    return h("li", {class: "card", key: d.ref},
        h("p", {class: "head"}, h("b", null, d.ref), h("span", {class: "chip " + (kinds[d.state] || "wait")}, t(d.state === "unsent" ? "waitingUp" : d.state)), d.at_ms ? h("time", null, clock(d.at_ms)) : null),
        h("p", null, t("dk_" + d.kind), d.reporter === "member" ? `（${t("rp_member")}）` : "", d.text ? "：" + d.text : ""),
        d.answer ? h("p", {class: "answer"}, h("b", null, t("disputeAnswer") + "："), d.answer.text, h("small", null, ` ${d.answer.by} ${clock(d.answer.at_ms)}`)) : null,
        hasPaper() ? h("button", {class: "quiet slim", type: "button", disabled: state.busy, onclick: () => printPage(d.dispute_id)}, icon("print"), t("printSlip")) : null);
}

export function disputesView() {
    if (!state.disputes)
        refreshDisputes();
    const list = state.disputes || [];
    return h("div", {class: "columns", key: "disputes"},
        h("section", {class: "said"}, h("h1", {tabindex: "-1"}, t("disputes")), list.length ? h("ul", {class: "plainlist"}, list.map(one)) : h("p", {class: "empty"}, icon("talk"), t("disputeNone"))),
        h("section", null, form()));
}
