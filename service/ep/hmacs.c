/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/hmacs.h"
#include <openssl/crypto.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { KEPT = 64 };

struct hmacs {
    pthread_mutex_t lock;
    uint8_t key[32];
    size_t cnt;
    struct card_hmac *spare[KEPT];
};

struct hmacs *hmacs_new(const uint8_t key[static 32])
{
    struct hmacs *h = calloc(1, sizeof *h);
    if (!h)
        return NULL;
    pthread_mutex_init(&h->lock, NULL);
    memcpy(h->key, key, sizeof h->key);
    return h;
}

void hmacs_free(struct hmacs **ph)
{
    struct hmacs *h = ph ? *ph : NULL;
    if (!h)
        return;
    while (h->cnt)
        card_hmac_free(&h->spare[--h->cnt]);
    pthread_mutex_destroy(&h->lock);
    OPENSSL_cleanse(h, sizeof *h);
    free(h);
    *ph = NULL;
}

enum err hmacs_number(struct hmacs *h, const char *digits, uint8_t out[static 32])
{
    struct card_hmac *one = NULL;
    pthread_mutex_lock(&h->lock);
    if (h->cnt)
        one = h->spare[--h->cnt];
    pthread_mutex_unlock(&h->lock);
    if (!one)
        one = card_hmac_new(h->key);
    if (!one)
        return ERR_NOMEM;
    enum err e = card_hmac(one, digits, strlen(digits), out);
    pthread_mutex_lock(&h->lock);
    if (h->cnt < KEPT) {
        h->spare[h->cnt++] = one;
        one = NULL;
    }
    pthread_mutex_unlock(&h->lock);
    card_hmac_free(&one);
    return e;
}
