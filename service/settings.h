/* SPDX-License-Identifier: Apache-2.0 */
/* DIR/service.ini, read once at start:
 *     [service]   hosts = localhost            names and addresses that terminals dial; the first stands in invitations
 *                 listen = 0.0.0.0             address to bind: IPv4 or IPv6
 *                 port = 8443
 *     [public]    host = localhost  port = 8444  certificate =  key =      the public listener's
 *                 listen =                     address to bind; empty: every address
 *     [limits]    number_miss_limit = 10       unknown numbers an hour and terminal
 *                 connections = 4096           at the same time
 *                 threads = 0                  0: as many as there are processors, at least 2
 *     [policy]    struct policy below */
#ifndef HUIKA_SETTINGS_H
#define HUIKA_SETTINGS_H
#include "base/buf.h"
#include "proto/invite.h"

enum { SETTINGS_PATH_MAX = 1024 };

/* What terminals may do cut off, and other terms. Defaults in brackets; what was signed stays as it was signed. */
struct policy {
    int64_t lease_hours;                   /* a lease's life: 1-720 (72) */
    int64_t lease_renew_s;                 /* how old a lease may grow while connected (3600) */
    int64_t offline_sales;                 /* by QR under one lease (200) */
    int64_t offline_amount_fen;            /* their sum before the discount (2000000) */
    int64_t offline_starts;                /* of the terminal under one lease (20) */
    int64_t offline_per_card_day;          /* for one card and day (3) */
    int64_t keyed_sales, keyed_amount_fen; /* by number alone (20, 200000); the trust notice says whether at all */
    int64_t revoked_every_s;               /* between two revocation files; 0: at once (600) */
    int64_t return_days;                   /* how long a sale may be taken back (30) */
    int64_t dispute_days;                  /* working days to answer a dispute (7) */
    int64_t erase_days;    /* how long personal parts of records, and texts of closed disputes, are kept (30) */
    int64_t certificate_s; /* life of a terminal's certificate: 60 and up (31622400) */
};

struct settings {
    char host[INVITE_HOST_MAX + 1]; /* the first of hosts */
    char listen[64];
    uint16_t port;
    char public_host[INVITE_HOST_MAX + 1];
    uint16_t public_port;
    char public_listen[64];
    char public_cert[SETTINGS_PATH_MAX], public_key[SETTINGS_PATH_MAX]; /* "": none given */
    int number_miss_limit, connections, threads;
    struct policy policy;
};

/* ERR_NOT_FOUND, ERR_IO, ERR_BAD_VALUE with the key (or the line) in why. */
enum err settings_load(const char *dir, struct settings *out, char why[static 64]);
#endif
