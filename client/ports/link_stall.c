/* SPDX-License-Identifier: Apache-2.0 */
/* An answer that has begun must go on. A long poll may be silent for as long as it likes before its answer begins, so no timeout of curl's
 * can tell it from a peer that went away in the middle of a TLS record. OpenSSL can: the record is half there. */
#include "client/ports/link_slot.h"
#include <openssl/ssl.h>
#include <string.h>

/* NULL before there is one. */
static SSL *session(const struct link_slot *s)
{
    struct curl_tlssessioninfo *info = NULL;
    bool known = !curl_easy_getinfo(s->easy, CURLINFO_TLS_SSL_PTR, &info) && info;
    return known && info->backend == CURLSSLBACKEND_OPENSSL ? info->internals : NULL;
}

/* A part of a record (RFC 8446 section 5.1) is there, be it its head alone, or the HTTP head of the answer. */
static bool has_begun(const struct link_slot *s, SSL *ssl)
{
    long head = 0;
    curl_easy_getinfo(s->easy, CURLINFO_HEADER_SIZE, &head);
    return head > 0 || (ssl && (SSL_has_pending(ssl) || !strcmp(SSL_rstate_string(ssl), "RB")));
}

void link_stall_look(struct link *l, int64_t now_mono_ms)
{
    for (size_t i = 0; i < LINK_SLOTS; i++) {
        struct link_slot *s = &l->slot[i];
        SSL *ssl = s->id ? session(s) : NULL;
        BIO *in = ssl ? SSL_get_rbio(ssl) : NULL;
        uint64_t heard = in ? BIO_number_read(in) : 0;
        if (!s->id || !has_begun(s, ssl))
            s->quiet_mono_ms = 0;
        else if (!s->quiet_mono_ms || s->heard != heard)
            s->quiet_mono_ms = now_mono_ms;
        s->heard = heard;
    }
}

int link_stall_ms(const struct link *l, int64_t now_mono_ms)
{
    int64_t least = -1;
    for (size_t i = 0; i < LINK_SLOTS; i++) {
        const struct link_slot *s = &l->slot[i];
        int64_t left = s->quiet_mono_ms + LINK_STALL_MS - now_mono_ms;
        if (s->id && s->quiet_mono_ms && (least < 0 || left < least))
            least = left < 0 ? 0 : left;
    }
    return (int)least;
}

bool link_stall_is(const struct link_slot *s, int64_t now_mono_ms)
{
    return s->id && s->quiet_mono_ms && now_mono_ms - s->quiet_mono_ms >= LINK_STALL_MS;
}
