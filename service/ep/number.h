/* SPDX-License-Identifier: Apache-2.0 */
/* A card number in an administrator's request. */
#ifndef HUIKA_SERVICE_NUMBER_H
#define HUIKA_SERVICE_NUMBER_H
#include "service/ep/ep.h"

/* Member "number" (16-19 digits; spaces and hyphens between them are dropped) to its HMAC. The number is wiped from the
 * JSON value. ERR_BAD_NUMBER, ERR_ID_NUMBER, ERR_NOMEM. */
enum err number_take(struct http_request *rq, const json_t *obj, uint8_t hmac[static 32]);
#endif
