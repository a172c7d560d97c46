/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/status: how the terminal is. */
#include "base/tm.h"
#include "client/core/standing.h"
#include "client/terminal/sandbox.h"

static json_t *shop_json(const struct notice_shop *s, const struct state_info *info)
{
    if (!s)
        return json_pack("{s:s, s:s}", "shop_id", info->shop_id, "standing", standing_name(STANDING_UNKNOWN));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "shop_id", s->shop_id, "name", s->name,
        "category", s->category, "org_name", s->org_name, "standing", standing_name(s->standing), "reason", s->reason,
        "since_ms", (json_int_t)s->since_utc_ms, "version", (json_int_t)s->version, "offers", (json_int_t)s->offer_cnt);
}

json_t *till_device(const struct usb_device_info *i)
{
    return json_pack("{s:s, s:b, s:s, s:s, s:s, s:s, s:I, s:s, s:s, s:i}", "label", i->label, "used",
        i->use == USB_READY, "as", i->as, "state", usb_use_code(i->use), "why", usb_why_text(i->why), "code",
        usb_why_code(i->why), "scans", (json_int_t)i->scans, "how", i->how, "path", i->path, "interface",
        (int)i->interface);
}

static json_t *devices_json(const struct usb_bus *bus)
{
    json_t *list = json_array();
    struct usb_device_info info[USB_BUS_DEVICES];
    size_t n = bus ? usb_bus_list(bus, info, USB_BUS_DEVICES) : 0;
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, till_device(&info[i]));
    return list;
}

static json_t *utc_or_null(int64_t utc_ms)
{
    return utc_ms > 0 ? json_integer(utc_ms) : json_null();
}

static json_t *code_or_null(enum err e)
{
    return e ? json_string(err_code(e)) : json_null();
}

static void put_link(json_t *v, const struct till *t)
{
    const struct link_status *l = link_status(t->link);
    const struct sync_status *s = sync_status(t->sync);
    int64_t now = till_utc(t), since = l->since_mono_ms ? now - (till_mono(t) - l->since_mono_ms) : 0;
    int64_t until = link_cert_until_ms(t->link);
    json_object_set_new(v, "online", json_boolean(l->online));
    json_object_set_new(v, "online_since_ms", utc_or_null(l->online ? since : 0));
    json_object_set_new(v, "last_contact_ms", utc_or_null(l->contact_utc_ms));
    json_object_set_new(v, "last_error", code_or_null(l->error));
    json_object_set_new(v, "upload_error", code_or_null(s->upload_error));
    json_object_set_new(v, "notice_error", code_or_null(s->notice_error));
    json_object_set_new(v, "notices_ms", utc_or_null(s->notice_utc_ms));
    json_object_set_new(v, "skew_ms", json_integer(s->skew_ms));
    json_object_set_new(v, "cert_days", json_integer(until ? (until - now) / TM_DAY_MS : 0));
}

static json_t *offline_json(const struct till *t)
{
    const struct offline *o = &t->offline;
    int64_t now = till_utc(t), list = sync_list_utc_ms(t->sync);
    enum err why = offline_possible(o, sync_trust(t->sync), now);
    const struct notice_shop *shop = sync_shop(t->sync);
    if (!why)
        why = standing_refusal(shop);
    return json_pack("{s:b, s:o, s:o, s:I, s:I, s:I, s:o}", "possible", !why, "why", code_or_null(why), "stop_at_ms",
        utc_or_null(o->has_lease ? o->lease.stop_at_utc_ms : 0), "left_sales", (json_int_t)offline_left_sales(o),
        "left_amount_fen", (json_int_t)offline_left_fen(o), "revoked_version", (json_int_t)o->revoked.version,
        "revoked_age_ms", list ? json_integer(now - list) : json_null());
}

/* What is in force, and what was refused since. */
static json_t *notice_json(const struct till *t, enum notice_kind kind)
{
    const struct sync_refused *r = &sync_status(t->sync)->refused[kind];
    json_t *v = json_pack("{s:I}", "version", (json_int_t)sync_held(t->sync, kind)->version);
    if (v && kind == NOTICE_TRUST)
        json_object_set_new(v, "not_after_ms", json_integer(sync_trust(t->sync)->not_after_utc_ms));
    if (v && r->why)
        json_object_set_new(v, "refused",
            json_pack("{s:I, s:s, s:I}", "version", (json_int_t)r->version, "code", err_code(r->why), "at_ms",
                (json_int_t)r->at_utc_ms));
    return v;
}

static json_t *notices_json(const struct till *t)
{
    json_t *v = json_object();
    for (int kind = NOTICE_TRUST; v && kind < NOTICE_KINDS; kind++)
        json_object_set_new(v, notice_kind_name((enum notice_kind)kind), notice_json(t, (enum notice_kind)kind));
    return v;
}

static json_t *clock_json(const struct till *t)
{
    return json_pack("{s:I, s:I, s:I}", "floor_ms", (json_int_t)floor_utc_ms(&t->floor), "wall_ms",
        (json_int_t)floor_wall_ms(&t->floor), "skew_ms", (json_int_t)sync_status(t->sync)->skew_ms);
}

/* Renewed at two thirds of its life. */
static json_t *certificate_json(const struct till *t)
{
    int64_t from = link_cert_from_ms(t->link), until = link_cert_until_ms(t->link), due = from + (until - from) / 3 * 2;
    enum err e = sync_status(t->sync)->cert_error;
    return json_pack("{s:I, s:o, s:o, s:o}", "days", (json_int_t)(until ? (until - till_utc(t)) / TM_DAY_MS : 0),
        "not_after_ms", utc_or_null(until), "renew_ms", utc_or_null(until ? due : 0), "renew", code_or_null(e));
}

json_t *till_status(void *ctx)
{
    struct till *t = ctx;
    const struct state_info *info = &t->state->info;
    const struct record_head *head = journal_head(t->journal);
    enum usb_why usb = t->usb ? usb_bus_state(t->usb) : USB_WHY_LIBUSB;
    json_t *v = json_pack("{s:s, s:s, s:o, s:{s:s, s:I, s:I}, s:I, s:{s:I, s:I}, s:I, s:o, s:s, s:s}", "version",
        HUIKA_VERSION, "state", "ready", "shop", shop_json(sync_shop(t->sync), info), "terminal", "terminal_id",
        info->terminal_id, "number", (json_int_t)info->number, "epoch", (json_int_t)info->epoch, "unsent",
        (json_int_t)journal_unsent_cnt(t->journal), "head", "seq", (json_int_t)head->seq, "countersigned_seq",
        (json_int_t)journal_sent_seq(t->journal), "clock_ms", (json_int_t)till_utc(t), "devices", devices_json(t->usb),
        "usb", usb_why_text(usb), "usb_code", usb_why_code(usb));
    if (v) {
        put_link(v, t);
        json_object_set_new(v, "offline", offline_json(t));
        json_object_set_new(v, "notices", notices_json(t));
        json_object_set_new(v, "clock", clock_json(t));
        json_object_set_new(v, "certificate", certificate_json(t));
    }
    if (v)
        json_object_set_new(v, "printer", till_printer_json(t));
    if (v && t->sandbox)
        sandbox_status(v);
    return v;
}
