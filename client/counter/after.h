/* SPDX-License-Identifier: Apache-2.0 */
/* What comes after a sale, as the counter asks for it: voids and returns, disputes, the day. A part of counter_ops. */
#ifndef HUIKA_COUNTER_AFTER_H
#define HUIKA_COUNTER_AFTER_H
#include "base/jsonx.h"
#include "proto/body.h"
#include "proto/ref.h"

/* POST /v1/disputes. Texts are borrowed. */
struct counter_complaint {
    const char *key;        /* Idempotency-Key */
    const uint8_t *request; /* KEY_HASH bytes: hash of the request's body */
    enum dispute_kind kind;
    enum dispute_reporter reporter;
    const char *sale_id;  /* NULL: about no sale */
    uint64_t refusal_seq; /* 0: about none */
    const char *text;     /* dispute_text_ok; "" if nothing is said */
    const char *cashier;  /* NULL: none named */
};

/* A dispute of this terminal as it stands; borrowed. */
struct counter_dispute {
    const struct body_dispute *body;
    const char *text;                   /* "" if erased */
    const char *ref;                    /* as ref_format writes it */
    enum body_outcome outcome;          /* NONE: not sent yet */
    const struct notice_answer *answer; /* NULL: none came */
    uint64_t n;                         /* in a list: its number, from 1; else 0 */
};
typedef enum err counter_dispute_fn(void *ctx, const struct counter_dispute *d);

/* POST /v1/sales/{id}/void, /return */
struct counter_void {
    const char *key;
    const uint8_t *request;
    const char *sale_id;
    enum body_void_kind kind;
    int64_t amount_fen; /* RETURN */
    const char *reason; /* dispute_text_ok, not empty */
    const char *cashier;
};
/* One that is on disk; borrowed. */
struct counter_voided {
    const struct body_void *body;
    uint64_t seq;
    enum body_outcome outcome;
    enum err code;
};
typedef enum err counter_void_fn(void *ctx, const struct counter_voided *v);

struct counter_after {
    /* Durable when it returns, or the one that this key began. ERR_IDEMPOTENCY_REUSE; ERR_SALE_UNKNOWN: no such sale in this
     * journal; ERR_NOT_FOUND: no such refusal; ERR_DISK_FULL, ERR_IO. `each` hears of it once. Prints its slip where there is a printer. */
    enum err (*complain)(void *ctx, const struct counter_complaint *o, counter_dispute_fn *each, void *each_ctx);
    /* The newest first, at most limit, those before number `before` (0: from the newest). */
    enum err (*disputes)(void *ctx, uint64_t before, size_t limit, counter_dispute_fn *each, void *each_ctx);
    /* ERR_NOT_FOUND. */
    enum err (*dispute)(void *ctx, const struct ref *ref, counter_dispute_fn *each, void *each_ctx);
    /* Its slip as text, appended. */
    enum err (*slip)(void *ctx, const struct counter_dispute *d, enum err_lang lang, size_t columns, struct buf *out);
    /* ERR_BUSY: the service is being asked; the counter is told by counter_after, and asks again with the same key. Else durable, or
     * the one that this key began: `each` hears of it. ERR_RETURN_OVER, ERR_RETURN_LATE, ERR_SALE_UNKNOWN, ERR_OFFLINE_ELSEWHERE,
     * ERR_IDEMPOTENCY_REUSE, ERR_TOO_MANY, ERR_DISK_FULL, ERR_IO. */
    enum err (*take_back)(void *ctx, const struct counter_void *o, counter_void_fn *each, void *each_ctx);
    /* Voids and returns of a sale, oldest first. */
    enum err (*voids)(void *ctx, const char *sale_id, counter_void_fn *each, void *each_ctx);
    /* Its receipt as text, appended. */
    enum err (*void_receipt)(
        void *ctx, const struct counter_voided *v, enum err_lang lang, size_t columns, struct buf *out);
    /* The receipt of a void or the slip of a dispute once more, marked as a copy: appended as text, and sent to the printer where there is
     * one (*queued). ERR_NOT_FOUND: no such void_id or dispute_id in this journal; errors of printer_submit. */
    enum err (*again)(void *ctx, const char *id, enum err_lang lang, struct buf *text, bool *queued);
    /* The sums of a Shanghai day; print: also on paper. New reference, NULL if out of memory; *e tells why there is none. */
    json_t *(*day)(void *ctx, int32_t day, bool print, enum err *e);
    void *ctx;
};
#endif
