/* SPDX-License-Identifier: Apache-2.0 */
/* Hands a request's answer to libmicrohttpd, with the headers that every answer carries. */
#ifndef HUIKA_SERVICE_REPLY_H
#define HUIKA_SERVICE_REPLY_H
#include "service/http/conn.h"

/* Sends rq->answer, or the problem if result is not ERR_OK. MHD_NO: the connection is to be closed. The body is borrowed
 * until conn_end. */
enum MHD_Result reply_send(struct conn *c, enum err result);
#endif
