/* SPDX-License-Identifier: Apache-2.0 */
/* huika events, huika simulate scan. Server-Sent Events: WHATWG HTML, section 9.2. */
#include "base/tm.h"
#include "client/cli/commands.h"
#include "client/cli/order.h"
#include "client/cli/say.h"
#include "proto/scan.h"
#include <openssl/crypto.h>
#include <string.h>

enum { LINE_MAX_LEN = 131072 };

struct stream {
    struct cli *cli;
    struct buf line, data; /* the line being read; the data of the event so far */
    char event[32], id[32];
};

static void say_event(struct stream *s)
{
    json_t *data = NULL;
    char at[20];
    if (jsonx_parse(buf_str(&s->data), s->data.len, &data))
        return;
    if (s->cli->json) {
        say_json(json_pack("{s:s, s:s, s:o}", "event", s->event, "id", s->id, "data", data));
    } else {
        tm_local(tm_wall_utc_ms(), at);
        printf("%s%s%s  ", cli_color(s->cli, "2"), at + 11, cli_color(s->cli, "0"));
        say_column(s->event, 8, false);
        fputs("  ", stdout);
        say_text(buf_str(&s->data));
        putchar('\n');
        json_decref(data);
    }
    fflush(stdout);
}

static void field(struct stream *s, const char *line)
{
    const char *colon = strchr(line, ':'), *value = colon ? colon + 1 : "";
    size_t name = colon ? (size_t)(colon - line) : strlen(line);
    value += *value == ' ';
    if (name == 5 && !memcmp(line, "event", 5))
        snprintf(s->event, sizeof s->event, "%s", value);
    else if (name == 2 && !memcmp(line, "id", 2))
        snprintf(s->id, sizeof s->id, "%s", value);
    else if (name == 4 && !memcmp(line, "data", 4))
        buf_adds(&s->data, value);
}

static void end_of_line(struct stream *s)
{
    const char *line = buf_str(&s->line);
    if (*line) {
        field(s, line);
    } else {
        if (s->data.len)
            say_event(s);
        buf_reset(&s->data);
        snprintf(s->event, sizeof s->event, "message");
    }
    buf_reset(&s->line);
}

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
    struct stream *s = ctx;
    size_t len = size * n;
    for (size_t i = 0; i < len; i++) {
        if (p[i] == '\n')
            end_of_line(s);
        else if (p[i] != '\r' && buf_add(&s->line, p + i, 1))
            return 0;
    }
    return ferror(stdout) ? 0 : len;
}

int events_run(struct cli *c)
{
    struct stream s = {.cli = c, .event = "message"};
    struct api a;
    struct api_answer answer;
    int code;
    if (!api_open(c, &a, &code))
        return code;
    buf_init(&s.line, LINE_MAX_LEN);
    buf_init(&s.data, LINE_MAX_LEN);
    struct api_request r = {.method = "GET", .path = "/v1/events", .wait_s = -1, .stream = take, .ctx = &s};
    enum err e = api_call(&a, &r, &answer);
    /* Ctrl-C is how it ends; a terminal that stopped is worth an error. */
    if (e != ERR_CANCELLED)
        code = api_fail(c, e ? e : ERR_NET_CUT, _("listening to the terminal"));
    api_answer_release(&answer);
    buf_release(&s.line);
    buf_release(&s.data);
    api_close(&a);
    return code;
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
