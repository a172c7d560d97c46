/* SPDX-License-Identifier: Apache-2.0 */
/* Listening to GET /v1/events (Server-Sent Events: WHATWG HTML, section 9.2). */
#ifndef HUIKA_STREAM_H
#define HUIKA_STREAM_H
#include "client/cli/api.h"

struct stream_event {
    const char *type, *id;
    const char *text; /* the data as they came */
    const json_t *data;
};

/* Calls each() for every event, until Ctrl-C or the terminal stops. Returns the exit code, having said why. Events whose data are
 * not JSON are left out. */
int stream_run(struct cli *c, void (*each)(struct cli *c, void *ctx, const struct stream_event *e), void *ctx);
#endif
