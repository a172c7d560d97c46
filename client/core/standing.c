/* SPDX-License-Identifier: Apache-2.0 */
#include "client/core/standing.h"

enum err standing_refusal(const struct notice_shop *shop)
{
    switch (shop ? shop->standing : STANDING_UNKNOWN) {
    case STANDING_LISTED:
        return ERR_OK;
    case STANDING_SUSPENDED:
        return ERR_SHOP_SUSPENDED;
    case STANDING_DELISTED:
        return ERR_SHOP_DELISTED;
    case STANDING_UNKNOWN:
        break;
    }
    return ERR_SHOP_UNKNOWN;
}
