/* SPDX-License-Identifier: Apache-2.0 */
/* GET /v1/status: how the terminal is. */
#include "base/tm.h"
#include "client/terminal/till.h"

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
    if (v)
        put_link(v, t);
    if (v)
        json_object_set_new(v, "printer", till_printer_json(t));
    return v;
}
