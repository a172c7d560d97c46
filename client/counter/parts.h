/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the counter share. */
#ifndef HUIKA_COUNTER_PARTS_H
#define HUIKA_COUNTER_PARTS_H
#include "base/buf.h"
#include "base/jsonx.h"
#include "client/counter/counter.h"
#include "client/counter/session.h"
#include <microhttpd.h>

struct events;
struct page_file;

/* One of the two doors. */
struct door {
    struct counter *counter;
    struct MHD_Daemon *daemon; /* NULL: this door does not exist */
    int fd;
    bool tcp;       /* wants Host, Origin and token; the Unix socket's mode guards the other */
    int64_t tokens; /* of the rate limit, in thousandths of a request */
    int64_t tokens_mono_ms;
};

struct counter {
    struct counter_config config;
    uint8_t token_hash[KEY_HASH];
    struct door unix_door, tcp_door;
    char bound[64];
    uint16_t port;
    struct request *waiting; /* suspended, see wait.c */
    bool closing;            /* nothing is suspended any more: libmicrohttpd would abort */
    struct events *events;
    struct sessions *sessions;
};

/* One request, from its first header to its answer. */
struct request {
    struct door *door;
    struct counter *counter;
    struct MHD_Connection *conn;
    const char *method, *url;  /* while the handler runs */
    char id[ULID_LEN + 1];     /* {id} of the path */
    char ref[REF_LEN_MAX + 1]; /* {ref} of it */
    struct buf body;
    json_t *json;     /* the body, for routes that want one */
    enum err trouble; /* found before the body was whole */
    size_t dropped;   /* bytes of a body that is not wanted */
    bool answered;
    bool by_session;        /* the page's cookie let it in */
    uint8_t pass[KEY_HASH]; /* then: the hash of the session's id */

    bool held; /* suspended: in counter->waiting */
    struct request *next;
    int64_t until_mono_ms;
    char checkout_id[ULID_LEN + 1];
    uint32_t rev;
    bool by_rev;     /* until rev is greater; else until it is no longer verifying */
    unsigned status; /* of the answer after the wait */
    bool again;      /* it is run again after the wait */
};

/* page.c */
const struct page_file *page_find(const char *url); /* NULL: no file of the page */
enum MHD_Result page_get(struct request *r, const struct page_file *f);
bool page_signed_in(struct request *r); /* and notes by which session */

/* gate.c: ERR_OK, or why this request is not let in. */
enum err gate_check(struct request *r);

/* route.c */
enum MHD_Result route_handle(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
    const char *version, const char *upload, size_t *upload_len, void **con_cls);
void route_done(void *cls, struct MHD_Connection *conn, void **con_cls, enum MHD_RequestTerminationCode code);
/* Query argument or NULL. */
const char *route_query(const struct request *r, const char *name);
const char *route_header(const struct request *r, const char *name);
/* Number in 0..max from the query; `absent` if not given. ERR_BAD_VALUE. */
enum err route_query_int(const struct request *r, const char *name, int64_t max, int64_t absent, int64_t *out);

/* reply.c: each queues the one answer of the request. */
enum MHD_Result reply_json(struct request *r, unsigned status, json_t *taken);
/* With one more header. */
enum MHD_Result reply_json_header(
    struct request *r, unsigned status, json_t *taken, const char *name, const char *value);
enum MHD_Result reply_text(struct request *r, const char *text);
enum MHD_Result reply_bytes(struct request *r, const char *type, const void *p, size_t len);
enum MHD_Result reply_problem(struct request *r, enum err e);
/* ERR_METHOD, and what would do: "GET, POST". */
enum MHD_Result reply_method(struct request *r, const char *allow);
/* The same with a detail of our own (English). */
enum MHD_Result reply_problem_detail(struct request *r, enum err e, const char *detail);
/* The headers that every answer carries. */
void reply_headers(struct MHD_Response *resp, const char *type);

/* view.c: documents. New references, NULL if out of memory. */
json_t *view_checkout(const struct counter *c, const struct checkout *k, enum err_lang lang);
json_t *view_text(enum err e);
json_t *view_sale(const struct counter_sale *s);
enum err_lang view_lang(const struct request *r);

/* wait.c: answers with the checkout at once, or when it has changed. */
enum MHD_Result wait_checkout(struct request *r, unsigned status, const struct checkout *k);
enum MHD_Result wait_over(struct request *r);
void wait_changed(struct counter *c, const struct checkout *k);
void wait_forget(struct request *r);
/* Suspends a request that is to be run again when counter_again is called, however often, for ten seconds in all. False: they are over. */
bool wait_again(struct request *r);
void wait_run_again(struct counter *c);

/* keyed.c: Idempotency-Key (ERR_IDEMPOTENCY_MISSING, ERR_BAD_VALUE); a document's hash, whatever the order of its members and its white
 * space. */
enum err keyed_key(const struct request *r, const char **out);
enum err keyed_fingerprint(const json_t *v, uint8_t out[static KEY_HASH]);
void wait_expire(struct counter *c, bool all);
int64_t wait_due_mono_ms(const struct counter *c);

/* events.c */
struct events *events_new(void);
void events_free(struct events **e);
enum MHD_Result events_listen(struct request *r);
void events_add(struct counter *c, const char *type, json_t *taken);
bool events_wanted(const struct counter *c);
void events_hang_up(struct counter *c); /* before the daemons stop */
void events_tick(struct counter *c);
void events_part(struct counter *c); /* with those whose session has ended */
int64_t events_due_mono_ms(const struct counter *c);

/* checkouts.c: member "cashier", min to BODY_CASHIER_MAX bytes without control characters (ERR_BAD_VALUE, ERR_BAD_TEXT); *out untouched
 * if it is absent. Borrowed. */
enum err checkouts_cashier(const json_t *body, size_t min, const char **out);

/* One function per method and path; named in route.c. */
typedef enum MHD_Result route_fn(struct request *r);
route_fn disputes_post, disputes_list_get, disputes_get_one;
route_fn voids_void, voids_return, voids_list, voids_day, voids_day_close, voids_print_again;
route_fn status_get, status_errors;
route_fn enrolment_get, enrolment_post, sandbox_get;
route_fn scans_post;
route_fn page_code, page_enter, page_leave, page_leave_all, page_token;
route_fn checkouts_post, checkouts_current, checkouts_get, checkouts_card, checkouts_amount, checkouts_confirm,
    checkouts_cancel;
route_fn sales_list, sales_get, sales_receipt, sales_picture, sales_print, sales_print_test;

static inline int64_t counter_now(const struct counter *c)
{
    return c->config.ops->mono_ms(c->config.ops->ctx);
}
#endif
