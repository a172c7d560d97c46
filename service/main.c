/* SPDX-License-Identifier: Apache-2.0 */
/* huika-service: the command line. */
#include "base/cli.h"
#include "base/jsonx.h"
#include "base/log.h"
#include "base/tm.h"
#include "service/http/server.h"
#include "service/init.h"
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
    return e ? cli_fail(c, e, "%s", o.dir) : say_made(c, &o);
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
    {"run", "DIR", N_("serve until SIGTERM"), run_opts, 1, 1, run_run}, {0}};

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
