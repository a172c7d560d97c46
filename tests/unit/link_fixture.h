/* SPDX-License-Identifier: Apache-2.0 */
/* A real TLS server beside the test (tests/lib/tls_server.py), and a clock that can be wrong. */
#ifndef HUIKA_LINK_FIXTURE_H
#define HUIKA_LINK_FIXTURE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the four above */
#include "base/log.h"
#include "base/tm.h"
#include "client/ports/link.h"
#include <cmocka.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)

static char dir[64], ca_path[96], cert_path[96], key_path[96];
static struct {
    char name[16];
    int port;
} way[24];
static size_t way_cnt;
static pid_t server;
static int server_in = -1;
static int64_t clock_off_ms, mono_off_ms;

static int64_t test_utc(void *ctx)
{
    (void)ctx;
    return tm_wall_utc_ms() + clock_off_ms;
}

static int64_t test_mono(void *ctx)
{
    (void)ctx;
    return tm_mono_ms() + mono_off_ms;
}

static const struct clock test_clock = {test_utc, test_mono, test_mono, NULL};

static int start_server(void **state)
{
    int in[2], out[2];
    (void)state;
    log_set_level(LOG_ERROR);
    signal(SIGPIPE, SIG_IGN);
    strcpy(dir, "/tmp/huika-link-XXXXXX");
    if (!mkdtemp(dir) || pipe(in) || pipe(out))
        return -1;
    snprintf(ca_path, sizeof ca_path, "%s/ca.crt", dir);
    snprintf(cert_path, sizeof cert_path, "%s/client.crt", dir);
    snprintf(key_path, sizeof key_path, "%s/client.key", dir);
    server = fork();
    if (server == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        for (int fd = 3; fd < 64; fd++)
            close(fd);
        execl("/usr/bin/python3", "python3", "tests/lib/tls_server.py", dir, (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    server_in = in[1];
    FILE *f = fdopen(out[0], "r");
    while (f && way_cnt < 24 && fscanf(f, "%15s %d", way[way_cnt].name, &way[way_cnt].port) == 2) {
        if (strcmp(way[way_cnt].name, "ready") == 0)
            return 0;
        way_cnt++;
    }
    return -1;
}

static int remove_one(const char *p, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(p);
}

static int stop_server(void **state)
{
    (void)state;
    close(server_in);
    waitpid(server, NULL, 0);
    return nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int port_of(const char *name)
{
    for (size_t i = 0; i < way_cnt; i++)
        if (strcmp(way[i].name, name) == 0)
            return way[i].port;
    fail_msg("no way of listening is called %s", name);
    return 0;
}

static struct link *link_to(const char *name, enum link_trust trust, bool cert)
{
    char url[64];
    struct link *l = NULL;
    snprintf(url, sizeof url, "https://localhost:%d", port_of(name));
    struct link_config c = {.url = url, .clock = &test_clock, .trust = trust};
    c.ca_path = trust == LINK_TRUST_NOTHING ? NULL : ca_path;
    c.cert_path = cert ? cert_path : NULL;
    c.key_path = cert ? key_path : NULL;
    assert_int_equal(link_new(&c, &l), ERR_OK);
    return l;
}

/* One turn of a loop such as the terminal's. */
static inline void turn(struct link *l)
{
    struct curl_waitfd fd = {.fd = link_fd(l), .events = CURL_WAIT_POLLIN};
    int n, ms = link_timeout_ms(l);
    curl_multi_poll(link_multi(l), &fd, 1, ms < 0 || ms > 100 ? 100 : ms, &n);
    link_dispatch(l);
}

/* Turns until `cond`, for 20 s at most. */
#define TURN_UNTIL(l, cond)                                                                                            \
    for (int64_t end_ = tm_mono_ms() + 20000; !(cond); turn(l))                                                        \
    assert_true(tm_mono_ms() < end_)
#endif
