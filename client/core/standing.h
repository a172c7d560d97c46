/* SPDX-License-Identifier: Apache-2.0 */
/* May this shop sell at the member's price now? Judged from the shop notice in force, without the network. Pure. */
#ifndef HUIKA_STANDING_H
#define HUIKA_STANDING_H
#include "proto/notice.h"

/* ERR_OK only for a listed shop. Otherwise the reason of the refusal: ERR_SHOP_SUSPENDED, ERR_SHOP_DELISTED, or
 * ERR_SHOP_UNKNOWN while no shop notice was ever received (shop NULL) or it says something that we do not know. */
enum err standing_refusal(const struct notice_shop *shop);
#endif
