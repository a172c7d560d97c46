/* SPDX-License-Identifier: Apache-2.0 */
/* From a scan to the verdict over a warm connection, against a bare OpenSSL client that sends the same question to the same
 * service, by turns.
 *
 *     verdict_bench PORT STATE CARDS ROUNDS EACH
 *
 * STATE: an enrolled terminal's directory. CARDS: a file with one card's QR text per line. Each round prints ten medians in ns,
 * "BARE CURL LINK SCAN CHECK" twice: the bare client; libcurl with nothing around it; link_request to its callback; the terminal's
 * whole path, checkout_scan (signature of the QR and all) to checkout_verified; and the bare client that checks the signature, too,
 * while it waits. The first five each after a pause, because customers come one at a time and both ends have gone to sleep; the
 * others back to back. */
#include "base/file.h"
#include "client/core/checkout.h"
#include "client/ports/link.h"
#include "tests/bench/plain.h"
#include "tests/bench/tls.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CARDS_MAX = 4096, EACH_MAX = 10000, ANSWER_MAX = 16384, GAP_NS = 1000000 };

struct bench {
    int port;
    struct link *link;
    SSL *bare;
    struct plain *plain;
    struct notice_trust trust;
    struct notice_shop shop;
    char *card[CARDS_MAX];
    size_t card_cnt, next;
    bool answered;
    enum err err;
    struct buf answer;
};

static const char *next_card(struct bench *b)
{
    return b->card[b->next++ % b->card_cnt];
}

static const char *verify_body(const char *text, struct buf *out)
{
    struct body_verify v = {.checkout_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV", .card = {.by = BODY_BY_QR}};
    struct card_qr qr;
    if (card_decode(text, strlen(text), &qr))
        bench_die("decoding a card");
    memcpy(v.card.token, qr.token, sizeof v.card.token);
    buf_reset(out);
    if (body_verify_encode(&v, out))
        bench_die("encoding");
    return buf_str(out);
}

/* check: the card's signature, too, while the answer is on its way. */
static int64_t bare_asks(struct bench *b, const char *card, bool check)
{
    static char in[ANSWER_MAX];
    struct card_qr qr;
    struct buf body;
    size_t len, got = 0;
    buf_init(&body, 1024);
    char *request = tls_request(b->port, verify_body(card, &body), &len);
    if (card_decode(card, strlen(card), &qr))
        bench_die("decoding a card");
    int64_t from = bench_ns();
    if (SSL_write(b->bare, request, (int)len) != (int)len)
        bench_die("sending");
    if (check && card_check_signature(&qr, b->trust.card_keys, b->trust.card_key_cnt))
        bench_die("a signature");
    do {
        int n = SSL_read(b->bare, in + got, (int)(sizeof in - 1 - got));
        if (n <= 0)
            bench_die("receiving");
        in[got += (size_t)n] = 0;
    } while (!tls_answer(in, got));
    int64_t took = bench_ns() - from;
    if (!strstr(in, "\"verdict\":\"member\""))
        bench_die("a verdict");
    free(request);
    buf_release(&body);
    return took;
}

static int64_t bare(struct bench *b, const char *card)
{
    return bare_asks(b, card, false);
}

static int64_t bare_checking(struct bench *b, const char *card)
{
    return bare_asks(b, card, true);
}

static void done(void *ctx, const struct link_answer *a)
{
    struct bench *b = ctx;
    b->err = a->err;
    buf_reset(&b->answer);
    if (!a->err && buf_add(&b->answer, a->body, a->len))
        bench_die("memory");
    b->answered = true;
}

static void ask(struct bench *b, const char *body)
{
    struct link_request r = {
        .method = "POST", .path = "/v1/verify", .body = body, .len = strlen(body), .done = done, .ctx = b};
    b->answered = false;
    if (link_request(b->link, &r, NULL))
        bench_die("link_request");
}

/* As the terminal's loop does it. */
static void wait_answer(struct bench *b)
{
    struct curl_waitfd fd = {.fd = link_fd(b->link), .events = CURL_WAIT_POLLIN};
    while (!b->answered) {
        int wait = link_timeout_ms(b->link);
        curl_multi_poll(link_multi(b->link), &fd, 1, wait < 0 || wait > 1000 ? 1000 : wait, NULL);
        link_dispatch(b->link);
    }
    if (b->err) {
        fprintf(stderr, "bench: verify: %s\n", err_code(b->err));
        exit(1);
    }
}

static int64_t curled(struct bench *b, const char *card)
{
    struct buf body;
    buf_init(&body, 1024);
    const char *text = verify_body(card, &body);
    int64_t from = bench_ns();
    const char *answer = plain_verify(b->plain, text);
    int64_t took = bench_ns() - from;
    if (!strstr(answer, "\"verdict\":\"member\""))
        bench_die("a verdict");
    buf_release(&body);
    return took;
}

static int64_t linked(struct bench *b, const char *card)
{
    struct buf body;
    buf_init(&body, 1024);
    const char *text = verify_body(card, &body);
    int64_t from = bench_ns();
    ask(b, text);
    wait_answer(b);
    int64_t took = bench_ns() - from;
    buf_release(&body);
    return took;
}

static struct checkout_env now(const struct bench *b)
{
    return (struct checkout_env){.now_utc_ms = clock_system.utc_ms(clock_system.ctx),
        .now_mono_ms = clock_system.mono_ms(clock_system.ctx),
        .trust = &b->trust,
        .shop = &b->shop};
}

static int64_t scanned(struct bench *b, const char *card)
{
    static struct checkout c;
    static struct body_verdict verdict;
    struct checkout_env env = now(b);
    struct body_verify v;
    struct buf body;
    unsigned acts;
    buf_init(&body, 1024);
    checkout_init(&c, "01ARZ3NDEKTSV4RRFFQ69G5FAV", "01ARZ3NDEKTSV4RRFFQ69G5FAW", &env, &acts);
    int64_t from = bench_ns();
    if (checkout_scan(&c, &env, card, strlen(card), BODY_INPUT_READER, &acts) || !(acts & CHECKOUT_ASK_VERIFY))
        bench_die("the scan");
    memcpy(v.checkout_id, c.id, sizeof v.checkout_id);
    v.card = c.card;
    if (body_verify_encode(&v, &body))
        bench_die("encoding");
    ask(b, buf_str(&body));
    checkout_check(&c, &env, &acts);
    wait_answer(b);
    env = now(b);
    if (body_verdict_decode(buf_str(&b->answer), b->answer.len, &verdict))
        bench_die("decoding the verdict");
    checkout_verified(&c, &env, c.ask, &verdict, &acts);
    int64_t took = bench_ns() - from;
    if (c.verdict != VERDICT_MEMBER)
        bench_die("a verdict");
    checkout_release(&c);
    buf_release(&body);
    return took;
}

enum { WAYS = 5 };

/* One after the other, so that what disturbs one disturbs all. */
static void measure(struct bench *b, long each, bool pause, int64_t median[static WAYS])
{
    static int64_t (*const way[WAYS])(struct bench *, const char *) = {bare, curled, linked, scanned, bare_checking};
    static int64_t took[WAYS][EACH_MAX];
    for (long i = 0; i < each; i++)
        for (int w = 0; w < WAYS; w++) {
            if (pause)
                nanosleep(&(struct timespec){.tv_nsec = GAP_NS}, NULL);
            took[w][i] = way[w](b, next_card(b));
        }
    for (int w = 0; w < WAYS; w++) {
        qsort(took[w], (size_t)each, sizeof *took[w], bench_by_value);
        median[w] = took[w][each / 2];
    }
}

static void read_cards(struct bench *b, const char *path)
{
    char line[CARD_QR_TEXT_MAX + 2];
    FILE *f = fopen(path, "r");
    if (!f)
        bench_die(path);
    while (b->card_cnt < CARDS_MAX && fgets(line, sizeof line, f)) {
        line[strcspn(line, "\r\n")] = 0;
        b->card[b->card_cnt++] = strdup(line);
    }
    fclose(f);
    if (!b->card_cnt)
        bench_die("reading cards");
}

static void read_notices(struct bench *b, const char *state)
{
    static const char *const names[] = {"trust.json", "shop.json"};
    char path[4096];
    struct buf text;
    struct notice n;
    for (int i = 0; i < 2; i++) {
        buf_init(&text, NOTICE_MAX);
        snprintf(path, sizeof path, "%s/%s", state, names[i]);
        if (file_read(path, &text) || notice_open(buf_str(&text), text.len, &n) ||
            (i ? notice_shop_parse(&n, &b->shop) : notice_trust_parse(&n, &b->trust)))
            bench_die(path);
        notice_release(&n);
        buf_release(&text);
    }
}

int main(int argc, char **argv)
{
    static struct bench b;
    char ca[4096], cert[4096], key[4096], url[64];
    if (argc != 6)
        bench_die("usage");
    b.port = (int)bench_number(argv[1]);
    long rounds = bench_number(argv[4]), each = bench_number(argv[5]);
    if (each < 1 || each > EACH_MAX)
        bench_die("usage");
    buf_init(&b.answer, NOTICE_MAX);
    read_cards(&b, argv[3]);
    read_notices(&b, argv[2]);
    snprintf(ca, sizeof ca, "%s/ca.crt", argv[2]);
    snprintf(cert, sizeof cert, "%s/terminal.crt", argv[2]);
    snprintf(key, sizeof key, "%s/terminal.key", argv[2]);
    snprintf(url, sizeof url, "https://localhost:%d", b.port);
    struct link_config config = {.url = url, .ca_path = ca, .cert_path = cert, .key_path = key, .clock = &clock_system};
    if (link_new(&config, &b.link))
        bench_die("link_new");
    b.bare = tls_connect(tls_context(ca, cert, key), b.port);
    b.plain = plain_new(b.port, ca, cert, key);
    for (long i = -1; i < rounds; i++) {
        int64_t median[2 * WAYS];
        measure(&b, each, true, median);
        measure(&b, each, false, median + WAYS);
        for (int w = 0; i >= 0 && w < 2 * WAYS; w++) /* the first round is to warm up */
            printf("%ld%c", (long)median[w], w == 2 * WAYS - 1 ? '\n' : ' ');
        fflush(stdout);
    }
    plain_free(b.plain);
    link_free(&b.link);
    return 0;
}
