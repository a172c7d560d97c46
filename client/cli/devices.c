/* SPDX-License-Identifier: Apache-2.0 */
/* huika devices: what is plugged in, what Huika uses it as, and why not otherwise. */
#include "client/cli/devices.h"
#include "base/tm.h"
#include "client/cli/commands.h"
#include "client/cli/say.h"
#include "client/cli/stream.h"
#include <string.h>

static const char *as_text(const char *as)
{
    if (!strcmp(as, "scanner"))
        return _("reads codes");
    if (!strcmp(as, "card"))
        return _("reads card stripes");
    return !strcmp(as, "printer") ? _("prints") : as;
}

static void say_row(const struct cli *c, const json_t *d)
{
    bool used = json_is_true(json_object_get(d, "used"));
    const char *as = say_str(d, "as", "none");
    const char *why = say_str(d, "why", NULL); /* English, a key of the catalogue */
    bool ours = strcmp(as, "none") != 0;
    fputs(cli_color(c, used ? "32" : ours ? "31" : "2"), stdout);
    say_text(used ? _("in use") : ours ? _("not usable") : _("left alone"));
    fputs(cli_color(c, "0"), stdout);
    fputs("  ", stdout);
    say_text(say_str(d, "label", ""));
    fputs("  ", stdout);
    if (ours) {
        say_text(as_text(as));
        fputs(used ? "" : "  ", stdout);
    }
    say_text(!used && why && *why ? _(why) : "");
    putchar('\n');
}

void devices_say(const struct cli *c, const json_t *list)
{
    json_t *d;
    size_t i;
    if (!json_array_size(list))
        printf("%s\n", _("no USB device"));
    json_array_foreach (list, i, d) {
        if (i)
            say_label("");
        say_row(c, d);
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
    devices_say(c, list);
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
        say_row(c, e->data);
    }
}

int devices_run(struct cli *c)
{
    bool begun = false;
    int code = CLI_OK;
    if (cli_flag(c, "watch"))
        return stream_run(c, on_event, &begun);
    json_t *v = status_fetch(c, &code);
    if (v)
        say_all(c, v);
    json_decref(v);
    return code;
}
