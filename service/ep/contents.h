/* SPDX-License-Identifier: Apache-2.0 */
/* What one record of a journal says, read from its body and its blob for the store to settle. */
#ifndef HUIKA_SERVICE_CONTENTS_H
#define HUIKA_SERVICE_CONTENTS_H
#include "service/http/http.h"
#include "service/store/store_record.h"

/* Which member is used depends on the record's kind. */
union contents {
    struct store_sale sale;
    struct store_void taken_back;
    struct body_refusal refusal;
    struct body_notice_applied applied;
    struct {
        struct store_dispute d;
        char *text; /* heap; contents_release frees it */
    } dispute;
};

/* Sets the pointer in *to that fits the kind. ERR_OK; an error of class system: it could not be found out; any other: why the
 * record cannot be read and is to be held. */
enum err contents_read(struct http_request *rq, struct store_tx *tx, const struct body_record *r, union contents *c,
    struct store_record *to);
/* After the record was stored; to as contents_read left it. */
void contents_release(union contents *c, const struct store_record *to);
#endif
