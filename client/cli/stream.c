/* SPDX-License-Identifier: Apache-2.0 */
#include "client/cli/stream.h"
#include <string.h>

enum { LINE_MAX_LEN = 131072 };

struct stream {
    struct cli *cli;
    void (*each)(struct cli *c, void *ctx, const struct stream_event *e);
    void *ctx;
    struct buf line, data; /* the line being read; the data of the event so far */
    char event[32], id[32];
};

static void give(struct stream *s)
{
    json_t *data = NULL;
    if (jsonx_parse(buf_str(&s->data), s->data.len, &data))
        return;
    s->each(s->cli, s->ctx, &(struct stream_event){s->event, s->id, buf_str(&s->data), data});
    json_decref(data);
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
            give(s);
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

int stream_run(struct cli *c, void (*each)(struct cli *c, void *ctx, const struct stream_event *e), void *ctx)
{
    struct stream s = {.cli = c, .each = each, .ctx = ctx, .event = "message"};
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
