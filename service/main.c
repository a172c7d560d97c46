/* SPDX-License-Identifier: Apache-2.0 */
/* huika-service: the command line. */
#include "base/cli.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/tm.h"
#include "service/http/server.h"
#include "service/init.h"
#include "service/recover.h"
#include "service/rotate.h"
#include "service/settings.h"
#include "service/workdays.h"
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum { WHY = 64 };

static int say_made(const struct cli *c, const struct init_options *o)
{
    if (!c->json) {
        printf(_("The service is set up in %s.\n"), o->dir);
        printf(_("Next: lock away %s/offline, give %s/admin to the first administrator, then: huika-service run %s\n"),
            o->dir, o->dir, o->dir);
        return CLI_OK;
    }
    json_t *v = json_pack("{s:s, s:s, s:i}", "dir", o->dir, "hosts", o->hosts, "port", o->port);
    bool good = v && !json_dumpf(v, stdout, JSON_COMPACT);
    json_decref(v);
    putchar('\n');
    return good ? CLI_OK : CLI_FAILED;
}

static int run_init(struct cli *c)
{
    char why[WHY] = "";
    int64_t port = 8443, public_port = 8444;
    if (!cli_int(c, "port", 1, UINT16_MAX, &port) || !cli_int(c, "public-port", 1, UINT16_MAX, &public_port))
        return CLI_USAGE;
    struct init_options o = {.dir = c->arg[0],
        .hosts = cli_text(c, "host"),
        .public_host = cli_text(c, "public-host"),
        .public_cert = cli_text(c, "public-cert"),
        .public_key = cli_text(c, "public-key"),
        .port = (int)port,
        .public_port = (int)public_port};
    enum err e = init_make(&o, tm_wall_utc_ms(), why);
    if (e == ERR_BAD_VALUE || e == ERR_TOO_LARGE)
        return cli_usage(c, _("%s: not usable."), why);
    return e ? cli_fail(c, cli_path_err(e), "%s", o.dir) : say_made(c, &o);
}

static int run_run(struct cli *c)
{
    char why[WHY] = "";
    if (cli_flag(c, "verbose"))
        log_set_level(LOG_DEBUG);
    enum err e = server_run(c->arg[0], why);
    /* "Not found" alone would send the reader looking for a number or a name. */
    return e ? cli_fail(c, e == ERR_NOT_FOUND ? ERR_FILE_MISSING : e, "%s: %s", c->arg[0], why) : CLI_OK;
}

/* Errors name the file; a wrong KIND or KEYID is the user's. */
static int failed(struct cli *c, enum err e, const char *why)
{
    if (e == ERR_BAD_VALUE && !strcmp(why, "KIND"))
        return cli_usage(c, _("KIND is notice, lease, card, sealing or root."));
    return cli_fail(
        c, e == ERR_NOT_FOUND && strcmp(why, "KEYID") != 0 ? ERR_FILE_MISSING : e, "%s: %s", c->arg[0], why);
}

static int say_rotated(struct cli *c, const struct rotate *r)
{
    if (!c->json) {
        if (r->key_id[0])
            printf(_("New key %s.\n"), r->key_id);
        printf(_("Trust notice %lld is signed. Restart the service, and lock the root key away again.\n"),
            (long long)r->version);
        return CLI_OK;
    }
    json_t *v = json_pack("{s:s, s:I}", "key", r->key_id, "trust_version", (json_int_t)r->version);
    bool good = v && !json_dumpf(v, stdout, JSON_COMPACT);
    json_decref(v);
    putchar('\n');
    return good ? CLI_OK : CLI_FAILED;
}

static int run_rotate(struct cli *c)
{
    char why[WHY] = "";
    int64_t hours = 24, now = tm_wall_utc_ms();
    if (!cli_int(c, "after", 0, 24 * 90, &hours))
        return CLI_USAGE;
    struct rotate r = {
        .dir = c->arg[0], .offline = cli_text(c, "offline"), .at_utc_ms = now, .from_utc_ms = now + hours * 3600000};
    enum err e = rotate_key(&r, c->arg[1], why);
    return e ? failed(c, e, why) : say_rotated(c, &r);
}

static int run_retire(struct cli *c)
{
    char why[WHY] = "";
    struct rotate r = {.dir = c->arg[0], .offline = cli_text(c, "offline"), .at_utc_ms = tm_wall_utc_ms()};
    enum err e = rotate_retire(&r, c->arg[1], why);
    return e ? failed(c, e, why) : say_rotated(c, &r);
}

static int run_renew(struct cli *c)
{
    char why[WHY] = "";
    struct rotate r = {.dir = c->arg[0], .offline = cli_text(c, "offline"), .at_utc_ms = tm_wall_utc_ms()};
    enum err e = rotate_renew(&r, why);
    return e ? failed(c, e, why) : say_rotated(c, &r);
}

static int run_allow(struct cli *c)
{
    char why[WHY] = "";
    struct rotate r = {.dir = c->arg[0], .offline = cli_text(c, "offline"), .at_utc_ms = tm_wall_utc_ms()};
    enum err e = rotate_allow(&r, c->arg[1], why);
    if (e == ERR_BAD_VALUE && !strcmp(why, "WHAT"))
        return cli_usage(c, _("WHAT is nothing, qr or numbers."));
    return e ? failed(c, e, why) : say_rotated(c, &r);
}

static int run_floor_reset(struct cli *c)
{
    char why[WHY] = "", at[TM_RFC3339_LEN + 1];
    struct rotate r = {.dir = c->arg[0], .offline = cli_text(c, "offline"), .at_utc_ms = tm_wall_utc_ms()};
    enum err e = rotate_floor_reset(&r, cli_text(c, "forget"), why);
    if (e == ERR_BAD_VALUE && !strcmp(why, "forget"))
        return cli_usage(c, _("--forget takes shop, revoked and answer, separated by commas."));
    if (!e && !c->json) {
        tm_rfc3339(r.at_utc_ms, at);
        printf(_("Terminals whose time stands after %s go back to it.\n"), at);
    }
    return e ? failed(c, e, why) : say_rotated(c, &r);
}

static int run_recover(struct cli *c)
{
    char why[WHY] = "";
    struct recovered r;
    enum err e = recover_run(c->arg[0], cli_text(c, "offline"), tm_wall_utc_ms(), &r, why);
    if (e)
        return failed(c, e, why);
    bool behind = !r.trust_signed && r.trust_held > r.trust_version;
    if (c->json) {
        json_t *v = json_pack("{s:I, s:I, s:b}", "shops", (json_int_t)r.shops, "trust_version",
            (json_int_t)r.trust_version, "trust_behind", behind);
        bool good = v && !json_dumpf(v, stdout, JSON_COMPACT);
        json_decref(v);
        putchar('\n');
        return !good ? CLI_FAILED : behind ? CLI_NO : CLI_OK;
    }
    printf(_("%lld shops' notices are signed anew, with versions above all before.\n"), (long long)r.shops);
    if (behind)
        fprintf(stderr,
            _("Terminals hold trust notice %lld, this service has %lld: run it again with the root key (--offline).\n"),
            (long long)r.trust_held, (long long)r.trust_version);
    return behind ? CLI_NO : CLI_OK;
}

/* Which years are known; and until when a dispute received now is to be answered. */
static int say_holidays(const struct cli *c, const struct workdays *w, int64_t due_utc_ms)
{
    char day[TM_DAY_LEN + 1], year[24];
    json_t *years = json_array(), *v;
    int32_t now = tm_day(tm_wall_utc_ms());
    tm_day_format(now, day);
    for (int y = 2025; y <= (int)strtol(day, NULL, 10) + 1; y++) {
        int32_t first;
        snprintf(year, sizeof year, "%d-07-01", y);
        if (tm_day_parse(year, &first) && workdays_known(w, first))
            json_array_append_new(years, json_integer(y));
    }
    tm_day_format(tm_day(due_utc_ms), day);
    if (c->json) {
        v = json_pack("{s:O, s:s}", "years", years, "due", day);
        json_dumpf(v, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(v);
    } else {
        const json_t *y;
        size_t i;
        fputs(_("Public holidays are known for:"), stdout);
        json_array_foreach (years, i, y)
            printf(" %d", (int)json_integer_value(y));
        printf("\n");
        printf(_("A dispute received now is to be answered by the end of %s.\n"), day);
    }
    json_decref(years);
    return CLI_OK;
}

static int run_holidays(struct cli *c)
{
    char why[WHY] = "";
    struct workdays w;
    struct settings set;
    int64_t now = tm_wall_utc_ms();
    enum err e = settings_load(c->arg[0], &set, why);
    if (!e && c->arg_cnt > 1)
        e = workdays_install(c->arg[0], c->arg[1], why);
    if (!e)
        e = workdays_load(c->arg[0], &w, why);
    if (e == ERR_BAD_VALUE || e == ERR_TOO_LARGE)
        return cli_usage(c, _("%s: not of the form: first day, last day, off or work, name; separated by tabs."), why);
    if (e)
        return failed(c, e, why);
    int rc = say_holidays(c, &w, workdays_due_ms(&w, now, (int)set.policy.dispute_days));
    if (!rc && c->arg_cnt > 1 && !c->json)
        printf("%s\n", _("Restart the service: deadlines set from then on count them; those that are set stay."));
    return rc;
}

static const struct cli_opt offline_opts[] = {
    {"offline", "DIR", N_("where the root key and the server CA's key are (DIR/offline)"), 0}, {0}};
static const struct cli_opt rotate_opts[] = {
    {"offline", "DIR", N_("where the root key and the server CA's key are (DIR/offline)"), 0},
    {"after", "HOURS", N_("when a new notice or lease key begins to sign (24); terminals learn of it before"), 0}, {0}};

static const struct cli_opt reset_opts[] = {
    {"offline", "DIR", N_("where the root key and the server CA's key are (DIR/offline)"), 0},
    {"forget", "KIND[,KIND]", N_("shop, revoked, answer: what version of it they hold is forgotten, too"), 0}, {0}};

static const struct cli_opt init_opts[] = {
    {"host", "NAME[,NAME]", N_("names and addresses that terminals and administrators dial"), CLI_MUST},
    {"port", "N", N_("port to listen on (8443)"), 0},
    {"public-host", "NAME", N_("host in the QRs of cards (the first --host)"), 0},
    {"public-port", "N", N_("port for the public (8444)"), 0},
    {"public-cert", "FILE", N_("certificate of the public host, PEM"), 0},
    {"public-key", "FILE", N_("its key, PEM"), 0}, {0}};

static const struct cli_opt run_opts[] = {{"verbose", NULL, N_("log each request: path, status, time"), 0}, {0}};

static const struct cli_command commands[] = {
    {"init", "DIR", N_("make keys, certificates, configuration and an empty database; never overwrites"), init_opts, 1,
        1, run_init},
    {"holidays", "DIR [FILE.tsv]", N_("which years' public holidays are known; with FILE: take over the years in it"),
        NULL, 1, 2, run_holidays},
    {"run", "DIR", N_("serve until SIGTERM"), run_opts, 1, 1, run_run},
    {"rotate", "DIR KIND", N_("announce a new key: notice, lease, card, sealing or root"), rotate_opts, 2, 2,
        run_rotate},
    {"retire", "DIR KEYID", N_("stop believing an old key (a card key: its number)"), offline_opts, 2, 2, run_retire},
    {"renew", "DIR", N_("five more years for the server's certificate and the trust notice"), offline_opts, 1, 1,
        run_renew},
    {"allow", "DIR WHAT", N_("what terminals that are cut off may sell by: nothing, qr, or numbers as well"),
        offline_opts, 2, 2, run_allow},
    {"floor-reset", "DIR",
        N_("after the service's clock ran ahead and was put right: terminals go back to the time of now"), reset_opts,
        1, 1, run_floor_reset},
    {"recover", "DIR", N_("after a backup was restored: raise all versions above what terminals hold"), offline_opts, 1,
        1, run_recover},
    {0}};

static const struct cli_program program = {"huika-service",
    N_("The central service of Huika: members, shops, offers, terminals and what they sold."), NULL, commands};

int main(int argc, char **argv)
{
    /* Keys live in this process: no core dump, no debugger of the same user. */
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_DUMPABLE, 0);
    return cli_main(&program, argc, argv, NULL);
}
