/* SPDX-License-Identifier: Apache-2.0 */
#include "service/sign/resign.h"
#include "service/sign/notices.h"
#include <string.h>

#define MARK "shop_key"
enum { BATCH = 100 };

struct batch {
    const struct service_keys *k;
    int64_t at_utc_ms;
    struct store_shop_raise raise;
};

static enum err publish(struct store_tx *tx, void *ctx, const uint8_t shop[static STORE_ID])
{
    const struct batch *b = ctx;
    return notices_publish(tx, b->k, shop, b->at_utc_ms);
}

static enum err run_batch(struct store_tx *tx, void *ctx)
{
    struct batch *b = ctx;
    return store_shop_raise(tx, &b->raise, publish, b);
}

static enum err raise_all(struct store *s, struct batch *b, int64_t *done)
{
    uint8_t after[STORE_ID];
    enum err e = ERR_OK;
    *done = 0;
    b->raise.limit = BATCH;
    do {
        e = store_write(s, run_batch, b);
        if (e)
            break;
        *done += b->raise.cnt;
        memcpy(after, b->raise.last, STORE_ID);
        b->raise.after = after;
    } while (b->raise.cnt == BATCH);
    b->raise.after = NULL;
    return e;
}

static enum err set_mark(struct store_tx *tx, void *ctx)
{
    return store_mark_set(tx, MARK, ctx);
}

/* ERR_NOT_FOUND: nothing was noted yet. */
static enum err get_mark(struct store *s, char out[static STORE_MARK_MAX])
{
    struct store_tx *tx = NULL;
    enum err e = store_read_begin(s, &tx);
    if (!e)
        e = store_mark_get(tx, MARK, out);
    store_read_end(&tx);
    return e;
}

enum err resign_shops(struct store *s, const struct service_keys *k, int64_t at_utc_ms, int64_t *done)
{
    struct batch b = {.k = k, .at_utc_ms = at_utc_ms, .raise = {.by = 1}};
    const struct keys_signer *now = keys_signer(k, 1u << NOTICE_SHOP, at_utc_ms);
    char was[STORE_MARK_MAX] = "", id[KEY_ID_LEN + 1];
    *done = 0;
    if (!now)
        return ERR_UNKNOWN_KEY;
    enum err e = get_mark(s, was);
    if (e && e != ERR_NOT_FOUND)
        return e;
    if (!strcmp(was, now->id))
        return ERR_OK;
    /* The first key there ever was has signed all there is. */
    bool first = e == ERR_NOT_FOUND && !now->not_before_utc_ms;
    e = first ? ERR_OK : raise_all(s, &b, done);
    memcpy(id, now->id, sizeof id);
    return e ? e : store_write(s, set_mark, id);
}

enum err resign_recover(struct store *s, const struct service_keys *k, int64_t at_utc_ms, int64_t by, int64_t *done)
{
    struct batch b = {.k = k, .at_utc_ms = at_utc_ms, .raise = {.by = by, .recover = true}};
    return raise_all(s, &b, done);
}
