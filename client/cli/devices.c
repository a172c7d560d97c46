/* SPDX-License-Identifier: Apache-2.0 */
/* huika devices: what is plugged in, what Huika uses it as, and why not otherwise. */
#include "client/cli/devices.h"
#include "base/tm.h"
#include "base/width.h"
#include "client/cli/commands.h"
#include "client/cli/say.h"
#include "client/cli/stream.h"
#include "client/ports/usb/bus.h"
#include <string.h>

enum { LABEL_MAX = 40, ID_LEN = 9 /* "1eab:0d10" */ };

static const char *as_text(const char *as)
{
    if (!strcmp(as, "scanner"))
        return _("reads codes");
    if (!strcmp(as, "card"))
        return _("reads card stripes");
    return !strcmp(as, "printer") ? _("prints") : as;
}

static const char *how_text(const char *how)
{
    if (!strcmp(how, "hid_keyboard"))
        return _("as a keyboard");
    if (!strcmp(how, "cdc_acm"))
        return _("as a serial port");
    return !strcmp(how, "hid_pos") ? "HID POS" : !strcmp(how, "hid_msr") ? "HID" : how;
}

/* What is in use first, then what should be, then the rest. */
static unsigned rank(const json_t *d)
{
    if (json_is_true(json_object_get(d, "used")))
        return 0;
    return strcmp(say_str(d, "as", "none"), "none") != 0 ? 1 : 2;
}

static void say_use(const json_t *d)
{
    const char *how = say_str(d, "how", ""), *path = say_str(d, "path", "");
    int64_t scans = say_int(d, "scans", 0);
    say_text(as_text(say_str(d, "as", "none")));
    if (*how) {
        fputs("  ", stdout);
        say_text(how_text(how));
    }
    if (*path) {
        fputs("  ", stdout);
        printf(_("at port %s"), path);
    }
    if (scans && !rank(d)) {
        fputs("  ", stdout);
        printf(_("%lld read"), (long long)scans);
    }
}

/* `label`: columns of the widest, 0 for a row of its own. */
static void say_row(const struct cli *c, const json_t *d, size_t label)
{
    const char *why = say_str(d, "why", NULL); /* English, a key of the catalogue */
    const char *const states[] = {_("in use"), _("not usable"), _("left alone")};
    size_t widest = 0;
    unsigned r = rank(d);
    for (unsigned i = 0; i < 3; i++)
        widest = width_text(states[i]) > widest ? width_text(states[i]) : widest;
    fputs(cli_color(c, r == 0 ? "32" : r == 1 ? "31" : "2"), stdout);
    say_column(states[r], widest, false);
    printf("%s  ", cli_color(c, "0"));
    if (label)
        say_column(say_str(d, "label", ""), label, false);
    else
        say_text(say_str(d, "label", ""));
    fputs("  ", stdout);
    if (r < 2)
        say_use(d);
    if (r == 1)
        fputs("  ", stdout);
    say_text(r && why && *why ? _(why) : "");
    putchar('\n');
}

/* Of the product's name what neither a shell nor printf would read. */
static void plain_name(const char *label, char out[static LABEL_MAX + 1])
{
    const char *p = label + ID_LEN;
    size_t n = 0;
    while (*p == ' ')
        p++;
    for (; *p && n < LABEL_MAX; p++)
        out[n++] = (char)(*p < ' ' || *p > '~' || strchr("'\\%", *p) ? '_' : *p);
    out[n] = 0;
}

/* The line that names the device to Huika, ready to be run: for what could be a reader or a receipt printer. */
static void say_line_for_it(const struct cli *c, const json_t *d)
{
    static const char *const modes[][2] = {{"keyboard", "hid_keyboard"}, {"serial", "cdc_acm"}, {"printer", "printer"}};
    const char *code = say_str(d, "code", ""), *label = say_str(d, "label", ""), *mode = NULL;
    char name[LABEL_MAX + 1];
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
        if (!strcmp(modes[i][0], code))
            mode = modes[i][1];
    if (!mode || strspn(label, "0123456789abcdef:") != ID_LEN)
        return;
    plain_name(label, name);
    say_label("");
    printf("%s    printf '%.4s\\t%.4s\\t%s\\t-\\t%s\\n' >>%s%s\n", cli_color(c, "2"), label, label + 5, mode,
        *name ? name : "-", USB_BUS_DEVICES_FILE, cli_color(c, "0"));
}

void devices_say(const struct cli *c, const json_t *list, bool hints)
{
    size_t widest = 0, i, n = 0;
    json_t *d;
    if (!json_array_size(list))
        printf("%s\n", _("no USB device"));
    json_array_foreach (list, i, d) {
        size_t w = width_text(say_str(d, "label", ""));
        widest = w > widest ? w : widest;
    }
    for (unsigned r = 0; r < 3; r++)
        json_array_foreach (list, i, d) {
            if (rank(d) != r)
                continue;
            if (n++)
                say_label("");
            say_row(c, d, widest < LABEL_MAX ? widest : LABEL_MAX);
            if (hints)
                say_line_for_it(c, d);
        }
}

static void say_all(const struct cli *c, const json_t *status)
{
    const json_t *list = json_object_get(status, "devices");
    json_t *d;
    size_t i;
    if (c->json) {
        json_array_foreach (list, i, d) {
            say_json(json_incref(d));
        }
        return;
    }
    say_label(_("Devices"));
    devices_say(c, list, true);
    if (say_str(status, "usb", NULL)) {
        say_label("USB");
        say_text(*say_str(status, "usb", "") ? _(say_str(status, "usb", "")) : "");
        putchar('\n');
    }
}

/* A listener is told the state of things first; what changes comes as `device`. */
static void on_event(struct cli *c, void *ctx, const struct stream_event *e)
{
    bool *begun = ctx;
    char at[20];
    if (!strcmp(e->type, "status") && !*begun) {
        *begun = true;
        say_all(c, e->data);
    } else if (!strcmp(e->type, "device") && c->json) {
        say_json(json_deep_copy(e->data));
    } else if (!strcmp(e->type, "device")) {
        tm_local(tm_wall_utc_ms(), at);
        printf("%s%s%s  ", cli_color(c, "2"), at + 11, cli_color(c, "0"));
        say_row(c, e->data, 0);
    }
}

int devices_run(struct cli *c)
{
    bool begun = false;
    json_t *v = NULL;
    if (cli_flag(c, "watch"))
        return stream_run(c, on_event, &begun);
    int code = api_ask(c, &status_request, _("asking the terminal"), &v);
    if (!code)
        say_all(c, v);
    json_decref(v);
    return code;
}
