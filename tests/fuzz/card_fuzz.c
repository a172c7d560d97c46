/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that may hold a card: QR, track 2, keyed number; whatever is taken keeps the promises of proto/card.h and scan.h. */
#include "base/text.h"
#include "proto/scan.h"
#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void is_number(const char *s)
{
    size_t n = strlen(s);
    assert(n <= CARD_NUMBER_MAX && strspn(s, "0123456789") == n);
}

static void qr(const char *text, size_t len)
{
    static const char *const legacy[] = {"https://old.example.org/", NULL};
    struct card_qr card;
    struct scan s = scan_classify(text, len, legacy);
    assert(!scan_refusal(s.kind) == (s.kind == SCAN_CARD));
    if (card_decode(text, len, &card))
        return;
    assert(s.kind == SCAN_CARD && !memcmp(s.card.sig, card.sig, KEY_SIG));
    assert(card.last4 <= 9999 && *card.host && strlen(card.host) <= CARD_HOST_MAX);
    assert(len == 8 + strlen(card.host) + 3 + TEXT_BASE32_LEN(CARD_QR_SIZE));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char number[CARD_NUMBER_MAX + 1], masked[CARD_MASKED_MAX + 1], *text = malloc(size + 1);
    if (!text)
        return 0;
    if (size)
        memcpy(text, data, size);
    text[size] = 0;
    qr(text, size);
    if (!card_track2(text, size, number)) {
        is_number(number);
        assert(
            !card_number_check(number, strlen(number)) || card_number_check(number, strlen(number)) == ERR_ID_NUMBER);
    }
    if (!card_number_strip(text, size, number))
        is_number(number);
    if (!card_number_check(text, size))
        card_number_luhn(text, size);
    if (text_is_utf8(text, size)) {
        card_mask_name(text, masked);
        assert(text_is_utf8(masked, strlen(masked)) && (*masked == '*' || !size));
    }
    free(text);
    return 0;
}
