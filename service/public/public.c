/* SPDX-License-Identifier: Apache-2.0 */
#include "service/public/public.h"
#include "base/file.h"
#include "base/log.h"
#include "base/tm.h"
#include "service/http/listen.h"
#include "service/public/parts.h"
#include "service/public/walk.h"
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FILE_MAX = 65536,
    POOL = 16384,
    THREADS = 4,
    CONNECTIONS = 1024,
    PER_ADDRESS = 64,
    IDLE_S = 15,
    REQUEST_MS = 20000
};

/* Phones of some years ago speak TLS 1.2 only; what is left of it here has forward secrecy and AEAD. */
static const char priority[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:-CIPHER-ALL:"
                               "+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:-MAC-ALL:+AEAD";

/* service.ini may name files; else those that init made. *made: they are ours to miss. */
static enum err find(const char *dir, const char *named, const char *own, char out[static SETTINGS_PATH_MAX])
{
    if (!*named)
        return file_path(dir, own, out, SETTINGS_PATH_MAX);
    memcpy(out, named, strlen(named) + 1);
    return ERR_OK;
}

static enum err read_pem(const char *dir, const char *named, const char *own, struct buf *b, char what[static 64])
{
    char path[SETTINGS_PATH_MAX];
    snprintf(what, 64, "%s", *named ? "[public] certificate, key" : own);
    enum err e = find(dir, named, own, path);
    return e ? e : file_read(path, b);
}

static enum err start(struct public *p, const struct buf *key, const struct buf *cert, int fd)
{
    p->daemon = MHD_start_daemon(MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_TLS, 0, NULL, NULL, walk_request, p,
        MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_HTTPS_MEM_KEY, buf_str(key), MHD_OPTION_HTTPS_MEM_CERT, buf_str(cert),
        MHD_OPTION_HTTPS_PRIORITIES, priority, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT, (unsigned)PER_ADDRESS,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)POOL,
        MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_NOTIFY_CONNECTION,
        walk_connection, p, MHD_OPTION_NOTIFY_COMPLETED, walk_done, p, MHD_OPTION_END);
    if (p->daemon) /* took the socket, copied the key */
        return ERR_OK;
    close(fd);
    return ERR_BAD_VALUE;
}

static enum err open_all(const char *dir, struct public *p, char what[static 64])
{
    const struct settings *set = &p->service->settings;
    struct buf key, cert;
    int fd = -1;
    buf_init(&key, FILE_MAX);
    buf_init(&cert, FILE_MAX);
    enum err e = read_pem(dir, set->public_key, "public.key", &key, what);
    if (!e)
        e = read_pem(dir, set->public_cert, "public.crt", &cert, what);
    if (!e) {
        snprintf(what, 64, "[public] port %u", (unsigned)set->public_port);
        e = listen_open(set->public_listen, set->public_port, &fd);
    }
    if (!e) {
        snprintf(what, 64, "[public] certificate, key");
        e = start(p, &key, &cert, fd);
    }
    buf_wipe(&key);
    buf_release(&cert);
    return e;
}

enum err public_start(const char *dir, struct service *s, struct public **out, char what[static 64])
{
    uint64_t seed;
    *out = NULL;
    struct public *p = calloc(1, sizeof *p);
    if (!p || RAND_bytes((unsigned char *)&seed, sizeof seed) != 1) {
        free(p);
        return ERR_NOMEM;
    }
    p->service = s;
    guess_init(&p->guess, seed);
    pthread_mutex_init(&p->counts.lock, NULL);
    watch_init(&p->watch, REQUEST_MS);
    enum err e = open_all(dir, p, what);
    if (!e) {
        *out = p;
        return ERR_OK;
    }
    bool own = !s->settings.public_cert[0];
    public_stop(&p);
    if (e != ERR_NOT_FOUND || !own)
        return e;
    log_warn("no public pages: %s/public.crt and public.key are missing; see docs/operations.md", dir);
    return ERR_OK;
}

void public_tick(struct public *p, int64_t now_mono_ms)
{
    if (p)
        watch_tick(&p->watch, now_mono_ms);
}

void public_stop(struct public **pp)
{
    struct public *p = pp ? *pp : NULL;
    if (!p)
        return;
    if (p->daemon)
        MHD_stop_daemon(p->daemon);
    watch_release(&p->watch);
    guess_release(&p->guess);
    pthread_mutex_destroy(&p->counts.lock);
    free(p);
    *pp = NULL;
}
