/* SPDX-License-Identifier: Apache-2.0 */
/* What shop notices say, and what the notice_*.c share. */
#include "base/text.h"
#include "base/ulid.h"
#include "proto/notice_parts.h"
#include <stdlib.h>
#include <string.h>

static const char *const standings[] = {"unknown", "listed", "suspended", "delisted"};
enum { STANDING_CNT = sizeof standings / sizeof *standings };

const char *standing_name(enum standing s)
{
    return (int)s > 0 && (int)s < STANDING_CNT ? standings[s] : standings[0];
}

enum standing standing_from_name(const char *name)
{
    for (int i = 1; name && i < STANDING_CNT; i++)
        if (!strcmp(standings[i], name))
            return (enum standing)i;
    return STANDING_UNKNOWN;
}

enum err notice_bad(enum err e)
{
    return !e || e == ERR_NOMEM ? e : ERR_BAD_NOTICE;
}

enum err notice_text(const json_t *body, const char *key, size_t min, size_t size, char *out)
{
    enum err e = jsonx_copy(body, key, min, out, size);
    if (!e)
        text_clean(out);
    return e;
}

static enum err shop_texts(const json_t *body, struct notice_shop *s)
{
    const char *standing;
    uint8_t id[ULID_SIZE];
    enum err e = notice_text(body, "shop_id", ULID_LEN, sizeof s->shop_id, s->shop_id);
    if (!e)
        e = ulid_decode(s->shop_id, strlen(s->shop_id), id);
    if (!e)
        e = notice_text(body, "name", 1, sizeof s->name, s->name);
    if (!e)
        e = notice_text(body, "org_name", 1, sizeof s->org_name, s->org_name);
    if (!e)
        e = notice_text(body, "reason", 0, sizeof s->reason, s->reason);
    if (!e)
        e = notice_text(body, "category", 1, sizeof s->category, s->category);
    if (!e)
        e = jsonx_str(body, "standing", 1, 32, &standing);
    if (e)
        return e;
    s->standing = standing_from_name(standing);
    return s->standing ? ERR_OK : ERR_BAD_NOTICE;
}

static enum err shop_offers(const json_t *body, struct notice_shop *s)
{
    json_t *list, *v;
    size_t i, cnt;
    enum err e = jsonx_arr(body, "offers", OFFER_PER_SHOP, &list);
    if (e || !(cnt = json_array_size(list)))
        return e;
    if (!(s->offers = calloc(cnt, sizeof *s->offers)))
        return ERR_NOMEM;
    s->offer_cnt = cnt;
    json_array_foreach (list, i, v) {
        uint8_t id[ULID_SIZE];
        char why[64];
        if ((e = offer_parse(v, &s->offers[i], why)) || (e = ulid_decode(s->offers[i].id, strlen(s->offers[i].id), id)))
            return e;
    }
    return ERR_OK;
}

enum err notice_shop_parse(const struct notice *n, struct notice_shop *out)
{
    struct notice_shop s = {.version = n->version};
    if (n->kind != NOTICE_SHOP)
        return ERR_BAD_NOTICE;
    enum err e = shop_texts(n->body, &s);
    if (!e)
        e = jsonx_int(n->body, "since_ms", 0, NOTICE_TIME_MAX, &s.since_utc_ms);
    if (!e)
        e = jsonx_int(n->body, "issued_ms", 0, NOTICE_TIME_MAX, &s.issued_utc_ms);
    if (!e)
        e = shop_offers(n->body, &s);
    if (e)
        notice_shop_release(&s);
    else
        *out = s;
    return notice_bad(e);
}

void notice_shop_release(struct notice_shop *s)
{
    free(s->offers);
    *s = (struct notice_shop){0};
}
