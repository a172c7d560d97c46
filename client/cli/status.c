/* SPDX-License-Identifier: Apache-2.0 */
/* huika status, huika devices. */
#include "base/tm.h"
#include "client/cli/commands.h"
#include "client/cli/devices.h"
#include "client/cli/print.h"
#include "client/cli/say.h"
#include <inttypes.h>
#include <string.h>

enum { CERT_DAYS_SOON = 30 };

const struct api_request status_request = {.method = "GET", .path = "/v1/status"};

static void coloured(const struct cli *c, const char *sgr, const char *text)
{
    fputs(cli_color(c, sgr), stdout);
    say_text(text);
    fputs(cli_color(c, "0"), stdout);
}

static void say_shop(const struct cli *c, const json_t *shop)
{
    const char *standing = say_str(shop, "standing", "unknown"), *reason = say_str(shop, "reason", "");
    bool listed = !strcmp(standing, "listed");
    say_label(_("Shop"));
    say_text(say_str(shop, "name", _("not known yet")));
    fputs("  ", stdout);
    coloured(c, listed ? "1;32" : "1;31",
        listed                           ? _("listed")
        : !strcmp(standing, "suspended") ? _("suspended")
        : !strcmp(standing, "delisted")  ? _("delisted")
                                         : _("standing unknown"));
    if (*reason) {
        fputs("  ", stdout);
        say_text(reason);
    }
    putchar('\n');
}

static void say_time(int64_t at_utc_ms)
{
    char at[20];
    tm_local(at_utc_ms, at);
    fputs(at, stdout);
}

/* Below the line that it explains. */
static void say_cause(const struct cli *c, const json_t *v, const char *key)
{
    const char *code = say_str(v, key, NULL);
    if (!code)
        return;
    say_label("");
    coloured(c, "33", err_text(err_from_code(code), i18n_lang()));
    fputs(" [", stdout);
    say_text(code);
    fputs("]\n", stdout);
}

static void say_link(const struct cli *c, const json_t *v)
{
    int64_t contact = say_int(v, "last_contact_ms", 0);
    bool online = json_is_true(json_object_get(v, "online"));
    say_label(_("Service"));
    coloured(c, online ? "32" : "1;31", online ? _("online") : _("offline"));
    if (contact) {
        printf("  %s ", _("last heard"));
        say_time(contact);
    }
    putchar('\n');
    say_cause(c, v, online ? "notice_error" : "last_error");
}

/* What may be sold while the service cannot be asked. */
static void say_offline(const struct cli *c, const json_t *v)
{
    const json_t *o = json_object_get(v, "offline");
    int64_t stop = say_int(o, "stop_at_ms", 0);
    bool possible = json_is_true(json_object_get(o, "possible"));
    say_label(_("Offline"));
    coloured(c, possible ? "32" : "33", possible ? _("possible") : _("not possible"));
    if (possible && stop) {
        printf("  %s ", _("until"));
        say_time(stop);
        printf("  ");
        printf(_("%" PRId64 " sales left"), say_int(o, "left_sales", 0));
    }
    putchar('\n');
    /* the code's own words are for a cashier without a service */
    bool coming = json_is_true(json_object_get(v, "online")) && !strcmp(say_str(o, "why", ""), "lease_missing");
    if (coming) {
        say_label("");
        coloured(c, "33", _("the licence to check cards without the service is on its way"));
        putchar('\n');
    } else {
        say_cause(c, o, "why");
    }
}

/* A notice that was refused is somebody's mistake, or worse. */
static void say_refused(const struct cli *c, const json_t *v)
{
    const char *kind;
    json_t *n;
    json_object_foreach (json_object_get(v, "notices"), kind, n) {
        const json_t *r = json_object_get(n, "refused");
        if (!r)
            continue;
        say_label("");
        printf(_("refused: %s notice, version %" PRId64), kind, say_int(r, "version", 0));
        putchar('\n');
        say_cause(c, r, "code");
    }
}

static void say_journal(const struct cli *c, const json_t *v)
{
    const json_t *head = json_object_get(v, "head");
    int64_t unsent = say_int(v, "unsent", 0);
    say_label(_("Records"));
    printf("%" PRId64 "  %s", say_int(head, "seq", 0), cli_color(c, unsent ? "33" : "32"));
    printf(_("%" PRId64 " waiting to be sent"), unsent);
    printf("%s\n", cli_color(c, "0"));
    bool forked = !strcmp(say_str(v, "upload_error", ""), err_code(ERR_CHAIN_FORK));
    if (forked || (unsent && json_is_true(json_object_get(v, "online"))))
        say_cause(c, v, "upload_error");
}

static void say_status(const struct cli *c, const json_t *v)
{
    const json_t *terminal = json_object_get(v, "terminal");
    int64_t days = say_int(v, "cert_days", 0);
    say_shop(c, json_object_get(v, "shop"));
    say_label(_("Terminal"));
    printf("%" PRId64 "  huika-terminal ", say_int(terminal, "number", 0));
    say_text(say_str(v, "version", "?"));
    putchar('\n');
    say_link(c, v);
    say_refused(c, v);
    say_offline(c, v);
    say_journal(c, v);
    say_label(_("Certificate"));
    printf("%s", cli_color(c, days < CERT_DAYS_SOON ? "33" : "0"));
    printf(_("%" PRId64 " days left"), days);
    printf("%s\n", cli_color(c, "0"));
    say_cause(c, json_object_get(v, "certificate"), "renew");
    say_label(_("Devices"));
    devices_say(c, json_object_get(v, "devices"), false);
    print_say(c, v);
}

int status_run(struct cli *c)
{
    return api_show(c, &status_request, _("asking the terminal"), say_status);
}
