/* SPDX-License-Identifier: Apache-2.0 */
/* One request at a time to the running terminal: the counter API (docs/protocol.md) over its Unix socket.
 *
 *     api_open(cli, &a)                         where the socket is: --socket, $HUIKA_SOCKET, --state, else the system's
 *     api_call(&a, &request, &answer)           blocking; api_answer_release afterwards, whatever it returned
 *     api_close(&a)
 *
 * Ctrl-C ends a call with ERR_CANCELLED instead of ending the program, so that a checkout is not left open. */
#ifndef HUIKA_API_H
#define HUIKA_API_H
#include "base/buf.h"
#include "base/cli.h"
#include "base/jsonx.h"
#include <curl/curl.h>

enum { API_ANSWER_MAX = 16 * 1024 * 1024, API_SOCKET_MAX = 107, API_KEY_MAX = 64 };

struct api {
    struct cli *cli;
    CURL *curl;
    char socket[API_SOCKET_MAX + 1];
    bool steady; /* set it where Ctrl-C must not end a call: what was begun has to be heard to its end */
};

struct api_request {
    const char *method; /* "GET", "POST" */
    const char *path;   /* with its query, already escaped */
    const json_t *body; /* borrowed; NULL: none */
    const char *key;    /* Idempotency-Key; NULL: none */
    long wait_s;        /* how long the terminal was asked to hold the answer; 0: at once; -1: no end (events) */
    curl_write_callback stream; /* takes the answer's bytes instead of body; NULL: none */
    void *ctx;                  /* its last argument */
};

struct api_answer {
    enum err err;    /* ERR_OK: 2xx. Else the problem's code, or why there was no answer: ERR_NOT_RUNNING,
                        ERR_SOCKET_DENIED, ERR_NET_TIMEOUT, ERR_NET_CUT, ERR_TOO_LARGE, ERR_CANCELLED */
    long status;     /* HTTP; 0: no answer */
    struct buf body; /* the bytes; wiped by api_answer_release */
    json_t *json;    /* an object, or NULL if it was none */
};

/* False after an error line (the exit code is CLI_FAILED, or CLI_USAGE for a path that is too long): *code. */
bool api_open(struct cli *c, struct api *out, int *code);
void api_close(struct api *a);
/* Returns answer->err. */
enum err api_call(struct api *a, const struct api_request *r, struct api_answer *answer);
void api_answer_release(struct api_answer *answer);
/* One request and its answer, from opening to closing: 0 and the object, which is the caller's to release; else the exit code,
 * and api_fail has said why. `what` is being done, translated. */
int api_ask(struct cli *c, const struct api_request *r, const char *what, json_t **out);
/* The same, and the object is printed: as JSON with --json, else by show(c, object). */
int api_show(
    struct cli *c, const struct api_request *r, const char *what, void (*show)(const struct cli *c, const json_t *v));
/* Says what failed: one line on standard error and, with --json, {"error", "text"} on standard output. The exit code. */
int api_fail(struct cli *c, enum err e, const char *what);
/* True once Ctrl-C or SIGTERM came. */
bool api_interrupted(void);
#endif
