/* SPDX-License-Identifier: Apache-2.0 */
/* A shop's terminals, all in one loop: each holds a mutual-TLS connection and waits for news; when the shop's notice comes it
 * answers with a signed notice_applied record, as a terminal does. Whoever stands at the other end, the work here is the same.
 *
 *     herd PORT CA DIR COUNT TRUST       DIR/N.pem: key and certificate of terminal N, its id in DIR/N.id
 *
 * Commands on standard input: "poll SHOP-VERSION" (all send; prints "polling"), "go" (the clock starts; when the last is
 * acknowledged prints one line: p50, p99 and last of notices, then of acknowledgements, in microseconds, and how many were
 * told to come again). */
#include "base/ulid.h"
#include "proto/body.h"
#include "tests/bench/tls.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

enum { IN_MAX = 65536, EVENTS = 256, LINE = 128, AGAIN_NS = 50000000 };

enum step { IDLE, WAITING, TELLING };

struct one {
    SSL *ssl;
    EVP_PKEY *key;
    struct record_head head;
    enum step step;
    char *in;
    size_t in_len;
    struct buf ack; /* the request under way */
    int64_t told_ns, acked_ns, retry_ns;
};

static struct {
    struct one *one;
    size_t cnt, done, again;
    int port, epoll;
    long trust;
    int64_t begun_ns, *value;
    struct body_notice_applied applied;
    bool parsed;
} herd;

/* Each connection is used once before the others are made: one that says nothing for long is cut off. */
static void warm(struct one *o)
{
    char ask[256];
    int n = snprintf(ask, sizeof ask,
        "GET /v1/notices?trust=%ld&shop=0&wait=0 HTTP/1.1\r\nHost: localhost:%d\r\nAccept: application/json\r\n\r\n",
        herd.trust, herd.port);
    size_t len = 0;
    if (SSL_write(o->ssl, ask, n) != n)
        bench_die("sending");
    do {
        n = SSL_read(o->ssl, o->in + len, (int)(IN_MAX - len));
        if (n <= 0)
            bench_die("the first answer");
        len += (size_t)n;
        o->in[len] = 0;
    } while (!tls_answer(o->in, len));
}

static void load(struct one *o, SSL_CTX *ctx, const char *dir, size_t n)
{
    char path[4096], id[ULID_LEN + 1] = "";
    snprintf(path, sizeof path, "%s/%zu.pem", dir, n);
    if (SSL_CTX_use_certificate_file(ctx, path, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM) != 1 || key_load_pem(path, &o->key))
        bench_die(path);
    snprintf(path, sizeof path, "%s/%zu.id", dir, n);
    FILE *f = fopen(path, "r");
    if (!f || fread(id, 1, ULID_LEN, f) != ULID_LEN || ulid_decode(id, ULID_LEN, o->head.terminal))
        bench_die(path);
    fclose(f);
    o->head.epoch = 1;
    o->in = malloc(IN_MAX + 1);
    buf_init(&o->ack, IN_MAX);
    o->ssl = tls_connect(ctx, herd.port);
    if (!o->in)
        bench_die("memory");
    warm(o);
    fcntl(SSL_get_fd(o->ssl), F_SETFL, O_NONBLOCK);
    struct epoll_event ev = {.events = EPOLLIN, .data.ptr = o};
    if (epoll_ctl(herd.epoll, EPOLL_CTL_ADD, SSL_get_fd(o->ssl), &ev))
        bench_die("memory");
}

/* Small against the socket's buffer: it goes out at once or the bench is wrong. */
static void send_all(struct one *o, const void *p, size_t n)
{
    if (SSL_write(o->ssl, p, (int)n) != (int)n)
        bench_die("sending");
}

static void poll_all(long shop)
{
    char ask[512];
    int n = snprintf(ask, sizeof ask,
        "GET /v1/notices?trust=%ld&shop=%ld&wait=50 HTTP/1.1\r\nHost: localhost:%d\r\nAccept: application/json\r\n\r\n",
        herd.trust, shop, herd.port);
    for (size_t i = 0; i < herd.cnt; i++) {
        send_all(&herd.one[i], ask, (size_t)n);
        herd.one[i].step = WAITING;
    }
    herd.parsed = false;
    puts("polling");
    fflush(stdout);
}

/* All terminals get the same bytes, so they are read once. */
static void parse(const char *body, size_t len)
{
    json_t *root = NULL;
    struct notice n;
    struct notice_shop shop;
    char *text = NULL;
    if (herd.parsed)
        return;
    if (jsonx_parse(body, len, &root) ||
        !(text = json_dumps(json_array_get(json_object_get(root, "notices"), 0), JSON_COMPACT)) ||
        notice_open(text, strlen(text), &n) || notice_shop_parse(&n, &shop))
        bench_die("reading the notice");
    herd.applied = (struct body_notice_applied){
        .at_utc_ms = shop.issued_utc_ms, .notice = NOTICE_SHOP, .version = n.version, .standing = shop.standing};
    memcpy(herd.applied.sha256, n.hash, KEY_HASH);
    herd.parsed = true;
    notice_shop_release(&shop);
    notice_release(&n);
    free(text);
    json_decref(root);
}

static void acknowledge(struct one *o)
{
    struct body_batch b = {.epoch = 1, .record_cnt = 1};
    struct buf body, json;
    char head[256];
    buf_init(&body, IN_MAX);
    buf_init(&json, IN_MAX);
    if (body_notice_applied_encode(&herd.applied, &body))
        bench_die("the record");
    b.record[0] = (struct body_record){
        .seq = o->head.seq + 1, .kind = RECORD_NOTICE_APPLIED, .body = buf_str(&body), .body_len = body.len};
    if (record_extend(&o->head, RECORD_NOTICE_APPLIED, body.data, body.len, &o->head) ||
        record_head_sign(&o->head, o->key, b.head_sig))
        bench_die("signing");
    b.head_seq = o->head.seq;
    memcpy(b.head_hash, o->head.hash, KEY_HASH);
    if (body_batch_encode(&b, &json))
        bench_die("the batch");
    snprintf(head, sizeof head,
        "POST /v1/records HTTP/1.1\r\nHost: localhost:%d\r\nContent-Type: application/json\r\nContent-Length: "
        "%zu\r\n\r\n",
        herd.port, json.len);
    buf_reset(&o->ack);
    if (buf_adds(&o->ack, head) || buf_add(&o->ack, json.data, json.len))
        bench_die("memory");
    send_all(o, o->ack.data, o->ack.len);
    o->step = TELLING;
    buf_release(&body);
    buf_release(&json);
}

/* The service may say that too many came at once: a terminal comes again. */
static bool told_to_wait(struct one *o)
{
    static const char busy[] = "HTTP/1.1 429";
    if (o->in_len < sizeof busy || memcmp(o->in, busy, sizeof busy - 1) != 0)
        return false;
    const char *end = strstr(o->in, "\r\n\r\n"), *length = strcasestr(o->in, "\r\nContent-Length:");
    if (!end || !length || o->in_len < (size_t)(end + 4 - o->in) + strtoul(length + 17, NULL, 10))
        return true; /* the rest is on its way */
    herd.again++;
    o->in_len = 0;
    o->retry_ns = bench_ns() + AGAIN_NS;
    return true;
}

static void read_one(struct one *o)
{
    int n;
    while ((n = SSL_read(o->ssl, o->in + o->in_len, (int)(IN_MAX - o->in_len))) > 0)
        o->in_len += (size_t)n;
    if (SSL_get_error(o->ssl, n) != SSL_ERROR_WANT_READ)
        bench_die("reading");
    o->in[o->in_len] = 0;
    if (o->step == IDLE || !o->in_len || told_to_wait(o))
        return;
    size_t whole = tls_answer(o->in, o->in_len);
    if (!whole)
        return;
    if (o->step == WAITING) {
        const char *body = strstr(o->in, "\r\n\r\n") + 4;
        o->told_ns = bench_ns();
        parse(body, whole - (size_t)(body - o->in));
        o->in_len = 0;
        acknowledge(o);
        return;
    }
    o->acked_ns = bench_ns();
    o->in_len = 0;
    o->step = IDLE;
    herd.done++;
}

static void retry(void)
{
    int64_t now = bench_ns();
    for (size_t i = 0; i < herd.cnt; i++) {
        struct one *o = &herd.one[i];
        if (o->retry_ns && o->retry_ns <= now) {
            o->retry_ns = 0;
            send_all(o, o->ack.data, o->ack.len);
        }
    }
}

static void print(bool acked)
{
    for (size_t i = 0; i < herd.cnt; i++)
        herd.value[i] = (acked ? herd.one[i].acked_ns : herd.one[i].told_ns) - herd.begun_ns;
    qsort(herd.value, herd.cnt, sizeof *herd.value, bench_by_value);
    printf("%lld %lld %lld ", (long long)herd.value[herd.cnt / 2] / 1000,
        (long long)herd.value[herd.cnt * 99 / 100] / 1000, (long long)herd.value[herd.cnt - 1] / 1000);
}

static void go(void)
{
    struct epoll_event ev[EVENTS];
    herd.begun_ns = bench_ns();
    herd.done = herd.again = 0;
    while (herd.done < herd.cnt) {
        int n = epoll_wait(herd.epoll, ev, EVENTS, 10);
        if (n < 0 && errno != EINTR)
            bench_die("waiting");
        for (int i = 0; i < n; i++)
            read_one(ev[i].data.ptr);
        if (herd.again)
            retry();
    }
    print(false);
    print(true);
    printf("%zu\n", herd.again);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct rlimit files;
    char line[LINE];
    if (argc != 6)
        bench_die("usage");
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    herd.port = (int)bench_number(argv[1]);
    herd.cnt = (size_t)bench_number(argv[4]);
    herd.trust = bench_number(argv[5]);
    herd.epoll = epoll_create1(EPOLL_CLOEXEC);
    herd.one = calloc(herd.cnt, sizeof *herd.one);
    herd.value = calloc(herd.cnt, sizeof *herd.value);
    if (!herd.one || !herd.value)
        bench_die("memory");
    for (size_t i = 0; i < herd.cnt; i++) {
        SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
        if (!ctx || SSL_CTX_load_verify_file(ctx, argv[2]) != 1)
            bench_die("reading certificates");
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
        load(&herd.one[i], ctx, argv[3], i);
        SSL_CTX_free(ctx);
    }
    puts("connected");
    fflush(stdout);
    while (fgets(line, sizeof line, stdin)) {
        if (!strncmp(line, "poll ", 5))
            poll_all(strtol(line + 5, NULL, 10));
        else if (!strcmp(line, "go\n"))
            go();
    }
    return 0;
}
