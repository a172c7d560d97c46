/* SPDX-License-Identifier: Apache-2.0 */
/* The QR text of a card: made once and kept, for signatures are random and a card may be printed again. */
#ifndef HUIKA_SERVICE_CARDTEXT_H
#define HUIKA_SERVICE_CARDTEXT_H
#include "service/sign/keys.h"
#include "service/store/store_member.h"

/* As it was given out before, as long as terminals take that host; else made and kept. In a write transaction. ERR_NOMEM, ERR_IO. */
enum err cardtext(struct store_tx *tx, const struct service_keys *k, const struct store_member *card,
    char out[static CARD_QR_TEXT_MAX + 1]);
#endif
