/* SPDX-License-Identifier: Apache-2.0 */
/* What the page knows, and what it asks of the terminal. The truth lives in the terminal: /v1/events brings it, and a page that
 * is loaded again, or a second one, sees the same. Only what is being typed, and which result was dismissed, is kept here. */
import {setLang} from "/texts.js";

export const state = {
    entry: "loading", /* loading, signin, enrol, open */
    view: "till", connected: false, status: null, checkout: null,
    digits: "", own: "", field: "digits", /* what is being typed, in yuan */
    number: null, /* a card number being keyed: {digits, doubt}; it is kept nowhere */
    kept: null, /* the result of a sale that this page confirmed, until it is dismissed */
    dialog: null, complaint: null, /* a return, a void or a dispute in the making; what it was answered */
    busy: false, toast: null, errors: {}, enrolment: null, cards: [],
    day: null, receipt: null, disputes: null,
    theme: "auto", lang: "zh", cashier: "",
};

let draw = () => {};
export function onChange(f) {
    draw = f;
}

/** Changes members and draws. */
export function set(change) {
    Object.assign(state, change);
    saveDraft();
    draw();
}

/* This window's: survives a reload. All windows': survives a restart of the browser. */
const mine = window.sessionStorage, all = window.localStorage;

function read(store, key, absent) {
    try {
        return JSON.parse(store.getItem("huika." + key)) ?? absent;
    } catch {
        return absent;
    }
}

function write(store, key, value) {
    try {
        store.setItem("huika." + key, JSON.stringify(value));
    } catch { /* full or forbidden: a convenience is lost */
    }
}

function saveDraft() {
    const {digits, own, field, kept, view, complaint} = state, dialog = state.dialog && state.dialog.kind !== "printer" ? state.dialog : null;
    write(mine, "draft", {digits, own, field, kept, view, complaint, dialog});
}

export function prefer(change) {
    Object.assign(state, change);
    write(all, "prefer", {theme: state.theme, lang: state.lang, cashier: state.cashier});
    applyPreferences();
    draw();
}

function applyPreferences() {
    setLang(state.lang);
    document.documentElement.dataset.theme = state.theme;
}

/** One request. Throws {code, text, status}; network trouble is not_running. */
export async function ask(method, path, body, headers) {
    let answer, data;
    try {
        answer = await fetch(path, {
            method, cache: "no-store", credentials: "same-origin", headers: body === undefined ? headers : {"Content-Type": "application/json", ...headers},
            body: body === undefined ? undefined : JSON.stringify(body),
        });
        data = answer.headers.get("Content-Type").includes("json") ? await answer.json() : await answer.text();
    } catch {
        throw {code: "not_running", text: {zh: "终端未响应，正在重新连接…", en: "The terminal does not answer; trying again…"}};
    }
    if (answer.ok)
        return data;
    if (data.code === "unauthorized")
        signedOut();
    throw data;
}

/** Says something at the top; `text` is {zh, en}. What went wrong stays until it is touched or something else is done. */
export function toast(text, kind) {
    const mark = {text, kind: kind || "bad"};
    set({toast: mark});
    if (mark.kind !== "bad")
        setTimeout(() => state.toast === mark && set({toast: null}), 8000);
}

/** One action at a time; its failure is shown. `busy` disables what could be pressed twice. */
export async function act(what) {
    if (state.busy)
        return undefined;
    set({busy: true, toast: null});
    try {
        return await what();
    } catch (e) {
        if (!e.text)
            throw e;
        toast(e.text);
        return undefined;
    } finally {
        set({busy: false});
    }
}

/* ---- checkouts ---- */

const FINAL = ["applied", "cancelled"];

function dismissed(id) {
    return read(all, "dismissed", []).includes(id);
}

/** The checkout to show: the result that stays, the one at the counter, or null. */
export function shown() {
    if (state.kept)
        return state.kept;
    const c = state.checkout;
    return !c || c.state === "cancelled" || dismissed(c.checkout_id) ? null : c;
}

/** Who waits behind a result that was not dismissed yet. */
export function waitingNext() {
    const c = state.checkout;
    return state.kept && c && c.checkout_id !== state.kept.checkout_id && c.state !== "cancelled" ? c : null;
}

/* Ids rise with time: the latest is at the counter. */
export function take(c) {
    const held = state.checkout;
    if (state.kept && state.kept.checkout_id === c.checkout_id)
        state.kept = c;
    if (held && (held.checkout_id > c.checkout_id || (held.checkout_id === c.checkout_id && held.rev > c.rev)))
        return set({});
    if (held && held.checkout_id !== c.checkout_id)
        state.number = null;
    if (!FINAL.includes(c.state))
        remember(c);
    if (c.state === "applied")
        state.day = null;
    return set({checkout: c});
}

function remember(c) {
    const held = read(all, "open", {});
    write(all, "open", held.id === c.checkout_id ? {...held, total: c.total_fen} : {id: c.checkout_id, total: c.total_fen});
}

/** "128.5" -> 12850; NaN where it is no amount. */
export function fenOf(text) {
    const m = /^(\d{1,7})(?:\.(\d{0,2}))?$/.exec(text);
    return m ? Number(m[1]) * 100 + Number((m[2] || "").padEnd(2, "0")) : NaN;
}

function purchase() {
    const body = {total_fen: fenOf(state.digits)}, own = fenOf(state.own);
    if (own > 0)
        body.own_price_fen = own;
    if (state.cashier)
        body.cashier = state.cashier;
    return body;
}

export function amountGood() {
    const total = fenOf(state.digits), own = state.own ? fenOf(state.own) : 1;
    return total > 0 && own > 0 && own <= total;
}

/** Amount entered: begins a checkout, or completes or changes the one that is there. */
export function enterAmount() {
    return act(async () => {
        const c = shown(), body = purchase();
        if (c && !FINAL.includes(c.state))
            take(await ask("POST", `/v1/checkouts/${c.checkout_id}/amount`, body));
        else
            await beginCheckout(body, crypto.randomUUID());
        set({digits: "", own: "", field: "digits"});
    });
}

async function beginCheckout(body, key) {
    const c = await ask("POST", "/v1/checkouts", body, {"Idempotency-Key": key});
    write(all, "open", {id: c.checkout_id, total: c.total_fen, key, body});
    take(c);
}

/* 12850 -> "128.5", as it was typed. */
function typedFen(fen) {
    return fen ? (fen / 100).toFixed(2).replace(/\.?0+$/, "") : "";
}

/** Back to the amounts, which stay as they were. */
export function changeAmount() {
    return act(async () => {
        const c = shown(), {id, body} = read(all, "open", {});
        const own = id === c.checkout_id && body ? typedFen(body.own_price_fen) : "";
        take(await ask("POST", `/v1/checkouts/${c.checkout_id}/cancel`, {}));
        set({digits: typedFen(c.total_fen), own, field: "digits", number: null});
    });
}

export function cancel() {
    return act(async () => {
        const c = shown();
        set({number: null});
        if (c)
            take(await ask("POST", `/v1/checkouts/${c.checkout_id}/cancel`, {}));
    });
}

export function keyNumber() {
    const {digits, doubt} = state.number, c = shown();
    return act(async () => {
        const body = {number: digits, input: "keyed", ...(doubt === digits ? {luhn_ok: true} : {})};
        try {
            const got = c ? await ask("POST", `/v1/checkouts/${c.checkout_id}/card`, body) : null;
            state.number = null;
            take(got);
        } catch (e) {
            if (e.code !== "number_luhn")
                throw e;
            set({number: {digits, doubt: digits}});
        }
    });
}

export function confirm(withoutReceipt) {
    const c = shown();
    return act(async () => {
        try {
            const body = {rev: c.rev, pay_fen: c.pay_fen, ...(withoutReceipt ? {without_receipt: true} : {})};
            const done = await ask("POST", `/v1/checkouts/${c.checkout_id}/confirm`, body);
            state.kept = done;
            set({dialog: null});
            take(done);
        } catch (e) {
            if (e.code && e.code.startsWith("printer_"))
                set({dialog: {kind: "printer", text: e.text}});
            else {
                if (e.code === "wrong_state")
                    await resync();
                throw e;
            }
        }
    });
}

/** A test card of the sandbox, as if a reader had read it. */
export function scanTestCard(card) {
    return act(async () => take(await ask("POST", "/v1/scans", {text: card.scan})));
}

/** The cashier has seen the result. */
export function dismiss() {
    const c = shown();
    if (c)
        write(all, "dismissed", [...read(all, "dismissed", []).slice(-20), c.checkout_id]);
    set({kept: null, dialog: null, number: null});
}

/* ---- the stream ---- */

let stream = null, timer = 0;

function listen() {
    clearTimeout(timer);
    if (stream)
        stream.close();
    stream = new EventSource("/v1/events");
    stream.onopen = () => resync().then(() => set({connected: true, entry: "open"}), () => {});
    stream.onerror = () => {
        set({connected: false});
        if (stream && stream.readyState === EventSource.CLOSED)
            timer = setTimeout(start, 700);
    };
    stream.addEventListener("checkout", e => take(JSON.parse(e.data)));
    stream.addEventListener("status", e => takeStatus(JSON.parse(e.data)));
    stream.addEventListener("device", () => ask("GET", "/v1/status").then(takeStatus, () => {}));
    stream.addEventListener("scan", e => scanned(JSON.parse(e.data)));
    stream.addEventListener("key", e => pressed(JSON.parse(e.data).key));
}

/* A code or a swipe that did not come through, or was none beside a card in hand, is said, the reader itself being silent about it. What was read is looked at, unless
 * something else is being written. */
function scanned(scan) {
    if (scan.text)
        toast(scan.text, "bad");
    else if (!state.dialog && !(state.complaint && state.complaint.text))
        set({view: "till"});
}

let news = () => {};
/** The union answered, or something reached it: f(answered). */
export function onNews(f) {
    news = f;
}

function answers(status) {
    return status.notices && status.notices.answer ? status.notices.answer.version : 0;
}

function takeStatus(status) {
    const before = state.status;
    set({status});
    if (before && status.head && before.head && (answers(status) !== answers(before) || status.head.countersigned_seq !== before.head.countersigned_seq))
        news(answers(status) > answers(before));
}

let pressed = () => {};
/** A command code was scanned: f(name). */
export function onKey(f) {
    pressed = f;
}

/* After a silence: what is at the counter now? */
async function resync() {
    let now = null;
    const status = await ask("GET", "/v1/status");
    try {
        now = await ask("GET", "/v1/checkouts/current");
    } catch (e) {
        if (e.code !== "not_found")
            throw e;
    }
    takeStatus(status);
    if (now)
        state.checkout = now;
    else
        await recover();
    set({});
    await learn();
}

/* Nothing is at the counter. What was open here is either a sale by now, or was lost in a restart: then it begins anew. */
async function recover() {
    const open = read(all, "open", null);
    state.checkout = null;
    if (!open || dismissed(open.id))
        return;
    try {
        const c = await ask("GET", "/v1/checkouts/" + open.id);
        if (c.state === "applied")
            state.kept = c;
        return;
    } catch (e) {
        if (e.code !== "not_found")
            throw e;
    }
    write(all, "open", null);
    if (open.key)
        await beginCheckout(open.body, open.key);
    else if (open.total)
        state.digits = typedFen(open.total);
    toast({zh: "终端已重新启动，请重新扫卡", en: "The terminal was started anew; scan the card again"}, "info");
}

async function learn() {
    if (state.errors.internal)
        return;
    const {errors} = await ask("GET", "/v1/errors"), cards = state.status.sandbox ? (await ask("GET", "/v1/sandbox")).cards : [];
    set({errors, cards});
}

function signedOut() {
    if (stream)
        stream.close();
    stream = null;
    set({entry: "signin", connected: false});
}

/* ---- getting in ---- */

/** The code of the address, or one that was typed. */
export async function enter(code) {
    try {
        await ask("POST", "/v1/session", {code});
    } catch (e) {
        set({entry: "signin"});
        toast(e.text);
        return;
    }
    await start();
}

export async function signOut() {
    await act(() => ask("DELETE", "/v1/session"));
    signedOut();
}

/** Looks what the terminal is: running, not enrolled yet, gone, or not letting us in. */
export async function start() {
    clearTimeout(timer);
    try {
        state.status = await ask("GET", "/v1/status");
    } catch (e) {
        if (e.code === "state_missing")
            await watchEnrolment();
        else if (e.code !== "unauthorized")
            timer = setTimeout(start, 700);
        return set({connected: false});
    }
    return listen();
}

async function watchEnrolment() {
    try {
        const enrolment = await ask("GET", "/v1/enrolment");
        set({entry: "enrol", enrolment});
    } catch { /* it is about to be a terminal */
    }
    timer = setTimeout(start, 700);
}

export function enrol(code) {
    return act(async () => set({enrolment: await ask("POST", "/v1/enrolment", {code})}));
}

export function begin() {
    Object.assign(state, read(all, "prefer", {}), read(mine, "draft", {}));
    applyPreferences();
    window.addEventListener("storage", () => draw());
    const code = location.hash.slice(1);
    if (!code)
        return start();
    history.replaceState(null, "", "/");
    return enter(code);
}
