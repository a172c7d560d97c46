/* SPDX-License-Identifier: Apache-2.0 */
/* Elements from descriptions: h() describes, patch() makes a node's children so, keeping every element that may stay, and with
 * it focus, scroll and animation. Text becomes text nodes only; nothing here parses HTML. */

const SVG = "http://www.w3.org/2000/svg";

/** h("button", {class: "x", onclick: f, key: 1, mounted: el => ...}, "text", [more], null) */
export function h(tag, props, ...kids) {
    return {tag, props: props || {}, key: props && props.key, kids: flat(kids)};
}

function flat(kids) {
    return kids.flat(Infinity).filter(k => k !== null && k !== undefined && k !== false && k !== "")
        .map(k => (typeof k === "number" ? String(k) : k));
}

function same(node, v) {
    if (typeof v === "string")
        return node.nodeType === Node.TEXT_NODE;
    return node.described !== undefined && node.described.tag === v.tag && node.described.key === v.key;
}

function setProp(el, name, value) {
    if (name === "key" || name === "mounted")
        return;
    if (name.startsWith("on"))
        el[name] = value || null;
    else if (name === "value") {
        if (el.value !== value)
            el.value = value;
    } else if (value === undefined || value === null || value === false)
        el.removeAttribute(name);
    else
        el.setAttribute(name, value === true ? "" : value);
}

function make(v, inSvg) {
    if (typeof v === "string")
        return document.createTextNode(v);
    const svg = inSvg || v.tag === "svg";
    const el = svg ? document.createElementNS(SVG, v.tag) : document.createElement(v.tag);
    el.described = {tag: v.tag, key: v.key, props: {}};
    update(el, v, svg);
    if (v.props.mounted)
        queueMicrotask(() => v.props.mounted(el));
    return el;
}

function update(node, v, svg) {
    if (typeof v === "string") {
        if (node.data !== v)
            node.data = v;
        return;
    }
    const before = node.described.props;
    patch(node, v.kids, svg || v.tag === "svg");
    for (const name in before)
        if (!(name in v.props))
            setProp(node, name, undefined);
    for (const name in v.props)
        if (before[name] !== v.props[name] || name === "value")
            setProp(node, name, v.props[name]);
    node.described = {tag: v.tag, key: v.key, props: v.props};
}

/** Makes the children of `el` as described; `kids` is a list. */
export function patch(el, kids, svg) {
    let at = el.firstChild;
    for (const v of flat([kids])) {
        let found = at;
        while (found && !same(found, v))
            found = found.nextSibling;
        if (!found)
            found = el.insertBefore(make(v, svg), at);
        else {
            if (found !== at)
                el.insertBefore(found, at);
            else
                at = at.nextSibling;
            update(found, v, svg);
        }
    }
    while (at) {
        const next = at.nextSibling;
        at.remove();
        at = next;
    }
}

const ICONS = {
    check: "M5 12.5l4.5 4.5L19 7.5", cross: "M6 6l12 12M18 6L6 18", warn: "M12 4l9 16H3zM12 10v4.5M12 17.2v.1",
    till: "M4 9h16v11H4zM8 9V4h8v5M8 13h.1M12 13h.1M16 13h.1M8 16.5h8", day: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
    talk: "M4 5h16v11h-8l-4 4v-4H4zM8 9h8M8 12.5h5", pulse: "M3 12h4l3-7 4 14 3-7h4", back: "M20 12H5M11 6l-6 6 6 6",
    erase: "M9 5h11v14H9l-6-7zM12 9.5l5 5M17 9.5l-5 5", sun: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.4 1.4M17.6 17.6L19 19M5 19l1.4-1.4M17.6 6.4L19 5",
    moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z", print: "M7 9V3h10v6M7 17H4V9h16v8h-3M7 14h10v7H7z",
    scan: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M7 12h10", keys: "M3 6h18v12H3zM7 10h.1M12 10h.1M17 10h.1M8 14h8",
    undo: "M4 9h11a5 5 0 0 1 0 10H9M8 5L4 9l4 4", wifi: "M3 9c5-5 13-5 18 0M6 12.5c3.5-3.5 8.5-3.5 12 0M9 16c2-2 4-2 6 0M12 19.5v.1",
    up: "M12 20V6M6 11l6-6 6 6", lock: "M6 11h12v9H6zM8.5 11V8a3.5 3.5 0 0 1 7 0v3", plus: "M12 5v14M5 12h14", help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 17.5v.1",
    shop: "M4 10l1.5-6h13L20 10M5 10v10h14V10M4 10h16M10 20v-6h4v6", card: "M3 6h18v12H3zM3 10h18M7 15h4", clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 7v5l3.5 2",
    usb: "M12 21V5M9 8l3-4 3 4M12 16l5-3V9.5M12 18l-5-3v-3", info: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18M12 11v6M12 7.5v.1",
};

/** A drawing that screen readers pass over. */
export function icon(name, cls) {
    return h("svg", {class: "icon " + (cls || ""), viewBox: "0 0 24 24", "aria-hidden": "true"}, h("path", {d: ICONS[name]}));
}

/** 11264 -> "112.64"; thousands are parted from ten thousand yuan on. */
export function yuan(fen) {
    const sign = fen < 0 ? "−" : "", all = Math.abs(fen), whole = Math.floor(all / 100);
    const text = whole >= 10000 ? String(whole).replace(/\B(?=(\d{3})+$)/g, ",") : String(whole);
    return sign + text + "." + String(all % 100).padStart(2, "0");
}
