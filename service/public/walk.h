/* SPDX-License-Identifier: Apache-2.0 */
/* The walk of a public request: path and language, body, page, headers. libmicrohttpd's callbacks; cls is the struct public.
 * Private to service/public. */
#ifndef HUIKA_PUBLIC_WALK_H
#define HUIKA_PUBLIC_WALK_H
#include <microhttpd.h>

enum MHD_Result walk_request(void *cls, struct MHD_Connection *mhd, const char *url, const char *method,
    const char *version, const char *data, size_t *size, void **con_cls);
void walk_done(void *cls, struct MHD_Connection *mhd, void **con_cls, enum MHD_RequestTerminationCode why);
void walk_connection(
    void *cls, struct MHD_Connection *mhd, void **socket_context, enum MHD_ConnectionNotificationCode what);
#endif
