/* SPDX-License-Identifier: Apache-2.0 */
/* DIR/service.ini, read once at start:
 *     [service]   hosts = localhost            names and addresses that terminals dial; the first stands in invitations
 *                 listen = 0.0.0.0             address to bind: IPv4 or IPv6
 *                 port = 8443
 *     [public]    host = localhost  port = 8444  certificate =  key =      the public listener's
 *                 listen =                     address to bind; empty: every address
 *     [limits]    number_miss_limit = 10       unknown numbers an hour and terminal
 *                 connections = 4096           at the same time
 *                 threads = 0                  0: as many as there are processors, at least 2 */
#ifndef HUIKA_SETTINGS_H
#define HUIKA_SETTINGS_H
#include "base/buf.h"
#include "proto/invite.h"

enum { SETTINGS_PATH_MAX = 1024 };

struct settings {
    char host[INVITE_HOST_MAX + 1]; /* the first of hosts */
    char listen[64];
    uint16_t port;
    char public_host[INVITE_HOST_MAX + 1];
    uint16_t public_port;
    char public_listen[64];
    char public_cert[SETTINGS_PATH_MAX], public_key[SETTINGS_PATH_MAX]; /* "": none given */
    int number_miss_limit, connections, threads;
};

/* ERR_NOT_FOUND, ERR_IO, ERR_BAD_VALUE with the key (or the line) in why. */
enum err settings_load(const char *dir, struct settings *out, char why[static 64]);
#endif
