/* SPDX-License-Identifier: Apache-2.0 */
/* huika-terminal: the daemon on the payment terminal or POS box. client/README.md tells the life of a scan. */
#include "base/cli.h"
#include "base/text.h"
#include "client/ports/enroll.h"
#include "client/terminal/guard.h"
#include "client/terminal/run.h"
#include <string.h>
#include <unistd.h>

static void say_step(void *ctx, enum enroll_step step)
{
    static const char *const texts[] = {
        [ENROLL_CONNECT] = N_("asking the service who it is"),
        [ENROLL_KEY] = N_("it is the service that the code names; making a key"),
        [ENROLL_CERT] = N_("asking for a certificate"),
        [ENROLL_NOTICES] = N_("fetching the shop's notice"),
    };
    const struct cli *c = ctx;
    if (!c->json && step < sizeof texts / sizeof *texts && isatty(STDERR_FILENO))
        fprintf(stderr, "%s\n", _(texts[step]));
}

static int enroll_command(struct cli *c)
{
    struct state_info info;
    const char *renew = cli_text(c, "renew");
    if ((c->arg_cnt == 1) == (renew != NULL))
        return cli_usage(c, _("one code is needed: CODE for a new terminal, or --renew CODE for this one"));
    const struct enroll_config config = {.code = renew ? renew : c->arg[0],
        .dir = cli_text(c, "state"),
        .clock = &clock_system,
        .step = say_step,
        .ctx = c};
    enum err e = renew ? enroll_renew(&config, &info) : enroll_run(&config, &info);
    if (e)
        return cli_fail(c, e, renew ? _("renewing the terminal's certificate") : _("enrolling"));
    if (c->json)
        printf("{\"terminal_id\":\"%s\",\"number\":%lld,\"shop_id\":\"%s\",\"epoch\":%u}\n", info.terminal_id,
            (long long)info.number, info.shop_id, info.epoch);
    else if (renew)
        printf(_("The certificate of terminal %lld (%s) was renewed. Start it: huika-terminal run --state %s\n"),
            (long long)info.number, info.terminal_id, config.dir);
    else
        printf(_("This is terminal %lld (%s). Start it: huika-terminal run --state %s\n"), (long long)info.number,
            info.terminal_id, config.dir);
    return CLI_OK;
}

static const struct cli_opt enroll_opts[] = {{"state", "DIR", N_("the state directory, made if absent"), CLI_MUST},
    {"renew", "CODE", N_("the code of huika-admin terminal renew: a new certificate for the terminal that is there"),
        0},
    {0}};
static const struct cli_opt run_opts[] = {{"state", "DIR", N_("the state directory that enroll made"), 0},
    {"sandbox", NULL,
        N_("an invented shop with test cards, for those who build POS software; without --state nothing is kept"), 0},
    {"listen", "ADDRESS", N_("where POS software calls: a loopback address and port (127.0.0.1:8730), or off"), 0},
    {"socket", "PATH", N_("the Unix socket for huika (DIR/huika.sock)"), 0},
    {"printer", "WHERE", N_("the receipt printer: usb, off, lp, lp:QUEUE, or a path; before the shop.ini in DIR"), 0},
    {"devices", "FILE", N_("the shop's own scanners, lines as in hw/devices.tsv (/etc/huika/devices.tsv)"), 0}, {0}};

static const struct cli_command commands[] = {
    {"enroll", "[CODE]", N_("make this machine a terminal of the shop that the code was given to"), enroll_opts, 0, 1,
        enroll_command},
    {"run", "", N_("be the terminal: readers, checkouts, journal, the counter's API; until SIGTERM"), run_opts, 0, 0,
        run_command},
    {0}};

static const struct cli_program program = {"huika-terminal", N_("the terminal's daemon"), NULL, commands};

int main(int argc, char **argv)
{
    guard_process();
    return cli_main(&program, argc, argv, NULL);
}
