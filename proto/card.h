/* SPDX-License-Identifier: Apache-2.0 */
/* The member card: its number (front, track 2) and the QR on its back. Pure; no I/O, no clock.
 *
 *     card_decode(text, len, &qr)      what the QR says, nothing believed yet
 *     card_check(&qr, host, trust)     ERR_OK only if the union's key signed it and the host is the union's
 *     or, where a question can go out meanwhile: card_check_claims, ask, card_check_signature
 *
 * Says nothing about who holds the card, nor whether the member is in good standing: that is the service's verdict. */
#ifndef HUIKA_CARD_H
#define HUIKA_CARD_H
#include "base/key.h"

enum {
    CARD_NUMBER_MIN = 16,
    CARD_NUMBER_MAX = 19,
    CARD_TOKEN = 10,     /* bytes: 80 random bits */
    CARD_TOKEN_LEN = 16, /* as base32 */
    CARD_HOST_MAX = 39,  /* keeps the QR at version 7-M */
    CARD_QR_SIZE = 80,   /* bytes before base32 */
    CARD_SIGNED = 16,    /* of which these are signed */
    CARD_QR_TEXT_MAX = 8 + 39 + 3 + 128,
    CARD_MASKED_MAX = 64 * 4 /* bytes of a masked name */
};

struct card_qr {
    uint8_t key_number; /* names the card key in the trust notice */
    uint8_t token[CARD_TOKEN];
    uint16_t last4;      /* last four digits of the card number, 0-9999 */
    uint16_t expiry_day; /* inclusive, days of Asia/Shanghai since 2020-01-01 */
    uint8_t sig[KEY_SIG];
    char host[CARD_HOST_MAX + 1]; /* lower case */
};

/* A card key as the trust notice gives it; both pointers are borrowed. */
struct card_key {
    uint8_t number;
    EVP_PKEY *key;
    struct key_verifier *verifier; /* of this key, quicker for checking many cards in one thread; NULL: none */
};

/* Digits only, 16-19 of them: ERR_OK, else ERR_BAD_NUMBER; 15 digits and X or 17 digits and X or a mainland identity
 * number (18 digits with a region and a date of GB 11643; in region 62, which is UnionPay's prefix too, the check character must fit
 * as well): ERR_ID_NUMBER. Spaces and hyphens are the caller's to strip (card_number_strip). */
enum err card_number_check(const char *s, size_t len);
/* ISO/IEC 7812-1 annex B. False never rejects by itself: some UnionPay cards do not satisfy it. */
bool card_number_luhn(const char *digits, size_t len);
/* Copies the digits, leaving out spaces and hyphens; ERR_BAD_NUMBER if anything else stands there or it is too long. */
enum err card_number_strip(const char *s, size_t len, char out[static CARD_NUMBER_MAX + 1]);
/* Track 2 (ISO/IEC 7813, GB/T 15120.2): `;` PAN `=` YYMM service-code discretionary `?` [LRC ignored here]. Only the
 * PAN is copied; the caller wipes the track. ERR_SWIPE_AGAIN if it is not one. */
enum err card_track2(const char *track, size_t len, char out[static CARD_NUMBER_MAX + 1]);
/* Last four digits as a number; `digits` has at least four. */
uint16_t card_last4(const char *digits, size_t len);

/* The name with its first character replaced by '*' (建涛's 张建涛 -> *建涛; one character alone -> *). `name` valid
 * UTF-8, trimmed. out is a string of at most CARD_MASKED_MAX bytes; longer names are cut at a character. */
void card_mask_name(const char *name, char out[static CARD_MASKED_MAX + 1]);

/* Bytes that are signed: tag "huika-card-v1\0" then the first 16 bytes. */
/* Signs with the card key and writes HTTPS://HOST/C/ + base32. host: at most 39 of [a-z0-9.-], given in any case,
 * written in upper case. Fills qr->sig and qr->host. ERR_BAD_VALUE (host), ERR_INTERNAL (signing). */
enum err card_encode(struct card_qr *qr, const char *host, EVP_PKEY *key, char out[static CARD_QR_TEXT_MAX + 1]);
/* Takes the text apart. ERR_CARD_MALFORMED: not whole. ERR_CARD_UNKNOWN_SCAN: not of this form at all. */
enum err card_decode(const char *text, size_t len, struct card_qr *out);
/* hosts: NULL-terminated, lower case. Order: host (ERR_CARD_FOREIGN_HOST), key number and signature (ERR_CARD_FORGED),
 * expiry against `day` (Shanghai days since 1970; ERR_CARD_EXPIRED). */
enum err card_check(
    const struct card_qr *qr, const char *const *hosts, const struct card_key *keys, size_t key_cnt, int32_t day);
/* The part of card_check that costs nothing and proves nothing: everything but the signature, same errors and order. */
enum err card_check_claims(
    const struct card_qr *qr, const char *const *hosts, const struct card_key *keys, size_t key_cnt, int32_t day);
/* The other part, 60 to 100 microseconds: ERR_OK or ERR_CARD_FORGED. */
enum err card_check_signature(const struct card_qr *qr, const struct card_key *keys, size_t key_cnt);
/* expiry_day <-> Shanghai days since 1970-01-01. */
int32_t card_expiry_to_day(uint16_t expiry_day);
enum err card_expiry_from_day(int32_t day, uint16_t *out);

/* HMAC-SHA-256(number) under a key that lives outside the database. `hmac` computations reuse one keyed context. */
struct card_hmac; /* not thread-safe: one per thread */
struct card_hmac *card_hmac_new(const uint8_t key[static 32]);
void card_hmac_free(struct card_hmac **h); /* wipes */
enum err card_hmac(struct card_hmac *h, const char *digits, size_t len, uint8_t out[static 32]);
#endif
