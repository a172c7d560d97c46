/* SPDX-License-Identifier: Apache-2.0 */
/* HMAC of card numbers from many threads: keyed contexts (proto/card.h) are kept and handed round. */
#ifndef HUIKA_SERVICE_HMACS_H
#define HUIKA_SERVICE_HMACS_H
#include "proto/card.h"

struct hmacs;
struct hmacs *hmacs_new(const uint8_t key[static 32]); /* NULL: out of memory */
void hmacs_free(struct hmacs **h);
/* digits: 16-19 of them. ERR_NOMEM, ERR_INTERNAL. Any thread. */
enum err hmacs_number(struct hmacs *h, const char *digits, uint8_t out[static 32]);
#endif
