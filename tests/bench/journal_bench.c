/* SPDX-License-Identifier: Apache-2.0 */
/* Durable sale records: journal_append against fdatasync of the same bytes into a preallocated file, by turns.
 *
 *     journal_bench DIR ROUNDS RECORDS TOGETHER
 *
 * Each round makes RECORDS records durable in three ways and prints "FILE ONE TOGETHER", records per second: the file, one record
 * per append, and TOGETHER records per append. */
#include "base/text.h"
#include "base/tm.h"
#include "client/ports/journal.h"
#include "tests/bench/tls.h"
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PREALLOCATED = 64 * 1024 * 1024, BATCH_MAX = 64 };

struct sale {
    struct journal_entry entry;
    char sale_id[ULID_LEN + 1], checkout_id[ULID_LEN + 1];
    char body[1024], blob[256];
    uint8_t salt[RECORD_SALT];
};

static void make_sale(struct sale *s)
{
    char hash[TEXT_HEX_LEN(KEY_HASH) + 1];
    uint8_t blob_hash[KEY_HASH];
    int64_t now = tm_wall_utc_ms();
    if (ulid_new_text(now, s->sale_id) || ulid_new_text(now, s->checkout_id))
        bench_die("randomness");
    memcpy(s->salt, s->sale_id, RECORD_SALT);
    int blob_len = snprintf(s->blob, sizeof s->blob, "{\"token\":\"ABCDEFGHIJKLMNOP\",\"name_masked\":\"*建涛\"}");
    record_blob_hash(s->salt, s->blob, (size_t)blob_len, blob_hash);
    text_hex(blob_hash, sizeof blob_hash, hash);
    hash[TEXT_HEX_LEN(KEY_HASH)] = 0;
    int len = snprintf(s->body, sizeof s->body,
        "{\"at_ms\":%lld,\"sale_id\":\"%s\",\"checkout_id\":\"%s\",\"total_fen\":12800,\"discount_fen\":1536,\"pay_"
        "fen\":11264,"
        "\"offer_id\":\"01ARZ3NDEKTSV4RRFFQ69G5FAV\",\"offer_title\":\"八八折\",\"own_price\":false,\"shop_version\":3,"
        "\"verdict\":\"member\",\"by\":\"qr\",\"input\":\"reader\",\"card_last4\":\"0001\",\"cashier\":\"07\",\"blob\":"
        "\"%s\"}",
        (long long)now, s->sale_id, s->checkout_id, hash);
    s->entry = (struct journal_entry){.kind = RECORD_SALE,
        .at_utc_ms = now,
        .body = s->body,
        .body_len = (size_t)len,
        .blob = s->blob,
        .blob_len = (size_t)blob_len,
        .salt = s->salt,
        .sale_id = s->sale_id,
        .checkout_id = s->checkout_id,
        .key = s->checkout_id};
}

static double rate(long records, int64_t from)
{
    return (double)records * 1e9 / (double)(bench_ns() - from);
}

/* The bytes that a record is, one after the other, each on disk before the next. */
static double file_rate(int fd, off_t *at, long records)
{
    static struct sale s;
    static char bytes[2048];
    int64_t from = bench_ns();
    for (long i = 0; i < records; i++) {
        make_sale(&s);
        size_t n = s.entry.body_len + s.entry.blob_len;
        memcpy(bytes, s.body, s.entry.body_len);
        memcpy(bytes + s.entry.body_len, s.blob, s.entry.blob_len);
        n += KEY_HASH + RECORD_SALT + 2 * ULID_SIZE;
        if (*at + (off_t)n > PREALLOCATED)
            *at = 0;
        if (pwrite(fd, bytes, n, *at) != (ssize_t)n || fdatasync(fd))
            bench_die("writing the file");
        *at += (off_t)n;
    }
    return rate(records, from);
}

static double journal_rate(struct journal *j, long records, size_t together)
{
    static struct sale s[BATCH_MAX];
    static struct journal_entry e[BATCH_MAX];
    int64_t from = bench_ns();
    long done = 0;
    while (done < records) {
        for (size_t i = 0; i < together; i++) {
            make_sale(&s[i]);
            e[i] = s[i].entry;
        }
        if (journal_append(j, e, together, NULL))
            bench_die("journal_append");
        done += (long)together;
    }
    return rate(done, from);
}

static int preallocate(const char *path)
{
    static char zeros[1 << 20];
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    for (int i = 0; fd >= 0 && i < PREALLOCATED / (int)sizeof zeros; i++)
        if (write(fd, zeros, sizeof zeros) != (ssize_t)sizeof zeros)
            bench_die("preallocating");
    if (fd < 0 || fsync(fd))
        bench_die("preallocating");
    return fd;
}

int main(int argc, char **argv)
{
    char path[4096];
    uint8_t terminal[ULID_SIZE] = {1};
    struct journal *j = NULL;
    off_t at = 0;
    if (argc != 5)
        bench_die("usage");
    long rounds = bench_number(argv[2]), records = bench_number(argv[3]), together = bench_number(argv[4]);
    if (together < 1 || together > BATCH_MAX)
        bench_die("usage");
    snprintf(path, sizeof path, "%s/file", argv[1]);
    int fd = preallocate(path);
    snprintf(path, sizeof path, "%s/journal.db", argv[1]);
    if (journal_open(path, terminal, 1, &j))
        bench_die("journal_open");
    journal_rate(j, records, 1);
    for (long i = 0; i < rounds; i++) {
        double file = file_rate(fd, &at, records), one = journal_rate(j, records, 1);
        printf("%.0f %.0f %.0f\n", file, one, journal_rate(j, records, (size_t)together));
        fflush(stdout);
    }
    journal_close(&j);
    return 0;
}
