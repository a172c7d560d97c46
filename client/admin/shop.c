/* SPDX-License-Identifier: Apache-2.0 */
/* shop add, list, show, suspend, delist, relist. */
#include "client/admin/admin.h"
#include <string.h>

enum { PATH_SIZE = 160 };

static const char *const categories[] = {"travel", "dining", "transport", "health", "leisure", "supermarket"};

static const struct show_col list_cols[] = {{"shop", N_("SHOP"), SHOW_TEXT}, {"name", N_("NAME"), SHOW_TEXT},
    {"category", N_("CATEGORY"), SHOW_WORD}, {"region", N_("REGION"), SHOW_TEXT}, {"org", N_("ORG"), SHOW_TEXT},
    {"standing", N_("STANDING"), SHOW_WORD}, {0}};
static const struct show_col one_cols[] = {{"shop", N_("shop"), SHOW_TEXT}, {"name", N_("name"), SHOW_TEXT},
    {"category", N_("category"), SHOW_WORD}, {"region", N_("region"), SHOW_TEXT}, {"org", N_("org"), SHOW_TEXT},
    {"org_name", N_("org name"), SHOW_TEXT}, {"standing", N_("standing"), SHOW_WORD},
    {"reason", N_("reason"), SHOW_TEXT}, {"since_ms", N_("since"), SHOW_TIME},
    {"version", N_("notice version"), SHOW_INT}, {0}};
static const struct show_col offer_cols[] = {
    {"title", N_("OFFER"), SHOW_TEXT}, {"kind", N_("KIND"), SHOW_WORD}, {"id", N_("ID"), SHOW_TEXT}, {0}};
static const struct show_col terminal_cols[] = {{"number", N_("TERMINAL"), SHOW_INT}, {"state", N_("STATE"), SHOW_WORD},
    {"last_seen_ms", N_("LAST SEEN"), SHOW_TIME}, {"shop_version", N_("NOTICE"), SHOW_INT},
    {"shop_version_applied_ms", N_("OBEYED SINCE"), SHOW_TIME}, {"behind", N_("BEHIND BY"), SHOW_INT},
    {"revoked_version", N_("REVOKED LIST"), SHOW_INT}, {"trust_version_applied", N_("TRUST"), SHOW_INT},
    {"lease_stop_at_ms", N_("OFFLINE UNTIL"), SHOW_TIME}, {"cert_not_after_ms", N_("CERTIFICATE UNTIL"), SHOW_TIME},
    {"terminal_id", N_("ID"), SHOW_TEXT}, {0}};
static const struct show_col sales_cols[] = {{"count", N_("sales"), SHOW_INT},
    {"today_count", N_("sales today"), SHOW_INT}, {"total_fen", N_("total, yuan"), SHOW_YUAN},
    {"discount_fen", N_("discounts, yuan"), SHOW_YUAN}, {0}};
static const struct show_col dispute_cols[] = {{"open", N_("disputes open"), SHOW_INT},
    {"all", N_("disputes in all"), SHOW_INT}, {"objected", N_("objected to by the slip's holder"), SHOW_INT}, {0}};
static const struct show_col latest_cols[] = {{"at_ms", N_("SOLD"), SHOW_TIME},
    {"terminal_number", N_("TERMINAL"), SHOW_INT}, {"seq", N_("SEQ"), SHOW_INT}, {"total_fen", N_("TOTAL"), SHOW_YUAN},
    {"discount_fen", N_("DISCOUNT"), SHOW_YUAN}, {"pay_fen", N_("PAID"), SHOW_YUAN},
    {"card_last4", N_("CARD"), SHOW_TEXT}, {"outcome", N_("OUTCOME"), SHOW_WORD},
    {"offer_title", N_("OFFER"), SHOW_TEXT}, {0}};
static const struct show_col standing_cols[] = {
    {"standing", N_("standing"), SHOW_WORD}, {"version", N_("notice version"), SHOW_INT}, {0}};

static bool is_category(const char *s)
{
    for (size_t i = 0; i < sizeof categories / sizeof *categories; i++)
        if (!strcmp(categories[i], s))
            return true;
    return false;
}

int shop_add(struct cli *c)
{
    const char *what = _("adding the shop"), *shop = NULL;
    if (!is_category(cli_text(c, "category")))
        return cli_usage(c, _("--category is travel, dining, transport, health, leisure or supermarket."));
    json_t *out = NULL, *body = json_pack("{s:s, s:s, s:s, s:s}", "org", cli_text(c, "org"), "name",
                            cli_text(c, "name"), "category", cli_text(c, "category"), "region", cli_text(c, "region"));
    if (!body)
        return cli_fail(c, ERR_BAD_VALUE, "%s", what);
    int rc = admin_call(c, what, "POST", "/v1/shops", body, &out);
    if (!rc && jsonx_str(out, "shop", 1, 64, &shop))
        rc = cli_fail(c, ERR_NET_PROTOCOL, "%s", what);
    if (!rc && c->json)
        rc = admin_json(c, what, out);
    else if (!rc)
        puts(shop);
    json_decref(out);
    return rc;
}

int shop_list(struct cli *c)
{
    return admin_list(c, _("listing shops"), "/v1/shops?limit=500", "shops", list_cols);
}

static enum err print_part(const json_t *obj, const char *member, const struct show_col *cols, struct buf *b)
{
    const json_t *v = json_object_get(obj, member);
    enum err e = ERR_OK;
    if (json_is_array(v) && json_array_size(v) > 0) {
        e = buf_adds(b, "\n");
        return e ? e : show_table(cols, v, b);
    }
    if (json_is_object(v)) {
        e = buf_adds(b, "\n");
        return e ? e : show_fields(cols, v, b);
    }
    return e;
}

int shop_show(struct cli *c)
{
    const char *what = _("showing the shop");
    char path[PATH_SIZE];
    json_t *out = NULL;
    struct buf b;
    enum err e = admin_path(path, sizeof path, "/v1/shops/", c->arg[0], "");
    if (e)
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    int rc = admin_call(c, what, "GET", path, NULL, &out);
    if (rc || c->json) {
        rc = rc ? rc : admin_json(c, what, out);
        json_decref(out);
        return rc;
    }
    buf_init(&b, SHOW_MAX);
    e = show_fields(one_cols, out, &b);
    e = e ? e : print_part(out, "offers", offer_cols, &b);
    e = e ? e : print_part(out, "terminals", terminal_cols, &b);
    e = e ? e : print_part(out, "sales", sales_cols, &b);
    e = e ? e : print_part(out, "disputes", dispute_cols, &b);
    e = e ? e : print_part(out, "latest", latest_cols, &b);
    if (!e)
        fputs(buf_str(&b), stdout);
    buf_release(&b);
    json_decref(out);
    return e ? cli_fail(c, e, "%s", what) : CLI_OK;
}

static int set_standing(struct cli *c, const char *standing, const char *what)
{
    char path[PATH_SIZE];
    json_t *out = NULL;
    if (admin_path(path, sizeof path, "/v1/shops/", c->arg[0], "/standing"))
        return cli_fail(c, ERR_NOT_FOUND, "%s", what);
    json_t *body = json_pack("{s:s, s:s}", "standing", standing, "reason", cli_text(c, "reason"));
    if (!body)
        return cli_fail(c, ERR_BAD_VALUE, "%s", what);
    int rc = admin_call(c, what, "POST", path, body, &out);
    if (!rc)
        rc = admin_show(c, what, standing_cols, out);
    json_decref(out);
    return rc;
}

int shop_suspend(struct cli *c)
{
    return set_standing(c, "suspended", _("suspending the shop"));
}

int shop_delist(struct cli *c)
{
    return set_standing(c, "delisted", _("delisting the shop"));
}

int shop_relist(struct cli *c)
{
    return set_standing(c, "listed", _("relisting the shop"));
}
