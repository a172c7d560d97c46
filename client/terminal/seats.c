/* SPDX-License-Identifier: Apache-2.0 */
#include "client/terminal/till.h"
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

struct seat *till_find(struct till *t, const char *checkout_id)
{
    for (size_t i = 0; i < TILL_SEATS; i++)
        if (t->seats[i] && !strcmp(t->seats[i]->c.id, checkout_id))
            return t->seats[i];
    return NULL;
}

struct seat *till_find_key(struct till *t, const char *key)
{
    for (size_t i = 0; i < TILL_SEATS; i++)
        if (t->seats[i] && t->seats[i]->key[0] && !strcmp(t->seats[i]->key, key))
            return t->seats[i];
    return NULL;
}

bool till_may_confirm(const struct till *t)
{
    for (size_t i = 0; i < TILL_SEATS; i++)
        if (t->seats[i] && t->seats[i]->c.state == CHECKOUT_QUOTED)
            return true;
    return false;
}

/* Ended ones give way first, then those that nobody has shown a card to; a card in hand is never dropped. */
static int may_go(const struct seat *s)
{
    switch (s->c.state) {
    case CHECKOUT_VERIFYING:
    case CHECKOUT_AMOUNT:
    case CHECKOUT_QUOTED:
        return 0;
    case CHECKOUT_WAITING:
        return 1;
    default:
        return 2;
    }
}

static size_t pick(const struct till *t)
{
    size_t best = TILL_SEATS;
    for (size_t i = 0; i < TILL_SEATS; i++) {
        const struct seat *s = t->seats[i], *b = best < TILL_SEATS ? t->seats[best] : NULL;
        if (!s)
            return i;
        int rank = may_go(s);
        bool older = !b || rank > may_go(b) || (rank == may_go(b) && s->touched_mono_ms < b->touched_mono_ms);
        if (rank && older)
            best = i;
    }
    return best;
}

struct seat *till_sit(struct till *t)
{
    size_t i = pick(t);
    if (i == TILL_SEATS)
        return NULL;
    if (t->seats[i])
        till_leave(t, t->seats[i]);
    t->seats[i] = calloc(1, sizeof *t->seats[i]);
    if (t->seats[i])
        t->seats[i]->touched_mono_ms = till_mono(t);
    return t->seats[i];
}

void till_leave(struct till *t, struct seat *s)
{
    for (size_t i = 0; i < TILL_SEATS; i++)
        if (t->seats[i] == s)
            t->seats[i] = NULL;
    if (!strcmp(t->current, s->c.id))
        t->current[0] = 0;
    checkout_release(&s->c);
    OPENSSL_cleanse(s, sizeof *s);
    free(s);
}

static void replace_current(struct till *t)
{
    struct seat *s = t->current[0] ? till_find(t, t->current) : NULL;
    struct checkout_env env = till_env(t);
    unsigned acts = 0;
    uint32_t rev = s ? s->c.rev : 0;
    if (s)
        checkout_replaced(&s->c, &env, &acts);
    if (s && s->c.rev != rev)
        till_act(t, s, acts);
}

enum err till_begin(struct till *t, struct seat **out)
{
    char id[ULID_LEN + 1], sale[ULID_LEN + 1];
    struct checkout_env env = till_env(t);
    enum err e = ulid_new_text(env.now_utc_ms, id);
    if (!e)
        e = ulid_new_text(env.now_utc_ms, sale);
    if (e)
        return e;
    struct seat *s = till_sit(t);
    if (!s)
        return ERR_TOO_MANY;
    unsigned acts;
    checkout_init(&s->c, id, sale, &env, &acts);
    replace_current(t);
    memcpy(t->current, id, sizeof t->current);
    till_act(t, s, acts);
    *out = s;
    return ERR_OK;
}
