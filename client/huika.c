/* SPDX-License-Identifier: Apache-2.0 */
/* huika: the counter's command line. What its commands do is in client/cli. */
#include "base/cli.h"
#include "client/cli/commands.h"
#include <sys/prctl.h>
#include <sys/resource.h>

static const struct cli_opt common[] = {
    {"socket", "PATH", N_("the terminal's socket ($HUIKA_SOCKET, else STATE/huika.sock)"), 0},
    {"state", "DIR", N_("the terminal's state directory (/var/lib/huika)"), 0},
    {0},
};

static const struct cli_opt sell_opts[] = {
    {"number", "N|-", N_("the number on the card's front; -: read it from standard input"), 0},
    {"scan", "TEXT|-", N_("the text of the card's QR; neither: the card is read at the reader"), 0},
    {"own-price", "YUAN", N_("what the shop would charge without the card today"), 0},
    {"lines", "FILE", N_("the goods, JSON: [{\"category\", \"amount_fen\"}, ...]"), 0},
    {"cashier", "ID", N_("who is at the counter; stands on the receipt"), 0},
    {"accept-luhn", NULL, N_("the number was compared with the card, although its check digit does not fit"), 0},
    {"no-receipt", NULL, N_("apply although the printer has no paper, is open or offline"), 0},
    {"yes", NULL, N_("apply without asking"), 0},
    {0},
};

static const struct cli_opt devices_opts[] = {
    {"watch", NULL, N_("until Ctrl-C, a line for each device that comes, goes or changes"), 0}, {0}};

static const struct cli_opt verify_opts[] = {
    {"trust", "FILE", N_("check against this trust notice, got from the service, not the one beside the journal"), 0},
    {0}};

static const struct cli_opt page_opts[] = {{"close", NULL, N_("sign every browser out instead"), 0}, {0}};

static const struct cli_opt void_opts[] = {{"reason", "TEXT", N_("why; stands in the record"), CLI_MUST},
    {"cashier", "ID", N_("who is at the counter; stands on the receipt"), 0}, {0}};

static const struct cli_opt day_close_opts[] = {{"day", "YYYY-MM-DD", N_("another day than today"), 0}, {0}};

static const struct cli_opt dispute_opts[] = {
    {"kind", "KIND",
        N_("refused_valid, rate_not_given, amount_wrong, card_suspect, double_charge, offline_contested, other"),
        CLI_MUST},
    {"by", "WHO", N_("who reports: shop (default) or member"), 0}, {"sale", "SALE", N_("the sale that it is about"), 0},
    {"refusal", "N", N_("the journal number of the refusal that it is about"), 0},
    {"text", "TEXT|-", N_("what happened, at most 2,000 characters; -: from standard input"), 0},
    {"cashier", "ID", N_("who is at the counter; stands on the receipt"), 0}, {0}};

static const struct cli_command commands[] = {
    {"sell", "AMOUNT", N_("check the card and give the discount; AMOUNT in yuan, like 128.00"), sell_opts, 1, 1,
        sell_run},
    {"status", "", N_("the shop's standing, the service, records to be sent, devices"), NULL, 0, 0, status_run},
    {"day close", "", N_("print the day: sales, discounts, voids, offline sales, what is still to be sent"),
        day_close_opts, 0, 0, day_close_run},
    {"day", "[YYYY-MM-DD]", N_("the sales of a day, today by default, and their sums"), NULL, 0, 1, day_run},
    {"void", "SALE", N_("take a whole sale back: the discount goes back, the member gets the refund"), void_opts, 1, 1,
        void_run},
    {"return", "SALE AMOUNT", N_("take a part of a sale back; AMOUNT before discount, in yuan"), void_opts, 2, 2,
        void_return_run},
    {"dispute new", "", N_("log a complaint for the union; prints the slip for the member"), dispute_opts, 0, 0,
        dispute_new_run},
    {"dispute list", "", N_("the disputes logged here, the newest first"), NULL, 0, 0, dispute_list_run},
    {"dispute show", "REF", N_("one dispute, and what the union answered"), NULL, 1, 1, dispute_show_run},
    {"reprint", "ID", N_("a receipt or a dispute's slip once more, marked as a copy"), NULL, 1, 1, reprint_run},
    {"page", "", N_("the cashier's page: an address that lets a browser on this machine in, once"), page_opts, 0, 0,
        page_run},
    {"token rotate", "", N_("give POS software a new token; the old one ends"), NULL, 0, 0, page_token_rotate_run},
    {"print test", "", N_("print a page that shows what the receipt printer can do"), NULL, 0, 0, print_test_run},
    {"journal verify", "", N_("recompute the journal's chain; with --state also without a running terminal"),
        verify_opts, 0, 0, verify_run},
    {"simulate scan", "TEXT|-", N_("hand a text to the terminal as if a reader had read it"), NULL, 1, 1,
        events_simulate_run},
    {"events", "", N_("what happens at the counter, line by line, until Ctrl-C"), NULL, 0, 0, events_run},
    {"devices", "", N_("the USB devices: which are used, and why the others are not"), devices_opts, 0, 0, devices_run},
    {0},
};

static const struct cli_program program = {
    "huika", N_("The counter's command line: speaks to the running huika-terminal."), common, commands};

int main(int argc, char **argv)
{
    /* A card number may be in memory: no core dump, no debugger of the same user. */
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_DUMPABLE, 0);
    return cli_main(&program, argc, argv, NULL);
}
