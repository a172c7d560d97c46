/* SPDX-License-Identifier: Apache-2.0 */
/* huika events, huika simulate scan. */
#include "base/tm.h"
#include "client/cli/commands.h"
#include "client/cli/order.h"
#include "client/cli/say.h"
#include "client/cli/stream.h"
#include "proto/scan.h"
#include <openssl/crypto.h>
#include <string.h>

static void say_event(struct cli *c, void *ctx, const struct stream_event *e)
{
    char at[20];
    (void)ctx;
    if (c->json) {
        say_json(json_pack("{s:s, s:s, s:O}", "event", e->type, "id", e->id, "data", e->data));
        return;
    }
    tm_local(tm_wall_utc_ms(), at);
    printf("%s%s%s  ", cli_color(c, "2"), at + 11, cli_color(c, "0"));
    say_column(e->type, 8, false);
    fputs("  ", stdout);
    say_text(e->text);
    putchar('\n');
}

int events_run(struct cli *c)
{
    return stream_run(c, say_event, NULL);
}

static int scan(struct cli *c, const char *text)
{
    struct api a;
    struct api_answer answer;
    int code;
    json_t *body = json_pack("{s:s}", "text", text);
    if (!body)
        return cli_usage(c, "%s", _("The card's text is not UTF-8."));
    if (api_open(c, &a, &code)) {
        enum err e = api_call(&a, &(struct api_request){.method = "POST", .path = "/v1/scans", .body = body}, &answer);
        if (e)
            code = api_fail(c, e, _("handing over the scan"));
        else if (c->json)
            say_json(answer.json ? json_incref(answer.json) : json_object());
        else
            printf("%s\n", _("Handed over, as if a reader had read it."));
        api_answer_release(&answer);
        api_close(&a);
    }
    json_decref(body);
    return code;
}

int events_simulate_run(struct cli *c)
{
    char line[SCAN_MAX] = "";
    if (strcmp(c->arg[0], "-"))
        return scan(c, c->arg[0]);
    enum err e = order_line(line, sizeof line);
    int code = e ? api_fail(c, e, _("reading standard input")) : scan(c, line);
    OPENSSL_cleanse(line, sizeof line);
    return code;
}
