/* SPDX-License-Identifier: Apache-2.0 */
/* huika-admin: what union staff do at the service, over mutual TLS. One function per command, one file per group. */
#include "client/admin/admin.h"

static const struct cli_opt common_opts[] = {
    {"profile", "DIR", N_("the administrator's profile (or $HUIKA_ADMIN)"), 0}, {0}};

static const struct cli_opt org_add_opts[] = {{"parent", "CODE", N_("the organisation above it"), CLI_MUST}, {0}};
static const struct cli_opt card_print_opts[] = {
    {"out", "FILE", N_("where to: .svg, .png, or .txt for the text that the QR holds (the file is 0600)"), CLI_MUST},
    {"force", NULL, N_("replace FILE"), 0}, {0}};
static const struct cli_opt card_reissue_opts[] = {
    {"out", "FILE", N_("write the new QR there, as card print does"), 0}, {"force", NULL, N_("replace FILE"), 0}, {0}};
static const struct cli_opt card_export_opts[] = {
    {"org", "CODE", N_("of this organisation and those below it"), CLI_MUST},
    {"out", "FILE.csv", N_("columns card_last4,qr_text (the file is 0600)"), CLI_MUST},
    {"force", NULL, N_("replace FILE"), 0}, {0}};
static const struct cli_opt shop_add_opts[] = {{"org", "CODE", N_("the union that signed the agreement"), CLI_MUST},
    {"name", "NAME", N_("the shop's name"), CLI_MUST},
    {"category", "CATEGORY", N_("travel, dining, transport, health, leisure or supermarket"), CLI_MUST},
    {"region", "CODE", N_("where it is: GB/T 2260, like 410102"), CLI_MUST}, {0}};
static const struct cli_opt reason_opts[] = {{"reason", "TEXT", N_("why; the shop sees it"), CLI_MUST}, {0}};
static const struct cli_opt offer_set_opts[] = {
    {"file", "FILE", N_("offers as JSON, one object or a list; they replace all the shop has"), CLI_MUST}, {0}};
static const struct cli_opt admin_invite_opts[] = {
    {"org", "CODE", N_("the organisation that the new administrator may act for"), CLI_MUST}, {0}};
static const struct cli_opt audit_opts[] = {
    {"after", "N", N_("entries after number N"), 0}, {"limit", "N", N_("at most N entries"), 0}, {0}};

static const struct cli_opt report_opts[] = {{"org", "CODE", N_("this organisation and those below it"), 0},
    {"month", "YYYY-MM", N_("YYYY-MM, or YYYY for a whole year; this month by default"), 0},
    {"csv", NULL, N_("comma-separated values"), 0}, {0}};

static const struct cli_opt dispute_list_opts[] = {
    {"state", "STATE", N_("open, answered or closed; all by default"), 0},
    {"org", "CODE", N_("this organisation and those below it"), 0}, {"shop", "SHOP", N_("of this shop"), 0},
    {"objected", NULL, N_("only those where a holder of the slip said that it was not they who complained"), 0}, {0}};
static const struct cli_opt dispute_must_opts[] = {{"text", "TEXT", N_("at most 2,000 characters"), CLI_MUST}, {0}};
static const struct cli_opt dispute_text_opts[] = {{"text", "TEXT", N_("at most 2,000 characters"), 0}, {0}};

static const struct cli_opt records_opts[] = {{"epoch", "N", N_("of this epoch; the first by default"), 0},
    {"branch", "N", N_("of this branch; the countersigned chain by default"), 0}, {0}};

static const struct cli_opt erase_opts[] = {
    {"reason", "TEXT", N_("why, for the audit log; no names or numbers"), CLI_MUST}, {0}};
static const struct cli_opt evidence_opts[] = {{"out", "FILE.tar", N_("where to (the file is 0600)"), CLI_MUST},
    {"text", "REF[,REF]", N_("disclose what was written in these disputes; none by default"), 0}, {0}};

static const struct cli_command commands[] = {
    {"org add", "CODE NAME", N_("add an organisation"), org_add_opts, 2, 2, org_add},
    {"org list", "", N_("list organisations"), NULL, 0, 0, org_list},
    {"member import", "FILE.csv",
        N_("take over a list: card_number,name,org,status[,legacy_id]; bad lines go to FILE.rejects.csv and exit 1"),
        NULL, 1, 1, member_import},
    {"member status", "CARD-NUMBER|- STATUS", N_("set active, frozen, lost or left"), NULL, 2, 2, member_status},
    {"card print", "CARD-NUMBER|-", N_("write the QR for the card's back"), card_print_opts, 1, 1, card_print},
    {"card reissue", "CARD-NUMBER|-", N_("give a new QR; the old one is refused from now on"), card_reissue_opts, 1, 1,
        card_reissue},
    {"card export", "", N_("write all QRs of an organisation for the card printer"), card_export_opts, 0, 0,
        card_export},
    {"shop add", "", N_("register a shop; prints its id"), shop_add_opts, 0, 0, shop_add},
    {"shop list", "", N_("list shops"), NULL, 0, 0, shop_list},
    {"shop show", "SHOP", N_("everything about one shop"), NULL, 1, 1, shop_show},
    {"shop suspend", "SHOP", N_("suspend a shop: its terminals refuse at once"), reason_opts, 1, 1, shop_suspend},
    {"shop delist", "SHOP", N_("take a shop off the list: its terminals refuse at once"), reason_opts, 1, 1,
        shop_delist},
    {"shop relist", "SHOP", N_("put a shop back on the list"), reason_opts, 1, 1, shop_relist},
    {"shop evidence", "SHOP", N_("one signed archive about a shop, which anybody can check with openssl"),
        evidence_opts, 1, 1, evidence_run},
    {"offer set", "SHOP", N_("set a shop's offers"), offer_set_opts, 1, 1, offer_set},
    {"offer list", "SHOP", N_("list a shop's offers"), NULL, 1, 1, offer_list},
    {"terminal invite", "SHOP", N_("make a one-time enrolment code, also as a QR on a terminal"), NULL, 1, 1,
        terminal_invite},
    {"terminal list", "[SHOP]", N_("list terminals"), NULL, 0, 1, terminal_list},
    {"dispute list", "", N_("disputes addressed to your union and those below it"), dispute_list_opts, 0, 0,
        dispute_list},
    {"dispute show", "REF", N_("one dispute with its evidence: record, sale, terms then, chain, acknowledgements"),
        NULL, 1, 1, dispute_show},
    {"dispute answer", "REF", N_("answer: the terminal and the slip's page show it"), dispute_must_opts, 1, 1,
        dispute_answer},
    {"dispute close", "REF", N_("close a dispute"), dispute_text_opts, 1, 1, dispute_close},
    {"dispute reopen", "REF", N_("take an answered or closed dispute up again, with a new deadline"), dispute_text_opts,
        1, 1, dispute_reopen},
    {"dispute note", "REF", N_("note something for the unions alone"), dispute_must_opts, 1, 1, dispute_note},
    {"dispute erase", "REF", N_("erase what was written in a closed dispute, here and at its terminal"), erase_opts, 1,
        1, dispute_erase},
    {"report", "", N_("a union's month in numbers: shops, sales, discounts, disputes"), report_opts, 0, 0, report_run},
    {"terminal revoke", "TERMINAL", N_("shut a terminal out for ever; its connections end at once"), NULL, 1, 1,
        terminal_revoke},
    {"terminal resume", "TERMINAL", N_("begin a new epoch after its journal was copied, rolled back or lost"), NULL, 1,
        1, terminal_resume},
    {"terminal renew", "TERMINAL", N_("make a one-time code for a terminal whose certificate has lapsed"), NULL, 1, 1,
        terminal_renew},
    {"terminal branches", "TERMINAL", N_("what is kept of its journal: each epoch's chain, and what contradicts it"),
        NULL, 1, 1, terminal_branches},
    {"terminal records", "TERMINAL", N_("the records of one chain or branch"), records_opts, 1, 1, terminal_records},
    {"admin invite", "NAME", N_("make a one-time code for a new administrator"), admin_invite_opts, 1, 1, admin_invite},
    {"admin enroll", "CODE", N_("accept such a code: make the profile that --profile names"), NULL, 1, 1, admin_enroll},
    {"admin list", "", N_("list administrators"), NULL, 0, 0, admins_list},
    {"admin revoke", "ADMIN", N_("shut an administrator out for ever"), NULL, 1, 1, admin_revoke},
    {"audit verify", "", N_("check the hash chain of the whole audit log; exit 1 if it was changed"), NULL, 0, 0,
        audit_verify},
    {"audit list", "", N_("list the audit log"), audit_opts, 0, 0, audit_list}, {0}};

static const struct cli_program program = {"huika-admin",
    N_("The union administrators' tool: organisations, members, cards, shops, offers, terminals.\n"
       "A card number given as - is read from standard input, so that it stands in no process list."),
    common_opts, commands};

int main(int argc, char **argv)
{
    struct admin *a = admin_new();
    int rc = a ? cli_main(&program, argc, argv, a) : CLI_FAILED;
    admin_free(&a);
    return rc;
}
