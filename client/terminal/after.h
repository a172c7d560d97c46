/* SPDX-License-Identifier: Apache-2.0 */
/* What comes after a sale at the till: voids and returns (voids.c), disputes (disputes.c), the day (days.c).
 *
 *     after_new(&till, &a)       when journal, link and sync are open
 *     till.ops.after = after_ops(a)
 *     after_free(&a)             after link_free
 *
 * A void is asked of the service first, where it can be reached: other terminals of the shop may have taken back of the same sale.
 * Offline only the terminal that sold takes back. */
#ifndef HUIKA_AFTER_H
#define HUIKA_AFTER_H
#include "client/core/void.h"
#include "client/counter/after.h"
#include "client/terminal/till.h"

enum { AFTER_JOBS = 8, AFTER_ASK_MS = 2500, AFTER_KEEP_MS = 120000 };

/* A void whose question is with the service, or whose refusal nobody has fetched yet. */
struct after_job {
    struct after *after;
    bool used, asking;
    char key[JOURNAL_KEY_MAX + 1], sale_id[ULID_LEN + 1], void_id[ULID_LEN + 1];
    uint8_t request[KEY_HASH];
    enum body_void_kind kind;
    int64_t amount_fen;
    char reason[DISPUTE_TEXT_MAX + 1], cashier[BODY_CASHIER_MAX + 1];
    bool own; /* this terminal sold */
    struct void_sale sale;
    enum err result; /* when it is no longer asking */
    int64_t since_mono_ms;
};

struct after {
    struct till *till;
    struct counter_after ops;
    struct after_job job[AFTER_JOBS];
    uint64_t dispute_cnt; /* of this terminal, all epochs */
};

enum err after_new(struct till *t, struct after **out);
void after_free(struct after **a);
const struct counter_after *after_ops(struct after *a);

/* A page for the printer, if there is one; its trouble is logged and shown in the status, and is nobody's error. id: its job's. */
void after_print(struct after *a, const struct doc *d, const char *id);
/* Both pages as a copy: `shown` as text, appended; `paper` to the printer. *queued false: there is none. Errors of paper_doc. */
struct after_copy {
    enum err_lang lang;
    struct buf *text;
    bool *queued;
    const char *id;
};
enum err after_copy(struct after *a, const struct doc *shown, const struct doc *paper, const struct after_copy *c);
/* URL for the QR of a record; false: none can be made. */
bool after_url(struct after *a, const char *id, const struct journal_record *r, char out[static SLIP_URL_MAX + 1]);
const char *after_shop_name(const struct after *a);
/* Appends a record with its blob; sets *seq. Ids as in struct journal_entry. */
struct after_record {
    enum record_kind kind;
    int64_t at_utc_ms;
    const struct buf *body, *blob;
    const uint8_t *salt;
    const char *nth, *id, *key;
    const uint8_t *request;
};
enum err after_append(struct after *a, const struct after_record *r);

/* voids.c. What this journal knows was taken back of a sale. */
struct voids_known {
    int64_t returned_fen; /* in all, other terminals' returns that the service told of included */
    int64_t here_fen;     /* by this terminal */
    uint64_t cnt;
    bool unsent; /* some of it the service has neither granted nor heard of */
};
enum err voids_returned(struct after *a, const char *sale_id, struct voids_known *out);
enum err voids_take_back(void *ctx, const struct counter_void *o, counter_void_fn *each, void *each_ctx);
enum err voids_each(void *ctx, const char *sale_id, counter_void_fn *each, void *each_ctx);
enum err voids_receipt(void *ctx, const struct counter_voided *v, enum err_lang lang, size_t columns, struct buf *out);
/* ERR_NOT_FOUND: no void has this id. Errors of after_copy. */
enum err voids_again(struct after *a, const struct after_copy *c);
/* disputes.c */
enum err disputes_again(struct after *a, const struct after_copy *c);
enum err disputes_count(struct after *a);
enum err disputes_complain(void *ctx, const struct counter_complaint *o, counter_dispute_fn *each, void *each_ctx);
enum err disputes_list(void *ctx, uint64_t before, size_t limit, counter_dispute_fn *each, void *each_ctx);
enum err disputes_get(void *ctx, const struct ref *ref, counter_dispute_fn *each, void *each_ctx);
/* An answer came: one that says so has its complaint forgotten. */
enum err disputes_told(struct after *a, const struct notice *n);
/* Forgets what was written in disputes logged and closed before. */
enum err disputes_erase_past(struct after *a, int64_t before_utc_ms);
enum err disputes_slip(void *ctx, const struct counter_dispute *d, enum err_lang lang, size_t columns, struct buf *out);
/* days.c */
json_t *days_sums(void *ctx, int32_t day, bool print, enum err *e);
#endif
