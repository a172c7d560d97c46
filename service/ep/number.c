/* SPDX-License-Identifier: Apache-2.0 */
#include "service/ep/number.h"
#include "service/ep/hmacs.h"
#include "service/http/service.h"
#include <openssl/crypto.h>
#include <string.h>

enum { TEXT_MAX = 40 };

enum err number_take(struct http_request *rq, const json_t *obj, uint8_t hmac[static 32])
{
    char digits[CARD_NUMBER_MAX + 1] = "";
    const char *text;
    if (jsonx_str(obj, "number", 1, TEXT_MAX, &text) != ERR_OK)
        return http_wrong(rq, ERR_BAD_NUMBER, "number");
    size_t len = strlen(text);
    enum err e = card_number_check(text, len); /* first, so that an identity number is told as one */
    if (e != ERR_ID_NUMBER)
        e = card_number_strip(text, len, digits);
    if (e == ERR_OK)
        e = card_number_check(digits, strlen(digits));
    if (e == ERR_OK)
        e = hmacs_number(rq->service->hmacs, digits, hmac);
    OPENSSL_cleanse(digits, sizeof digits);
    OPENSSL_cleanse((char *)json_string_value(json_object_get(obj, "number")), len);
    return e;
}
