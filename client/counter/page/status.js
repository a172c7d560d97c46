/* SPDX-License-Identifier: Apache-2.0 */
/* How the terminal is, and what to do about what is not in order. */
import {h, icon, yuan} from "/dom.js";
import {clock, deviceWhy, t, told} from "/texts.js";
import {state, act, ask, prefer, signOut, toast} from "/store.js";

const SKEW_MS = 60000, CERT_SOON_DAYS = 30;

function why(code) {
    return code ? told(state.errors[code]) || code : null;
}

function card(name, title, value, kind, lines) {
    return h("section", {class: "card state " + kind, key: title},
        h("h2", null, icon(name), title), h("p", {class: "value"}, h("i", {class: "dot", "aria-hidden": "true"}), value),
        lines.filter(Boolean).map(line => h("p", {class: "line"}, line)));
}

function shopCard(s) {
    const good = s.shop.standing === "listed";
    return card("shop", t("shop"), `${s.shop.name || "—"} · ${t(s.shop.standing)}`, good ? "good" : "bad", [
        !good && s.shop.standing !== "unknown" ? why("shop_" + s.shop.standing) : null, s.shop.reason || null,
        s.shop.since_ms ? t("since", clock(s.shop.since_ms, true)) : null,
        s.shop.version ? t("shopVersion", s.shop.version, s.shop.offers) : null,
        s.offline.stop_at_ms ? t("stop", clock(s.offline.stop_at_ms, true)) : null]);
}

function serviceCard(s) {
    return card("wifi", t("service"), s.online ? t("online") : t("offline"), s.online ? (s.notice_error ? "wait" : "good") : "bad", [
        why(s.online ? s.notice_error : s.last_error), t("lastContact", s.last_contact_ms ? clock(s.last_contact_ms) : t("never")),
        t("dataAge", s.notices_ms ? clock(s.notices_ms) : t("never"))]);
}

function offlineCard(s) {
    const o = s.offline;
    return card("lock", t("offlineWork"), o.possible ? t("offlineLeft", o.left_sales, yuan(o.left_amount_fen)) : t("offlineNot"), o.possible ? "good" : "wait", [
        why(o.why), o.stop_at_ms ? t("stop", clock(o.stop_at_ms, true)) : null,
        o.revoked_age_ms === null ? null : t("listAge", Math.max(0, Math.round(o.revoked_age_ms / 60000)))]);
}

function readersCard(s) {
    const readers = s.devices.filter(d => d.as === "scanner" || d.as === "card"), usable = readers.some(d => d.used);
    const other = s.devices.filter(d => !readers.includes(d) && d.as !== "printer" && d.code !== "not_ours");
    const line = d => h("span", null, h("b", null, d.label), " — ", d.used ? t("inUse") + "，" + t("scanned", d.scans) : (d.as === "none" ? t("leftAlone") : t("notUsable")) + "：" + deviceWhy(d));
    return card("usb", t("readers"), usable ? readers.filter(d => d.used).map(d => d.label).join("，") : t("noReader"), usable ? "good" : "wait",
        [...readers.map(line), ...other.map(line), usable || s.usb_code === "ok" ? null : deviceWhy({code: s.usb_code, why: s.usb})]);
}

export const PRINTER_WORDS = {off: "off", absent: "absent", unknown: "printerUnknown", ready: "ready", paper_out: "paper_out", cover_open: "cover_open", offline: "printerOffline", fault: "fault"};

function printerCard(s) {
    const p = s.printer, good = p.state === "ready" && !p.near_end && !p.stuck;
    const test = () => act(async () => {
        await ask("POST", "/v1/printer/test");
        toast({zh: "已送打印机", en: "Sent to the printer"}, "info");
    });
    return card("print", t("printer"), t(PRINTER_WORDS[p.state]) + (p.near_end ? "，" + t("nearEnd") : ""), good ? "good" : ["off", "unknown"].includes(p.state) ? "" : "wait", [
        p.text ? told(p.text) : null,
        p.state === "off" ? null : h("button", {class: "quiet", type: "button", disabled: state.busy, onclick: test}, t("testPrint"))]);
}

function restCards(s) {
    const off = Math.abs(s.skew_ms) > SKEW_MS, soon = s.cert_days < CERT_SOON_DAYS;
    return [
        card("up", t("records"), s.unsent ? t("unsent", s.unsent) : t("allSent"), s.unsent ? "wait" : "good", [s.unsent ? t("toSend", s.unsent) : null, why(s.upload_error)]),
        card("card", t("certificate"), t("certDays", s.cert_days), soon ? "wait" : "good", [soon ? t("certSoon") : null]),
        card("clock", t("clock"), clock(Date.now(), true), off ? "bad" : "good", [off ? t("clockOff", Math.round(Math.abs(s.skew_ms) / 1000)) : t("clockOk")]),
        card("info", t("version"), "huika-terminal " + s.version, "", [`#${s.terminal.number} · ${s.terminal.terminal_id}`]),
    ];
}

function pageCard() {
    return h("section", {class: "card state", key: "page"}, h("h2", null, icon("till"), t("page")),
        h("label", {class: "inline"}, h("span", null, t("cashier")), h("input", {type: "text", maxlength: "20", value: state.cashier, oninput: e => prefer({cashier: e.target.value.trim()})})),
        h("p", {class: "line"}, t("keysText")),
        h("button", {class: "quiet", type: "button", onclick: signOut}, t("signOut")));
}

export function statusView() {
    const s = state.status, cards = s ? [shopCard(s), serviceCard(s), offlineCard(s), readersCard(s), printerCard(s), ...restCards(s)] : [];
    const trouble = cards.filter(c => /\b(bad|wait)$/.test(c.props.class)).length;
    return h("div", {class: "statusview", key: "status"}, h("div", {class: "titlerow"}, h("h1", {tabindex: "-1"}, t("status")), s ? h("span", {class: "chip " + (trouble ? "wait" : "good")}, trouble ? t("toSee", trouble) : t("allWell")) : null),
        s ? h("div", {class: "cards"}, cards, pageCard()) : h("p", {class: "empty"}, t("loading")));
}
