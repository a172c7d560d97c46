/* SPDX-License-Identifier: Apache-2.0 */
#include "client/ports/link_slot.h"
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

/* IDLE_S: the default distrusts a connection that was idle for two minutes. */
enum { KEEP_BODY = 65536, IDLE_S = 7 * 86400, KEEPALIVE_S = 15, KEEPALIVE_AGAIN_S = 5, UNACKED_MS = 10000 };

static curl_socket_t on_open(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct link *l = ctx;
    (void)purpose;
    if (l->socket_cnt == LINK_SOCKETS)
        return CURL_SOCKET_BAD;
    int fd = socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
    if (fd < 0)
        return fd;
    /* RFC 5482: a peer that is gone without a word is not waited for until a request's deadline, nor a long poll's. */
    unsigned unacked = UNACKED_MS;
    setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked, sizeof unacked);
    l->socket[l->socket_cnt++] = fd;
    return fd;
}

static int on_close(void *ctx, curl_socket_t fd)
{
    struct link *l = ctx;
    for (size_t i = 0; i < l->socket_cnt; i++)
        if (l->socket[i] == fd || l->socket[i] == ~fd) {
            l->socket[i] = l->socket[--l->socket_cnt];
            break;
        }
    return close(fd);
}

/* A socket is watched from its first answer on: before it is connected the kernel would report it as hung up. */
void link_slot_watch(struct link *l, CURL *easy)
{
    curl_socket_t fd = CURL_SOCKET_BAD;
    if (curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &fd) || fd == CURL_SOCKET_BAD)
        return;
    struct epoll_event ev = {.events = EPOLLRDHUP | EPOLLET, .data.fd = fd};
    epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev); /* fails if it is watched already, which is well */
}

void link_slot_see_lost(struct link *l)
{
    struct epoll_event ev[LINK_SOCKETS];
    int n = epoll_wait(l->epoll, ev, LINK_SOCKETS, 0);
    for (int k = 0; k < n; k++)
        for (size_t i = 0; i < l->socket_cnt; i++)
            if (l->socket[i] == ev[k].data.fd)
                l->socket[i] = ~ev[k].data.fd;
}

size_t link_slot_alive(const struct link *l)
{
    size_t n = 0;
    for (size_t i = 0; i < l->socket_cnt; i++)
        n += l->socket[i] >= 0;
    return n;
}

static size_t on_body(char *p, size_t size, size_t n, void *ctx)
{
    struct link_slot *s = ctx;
    return buf_add(&s->answer, p, size * n) ? 0 : size * n;
}

static enum err handle(struct link *l, struct link_slot *s, bool probe)
{
    unsigned bad = 0;
    if (s->easy)
        return ERR_OK;
    s->link = l;
    s->probe = probe;
    buf_init(&s->url, 4096);
    buf_init(&s->body, LINK_BODY_MAX);
    buf_init(&s->answer, l->answer_max);
    if (!(s->easy = curl_easy_init()))
        return ERR_NOMEM;
    bad |= curl_easy_setopt(s->easy, CURLOPT_PRIVATE, s);
    bad |= curl_easy_setopt(s->easy, CURLOPT_ERRORBUFFER, s->text);
    bad |= curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, on_body);
    bad |= curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
    bad |= curl_easy_setopt(s->easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
    bad |= curl_easy_setopt(s->easy, CURLOPT_OPENSOCKETDATA, l);
    bad |= curl_easy_setopt(s->easy, CURLOPT_CLOSESOCKETFUNCTION, on_close);
    bad |= curl_easy_setopt(s->easy, CURLOPT_CLOSESOCKETDATA, l);
    bad |= curl_easy_setopt(s->easy, CURLOPT_NOSIGNAL, 1L);
    bad |= curl_easy_setopt(s->easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    bad |= curl_easy_setopt(s->easy, CURLOPT_PROTOCOLS_STR, "https");
    bad |= curl_easy_setopt(s->easy, CURLOPT_PROXY, "");
    bad |= curl_easy_setopt(s->easy, CURLOPT_TCP_NODELAY, 1L);
    bad |= curl_easy_setopt(s->easy, CURLOPT_TCP_KEEPALIVE, 1L);
    bad |= curl_easy_setopt(s->easy, CURLOPT_TCP_KEEPIDLE, (long)KEEPALIVE_S);
    bad |= curl_easy_setopt(s->easy, CURLOPT_TCP_KEEPINTVL, (long)KEEPALIVE_AGAIN_S);
    bad |= curl_easy_setopt(s->easy, CURLOPT_BUFFERSIZE, 16384L);
    /* A connection made without looking at dates must serve nothing else. */
    bad |= curl_easy_setopt(s->easy, CURLOPT_FORBID_REUSE, probe ? 1L : 0L);
    return bad ? ERR_NOMEM : link_tls_apply(&l->tls, s->easy, probe);
}

void link_slot_clear(struct link_slot *s)
{
    s->id = 0;
    s->quiet_mono_ms = 0;
    s->done = NULL;
    OPENSSL_cleanse(s->body.data, s->body.len);
    OPENSSL_cleanse(s->answer.data, s->answer.len);
    if (s->body.cap > KEEP_BODY)
        buf_release(&s->body);
    if (s->answer.cap > KEEP_BODY)
        buf_release(&s->answer);
    buf_reset(&s->body);
    buf_reset(&s->answer);
}

static struct curl_slist *headers(struct link *l, const char *type)
{
    char line[96];
    for (size_t i = 0; i < LINK_TYPES; i++) {
        struct link_type *t = &l->type[i];
        if (t->headers && strcmp(t->name, type) == 0)
            return t->headers;
        if (t->headers || strlen(type) >= sizeof t->name)
            continue;
        snprintf(line, sizeof line, "Content-Type: %s", type);
        struct curl_slist *h = curl_slist_append(NULL, line);
        struct curl_slist *both = h ? curl_slist_append(h, "Expect:") : NULL;
        if (!both) {
            curl_slist_free_all(h);
            return NULL;
        }
        snprintf(t->name, sizeof t->name, "%s", type);
        return t->headers = both;
    }
    return NULL;
}

/* Where one request went without an answer, connections that have been idle since before may be dead, too: none of them is used. */
static unsigned choose_connection(struct link *l, struct link_slot *s)
{
    int64_t since = l->tls.clock->mono_ms(l->tls.clock->ctx) - l->lost_mono_ms;
    long idle_s = l->lost_mono_ms && since < IDLE_S * 1000L ? (long)(since / 1000) : IDLE_S;
    unsigned bad = curl_easy_setopt(s->easy, CURLOPT_FRESH_CONNECT, s->probe || !l->status.online ? 1L : 0L);
    return bad | curl_easy_setopt(s->easy, CURLOPT_MAXAGE_CONN, idle_s);
}

enum err link_slot_prepare(struct link *l, struct link_slot *s, const struct link_request *r)
{
    int64_t left =
        r->deadline_mono_ms ? r->deadline_mono_ms - l->tls.clock->mono_ms(l->tls.clock->ctx) : LINK_TIMEOUT_MS;
    bool post = strcmp(r->method, "POST") == 0, plain = post || strcmp(r->method, "GET") == 0;
    struct curl_slist *h = r->body ? headers(l, r->type ? r->type : "application/json") : l->bare;
    unsigned bad = 0;
    enum err e = handle(l, s, s == &l->slot[LINK_PROBE]);
    if (!e && r->body && !h)
        e = ERR_NOMEM;
    buf_reset(&s->url);
    s->answer.max = r->answer_max > l->answer_max ? r->answer_max : l->answer_max;
    if (r->answer_max > LINK_FILE_MAX)
        e = ERR_TOO_LARGE;
    if (!e)
        e = buf_adds(&s->url, l->url);
    if (!e)
        e = buf_adds(&s->url, r->path);
    if (!e && r->body)
        e = buf_add(&s->body, r->body, r->len);
    if (e)
        return e;
    bad |= choose_connection(l, s);
    bad |= curl_easy_setopt(s->easy, CURLOPT_URL, buf_str(&s->url));
    bad |= curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, h);
    if (post || r->body) {
        bad |= curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)s->body.len);
        bad |= curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, buf_str(&s->body));
        bad |= curl_easy_setopt(s->easy, CURLOPT_POST, 1L);
    } else {
        bad |= curl_easy_setopt(s->easy, CURLOPT_HTTPGET, 1L);
    }
    bad |= curl_easy_setopt(s->easy, CURLOPT_CUSTOMREQUEST, plain ? NULL : r->method);
    bad |= curl_easy_setopt(s->easy, CURLOPT_USERPWD, r->userpwd);
    bad |= curl_easy_setopt(s->easy, CURLOPT_TIMEOUT_MS, (long)(left > 1 ? left : 1));
    s->text[0] = 0;
    return bad ? ERR_NOMEM : ERR_OK;
}

void link_slot_release(struct link_slot *s)
{
    if (s->id)
        curl_multi_remove_handle(s->link->multi, s->easy);
    curl_easy_cleanup(s->easy);
    buf_release(&s->url);
    buf_wipe(&s->body);
    buf_wipe(&s->answer);
}
