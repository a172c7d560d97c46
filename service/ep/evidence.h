/* SPDX-License-Identifier: Apache-2.0 */
/* Evidence in the making: what evidence.c gathers about a shop, and the chains that evidence_chain.c puts its records into. Private to
 * service/ep. */
#ifndef HUIKA_SERVICE_EVIDENCE_H
#define HUIKA_SERVICE_EVIDENCE_H
#include "base/jsonx.h"
#include "service/http/service.h"
#include "service/store/store_evidence.h"

struct evidence {
    struct http_request *rq;
    struct store_tx *tx;
    struct store_shop shop;
    const char *blobs; /* references whose texts are disclosed; NULL: none */
    uint8_t key[32];   /* of this document's pseudonyms; wiped with it */
    json_t *notices, *disputes, *records, *terminals, *countersigners;
    /* where the records have got to */
    int64_t terminal;
    uint32_t epoch;
    uint64_t seq;
    bool loose; /* the last record leads to no signature yet */
};

/* Every record, each run of them continued to the next head that its terminal signed; the terminals' certificates and the keys that
 * countersign. Fills records, terminals and countersigners. */
enum err evidence_chain(struct evidence *w, const uint8_t shop[static STORE_ID]);
#endif
