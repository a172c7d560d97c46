/* SPDX-License-Identifier: Apache-2.0 */
/* Before the till: getting in, and a terminal's first run. */
import {h, icon} from "/dom.js";
import {t, told} from "/texts.js";
import {state, enter, enrol} from "/store.js";

let code = "";

function form(name, title, text, label, button, submit) {
    return h("main", {class: "entry", id: "main", key: name}, h("div", {class: "gate card"},
        h("p", {class: "brandmark"}, icon("card"), t("name")), h("h1", {tabindex: "-1"}, title), h("p", {class: "hint"}, text),
        h("form", {onsubmit: e => { e.preventDefault(); submit(code); }},
            h("label", null, label, h("input", {type: "text", autocomplete: "off", spellcheck: "false", autocapitalize: "characters", value: code, oninput: e => { code = e.target.value; }, mounted: el => el.focus()})),
            h("button", {class: "primary", type: "submit", disabled: state.busy}, button))));
}

function enrolling(now) {
    return h("main", {class: "entry", id: "main", key: "enrolling"}, h("div", {class: "gate card"},
        h("p", {class: "brandmark"}, icon("card"), t("name")), h("div", {class: "spinner", "aria-hidden": "true"}),
        h("h1", {tabindex: "-1", role: "status"}, now.state === "done" ? t("enrolDone") : t(now.step || "connect"))));
}

export function entryView() {
    if (state.entry === "signin")
        return form("signin", t("signIn"), t("signInHint"), t("entryCode"), t("enter"), c => enter(c.trim()));
    if (state.entry === "enrol") {
        const now = state.enrolment || {state: "wanted"};
        if (now.state === "running" || now.state === "done")
            return enrolling(now);
        return [form("enrol", t("enrol"), t("enrolHint"), t("enrolCode"), t("enrolGo"), c => enrol(c.trim())),
            now.state === "failed" ? h("p", {class: "toast bad", role: "alert", key: "failed"}, told(now.text)) : null];
    }
    return h("main", {class: "entry", id: "main", key: "loading"}, h("div", {class: "gate"}, h("div", {class: "spinner", "aria-hidden": "true"}), h("p", {role: "status"}, t("loading"))));
}
