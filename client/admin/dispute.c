/* SPDX-License-Identifier: Apache-2.0 */
/* dispute list, show, answer, close, reopen, note, erase. */
#include "proto/dispute.h"
#include "base/tm.h"
#include "client/admin/admin.h"
#include <string.h>

enum { PATH_SIZE = 256 };

static const struct show_col list_cols[] = {{"ref", N_("REF"), SHOW_TEXT}, {"state", N_("STATE"), SHOW_WORD},
    {"due_ms", N_("DUE"), SHOW_TIME}, {"overdue", N_("OVERDUE"), SHOW_TEXT}, {"kind", N_("ABOUT"), SHOW_WORD},
    {"channel", N_("BY WAY OF"), SHOW_WORD}, {"objections", N_("OBJECTED"), SHOW_INT},
    {"shop_name", N_("SHOP"), SHOW_TEXT}, {"org_name", N_("ORG"), SHOW_TEXT}, {0}};
static const struct show_col one_cols[] = {{"ref", N_("reference"), SHOW_TEXT}, {"state", N_("state"), SHOW_WORD},
    {"kind", N_("about"), SHOW_WORD}, {"reporter", N_("reported by"), SHOW_WORD},
    {"channel", N_("by way of"), SHOW_WORD}, {"shop_name", N_("shop"), SHOW_TEXT}, {"shop", N_("shop id"), SHOW_TEXT},
    {"org_name", N_("addressed to"), SHOW_TEXT}, {"at_ms", N_("reported"), SHOW_TIME},
    {"received_ms", N_("received"), SHOW_TIME}, {"due_ms", N_("due"), SHOW_TIME}, {"sale_id", N_("sale"), SHOW_IF},
    {"code", N_("contested for"), SHOW_IF}, {"text", N_("text"), SHOW_IF}, {0}};
static const struct show_col account_cols[] = {{"at_ms", N_("TIME"), SHOW_TIME}, {"from", N_("BY WAY OF"), SHOW_WORD},
    {"kind", N_("ABOUT"), SHOW_WORD}, {"text", N_("TEXT"), SHOW_TEXT}, {0}};
static const struct show_col record_cols[] = {{"kind", N_("record"), SHOW_WORD}, {"outcome", N_("outcome"), SHOW_WORD},
    {"received_ms", N_("received"), SHOW_TIME}, {"hash", N_("hash"), SHOW_TEXT}, {0}};
static const struct show_col chain_cols[] = {{"epoch", N_("epoch"), SHOW_INT}, {"seq", N_("number"), SHOW_INT},
    {"head_seq", N_("records in all"), SHOW_INT}, {"follows", N_("follows from the one before"), SHOW_TEXT}, {0}};
static const struct show_col sale_cols[] = {{"at_ms", N_("sold"), SHOW_TIME},
    {"total_fen", N_("total, yuan"), SHOW_YUAN}, {"discount_fen", N_("discount, yuan"), SHOW_YUAN},
    {"pay_fen", N_("paid, yuan"), SHOW_YUAN}, {"offer_title", N_("offer"), SHOW_TEXT},
    {"verdict", N_("verdict"), SHOW_WORD}, {"card_last4", N_("card"), SHOW_TEXT},
    {"returned_fen", N_("taken back, yuan"), SHOW_YUAN}, {"outcome", N_("outcome"), SHOW_WORD}, {0}};
static const struct show_col terms_cols[] = {{"version", N_("terms version"), SHOW_INT},
    {"standing", N_("standing then"), SHOW_WORD}, {"since_ms", N_("since"), SHOW_TIME},
    {"reason", N_("reason"), SHOW_TEXT}, {0}};
static const struct show_col offer_cols[] = {
    {"title", N_("OFFER"), SHOW_TEXT}, {"kind", N_("KIND"), SHOW_WORD}, {"id", N_("ID"), SHOW_TEXT}, {0}};
static const struct show_col ack_cols[] = {{"number", N_("terminal"), SHOW_INT}, {"state", N_("state"), SHOW_WORD},
    {"shop_version", N_("terms acknowledged"), SHOW_INT}, {"shop_version_applied_ms", N_("acknowledged"), SHOW_TIME},
    {"last_seen_ms", N_("last seen"), SHOW_TIME}, {0}};
static const struct show_col word_cols[] = {{"at_ms", N_("TIME"), SHOW_TIME}, {"act", N_("ACT"), SHOW_WORD},
    {"org_name", N_("ORG"), SHOW_TEXT}, {"text", N_("TEXT"), SHOW_TEXT}, {0}};
static const struct show_col said_cols[] = {
    {"ref", N_("reference"), SHOW_TEXT}, {"state", N_("state"), SHOW_WORD}, {0}};

static bool plain(const char *s)
{
    return !s ||
           (*s && strlen(s) <= 40 && !s[strspn(s, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-")]);
}

int dispute_list(struct cli *c)
{
    const char *state = cli_text(c, "state"), *org = cli_text(c, "org"), *shop = cli_text(c, "shop");
    char path[PATH_SIZE];
    if (!plain(state) || !plain(org) || !plain(shop))
        return cli_usage(c, "%s", _("--state is open, answered or closed; --org and --shop are a code and an id."));
    snprintf(path, sizeof path, "/v1/disputes?limit=500%s%s%s%s%s%s%s", state ? "&state=" : "", state ? state : "",
        org ? "&org=" : "", org ? org : "", shop ? "&shop=" : "", shop ? shop : "",
        cli_flag(c, "objected") ? "&objected=1" : "");
    return admin_list(c, _("listing disputes"), path, "disputes", list_cols);
}

static enum err part(const json_t *v, const char *member, const struct show_col *cols, struct buf *b)
{
    const json_t *p = json_object_get(v, member);
    if (!p || (json_is_array(p) && !json_array_size(p)))
        return ERR_OK;
    enum err e = buf_adds(b, "\n");
    return e ? e : json_is_array(p) ? show_table(cols, p, b) : show_fields(cols, p, b);
}

/* What is not proved, said beside what was written. */
static enum err caution(const json_t *v, struct buf *b)
{
    const char *channel = json_string_value(json_object_get(v, "channel"));
    json_int_t objections = json_integer_value(json_object_get(v, "objections"));
    bool second = json_object_get(v, "accounts") != NULL;
    char at[20];
    enum err e = ERR_OK;
    if (second || (channel && !strcmp(channel, "slip")))
        e = buf_printf(b, "%s\n", _("Opened from the receipt's page; who held it is not proved."));
    if (!e && objections) {
        tm_local(json_integer_value(json_object_get(v, "objected_ms")), at);
        e = buf_printf(b, _("On %lld days a holder of the slip said that it was not they who complained; last %s.\n"),
            (long long)objections, at);
    }
    if (!e && json_object_get(v, "erased_ms")) {
        tm_local(json_integer_value(json_object_get(v, "erased_ms")), at);
        e = buf_printf(b, _("What was written up to %s has been erased.\n"), at);
    }
    return e;
}

static enum err print(json_t *v, struct buf *b)
{
    if (json_object_get(v, "accounts"))
        json_object_del(v, "text"); /* it stands there, side by side */
    enum err e = show_fields(one_cols, v, b);
    e = e ? e : caution(v, b);
    e = e ? e : part(v, "accounts", account_cols, b);
    e = e ? e : part(v, "words", word_cols, b);
    e = e ? e : part(v, "sale", sale_cols, b);
    e = e ? e : part(v, "terms", terms_cols, b);
    e = e ? e : part(json_object_get(v, "terms"), "offers", offer_cols, b);
    e = e ? e : part(v, "record", record_cols, b);
    e = e ? e : part(v, "chain", chain_cols, b);
    return e ? e : part(v, "terminal", ack_cols, b);
}

int dispute_show(struct cli *c)
{
    const char *what = _("showing the dispute");
    char path[PATH_SIZE];
    json_t *out = NULL;
    struct buf b;
    if (admin_path(path, sizeof path, "/v1/disputes/", c->arg[0], ""))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    int rc = admin_call(c, what, "GET", path, NULL, &out);
    if (!rc && c->json)
        rc = admin_json(c, what, out);
    else if (!rc) {
        buf_init(&b, SHOW_MAX);
        enum err e = print(out, &b);
        if (!e)
            fputs(buf_str(&b), stdout);
        rc = e ? cli_fail(c, e, "%s", what) : CLI_OK;
        buf_release(&b);
    }
    json_decref(out);
    return rc;
}

static int say(struct cli *c, const char *act, const char *what)
{
    const char *text = cli_text(c, "text");
    char path[PATH_SIZE], after[16];
    json_t *out = NULL;
    snprintf(after, sizeof after, "/%s", act);
    if (admin_path(path, sizeof path, "/v1/disputes/", c->arg[0], after))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    if (text && !dispute_text_ok(text, strlen(text)))
        return cli_usage(c, _("--text: at most %d characters of UTF-8."), DISPUTE_TEXT_CHARS);
    json_t *body = text ? json_pack("{s:s}", "text", text) : json_object();
    if (!body)
        return cli_fail(c, ERR_BAD_VALUE, "%s", what);
    int rc = admin_call(c, what, "POST", path, body, &out);
    if (!rc)
        rc = admin_show(c, what, said_cols, out);
    json_decref(out);
    return rc;
}

int dispute_answer(struct cli *c)
{
    return say(c, "answer", _("answering the dispute"));
}

int dispute_close(struct cli *c)
{
    return say(c, "close", _("closing the dispute"));
}

int dispute_reopen(struct cli *c)
{
    return say(c, "reopen", _("reopening the dispute"));
}

int dispute_note(struct cli *c)
{
    return say(c, "note", _("noting something about the dispute"));
}

int dispute_erase(struct cli *c)
{
    static const struct show_col cols[] = {
        {"ref", N_("reference"), SHOW_TEXT}, {"erased_ms", N_("erased"), SHOW_TIME}, {0}};
    const char *what = _("erasing what was written in the dispute"), *reason = cli_text(c, "reason");
    char path[PATH_SIZE];
    json_t *out = NULL;
    if (admin_path(path, sizeof path, "/v1/disputes/", c->arg[0], "/erase"))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    json_t *body = json_pack("{s:s}", "reason", reason);
    if (!body)
        return cli_usage(c, "%s", _("--reason: UTF-8."));
    int rc = admin_call(c, what, "POST", path, body, &out);
    if (!rc)
        rc = admin_show(c, what, cols, out);
    json_decref(out);
    return rc;
}
