/* SPDX-License-Identifier: Apache-2.0 */
/* huika reprint: by a sale's id, a void's, a dispute's, or a dispute's reference. */
#include "base/ulid.h"
#include "client/cli/commands.h"
#include "client/cli/print.h"
#include "client/cli/say.h"
#include "proto/ref.h"
#include <string.h>

static const char *lang(void)
{
    return i18n_lang() == ERR_LANG_ZH ? "zh" : "en";
}

/* The text is shown in any case; on paper, too, where there is a printer. */
static enum err sale(struct cli *c, struct api *a, const char *id, int *code)
{
    char path[128];
    struct api_answer answer;
    snprintf(path, sizeof path, "/v1/sales/%s/receipt?lang=%s&copy=1", id, lang());
    enum err e = api_call(a, &(struct api_request){.method = "GET", .path = path}, &answer);
    if (!e && c->json)
        say_json(json_pack("{s:s, s:s}", "sale_id", id, "receipt", buf_str(&answer.body)));
    else if (!e)
        fputs(buf_str(&answer.body), stdout);
    api_answer_release(&answer);
    if (e)
        return e;
    snprintf(path, sizeof path, "/v1/sales/%s/print", id);
    e = print_ask(a, path);
    if (e && e != ERR_PRINTER_MISSING)
        *code = cli_fail(c, e, _("printing"));
    return ERR_OK;
}

static enum err page(const struct cli *c, struct api *a, const char *id)
{
    char path[128];
    struct api_answer answer;
    snprintf(path, sizeof path, "/v1/pages/%s/print?lang=%s", id, lang());
    enum err e = api_call(a, &(struct api_request){.method = "POST", .path = path}, &answer);
    if (!e && !answer.json)
        e = ERR_NET_PROTOCOL;
    if (!e && c->json)
        say_json(json_incref(answer.json));
    else if (!e)
        fputs(say_str(answer.json, "text", ""), stdout);
    api_answer_release(&answer);
    return e;
}

/* The id of the dispute that a reference names. */
static enum err find(struct api *a, const struct ref *ref, char id[static ULID_LEN + 1])
{
    char path[32 + REF_LEN_MAX] = "/v1/disputes/";
    struct api_answer answer;
    enum err e = ref_format(ref, path + strlen(path));
    if (e)
        return e;
    e = api_call(a, &(struct api_request){.method = "GET", .path = path}, &answer);
    const char *found = e || !answer.json ? "" : say_str(answer.json, "dispute_id", "");
    if (!e && strlen(found) == ULID_LEN)
        memcpy(id, found, ULID_LEN + 1);
    else if (!e)
        e = ERR_NET_PROTOCOL;
    api_answer_release(&answer);
    return e;
}

int reprint_run(struct cli *c)
{
    char id[ULID_LEN + 1];
    uint8_t raw[ULID_SIZE];
    struct ref ref;
    struct api a;
    int code = CLI_OK;
    const char *arg = c->arg[0];
    bool is_ref = !ref_parse(arg, strlen(arg), &ref);
    if (!is_ref && ulid_decode(arg, strlen(arg), raw))
        return cli_usage(c, _("%s is neither a reference like 7-1-42-K nor an id of 26 characters."), arg);
    if (!api_open(c, &a, &code))
        return code;
    enum err e = is_ref ? find(&a, &ref, id) : sale(c, &a, arg, &code);
    if (is_ref && !e)
        e = page(c, &a, id);
    else if (e == ERR_NOT_FOUND && !is_ref)
        e = page(c, &a, arg);
    if (e)
        code = api_fail(c, e, arg);
    api_close(&a);
    return code;
}
