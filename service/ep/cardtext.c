/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/cardtext.h"
#include <string.h>

enum err cardtext(struct store_tx *tx, const struct service_keys *k, const struct store_member *card,
    char out[static CARD_QR_TEXT_MAX + 1])
{
    struct card_qr qr;
    enum err e = store_member_text(tx, card->token, out);
    if (e == ERR_OK)
        e = card_decode(out, strlen(out), &qr);
    for (char *const *host = k->trust_notice.card_hosts; e == ERR_OK && *host; host++)
        if (strcmp(qr.host, *host) == 0)
            return ERR_OK;
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    e = keys_card_text(k, card->token, card->last4, card->expiry_day, out);
    return e == ERR_OK ? store_member_text_keep(tx, card->token, out) : e;
}
