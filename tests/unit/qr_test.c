/* SPDX-License-Identifier: Apache-2.0 */
/* Symbols are read back with zbarimg, from the PNG and from a picture of what a terminal shows. */
#include "base/file.h"
#include "base/qr.h"
#include <fcntl.h>
#include <png.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static const char card[] = "HTTPS://MEMBERS.EXAMPLE.ORG/C/"
                           "AAIQCERDENEFKZTXRCMQJUQHP777777777777777777777777777777777777777777777777777777777777777777"
                           "7777777777777777777777777777777777"
                           "7777777777AA";

/* What zbarimg reads in these bytes of a picture file. */
static void zbar_reads(const void *p, size_t n, const char *want)
{
    char path[] = "/tmp/huika-qr-XXXXXX", got[2048] = "";
    char *argv[] = {"zbarimg", "--quiet", "--raw", "-Sdisable", "-Sqrcode.enable", path, NULL};
    int fd = mkstemp(path), out[2], status;
    size_t len = 0;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, p, n), (ssize_t)n);
    close(fd);
    assert_int_equal(pipe(out), 0);
    pid_t pid = fork();
    if (!pid) {
        dup2(out[1], 1);
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
        execvp(argv[0], argv);
        _exit(127);
    }
    close(out[1]);
    for (ssize_t k; (k = read(out[0], got + len, sizeof got - 1 - len)) > 0;)
        len += (size_t)k;
    close(out[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    unlink(path);
    got[strcspn(got, "\n")] = 0;
    assert_string_equal(got, want);
}

static void card_fits_version_7_and_is_read(void **state)
{
    struct qr q;
    struct buf png;
    (void)state;
    assert_int_equal(qr_make(card, &q), ERR_OK);
    assert_in_range(q.version, 1, 7);
    assert_int_equal(q.size, 17 + 4 * q.version);
    for (int scale = 2; scale <= 9; scale += 7) {
        buf_init(&png, 1 << 20);
        assert_int_equal(qr_png(&q, scale, &png), ERR_OK);
        zbar_reads(png.data, png.len, card);
        buf_release(&png);
    }
}

static void other_texts_are_read(void **state)
{
    static const char *const texts[] = {"0123456789", "https://example.org/mixed?case=1", "A"};
    struct qr q;
    struct buf png;
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(qr_make(texts[i], &q), ERR_OK);
        buf_init(&png, 1 << 20);
        assert_int_equal(qr_png(&q, 4, &png), ERR_OK);
        zbar_reads(png.data, png.len, texts[i]);
        buf_release(&png);
    }
}

static void modes_are_as_small_as_they_can_be(void **state)
{
    char text[162];
    struct qr q;
    (void)state;
    memset(text, 'A', 161);
    text[161] = 0;
    text[154] = 0; /* ISO/IEC 18004 table 7: 7-M holds 178 alphanumeric characters, 122 bytes; 6-M 154 and 106 */
    assert_int_equal(qr_make(text, &q), ERR_OK);
    assert_int_equal(q.version, 6);
    text[154] = 'A';
    assert_int_equal(qr_make(text, &q), ERR_OK);
    assert_int_equal(q.version, 7);
    memset(text, 'a', 161);
    text[106] = 0;
    assert_int_equal(qr_make(text, &q), ERR_OK);
    assert_int_equal(q.version, 6);
    memset(text, '7', 161);
    assert_int_equal(qr_make(text, &q), ERR_OK);
    assert_int_equal(q.version, 5); /* 202 digits */
}

static void pictures_have_their_quiet_zone(void **state)
{
    struct qr q;
    struct buf b;
    png_image image = {.version = PNG_IMAGE_VERSION};
    (void)state;
    assert_int_equal(qr_make("HUIKA", &q), ERR_OK);
    buf_init(&b, 1 << 20);
    assert_int_equal(qr_png(&q, 3, &b), ERR_OK);
    assert_int_equal(png_image_begin_read_from_memory(&image, b.data, b.len), 1);
    assert_int_equal(image.width, (21 + 8) * 3);
    assert_int_equal(image.height, (21 + 8) * 3);
    image.format = PNG_FORMAT_GRAY;
    uint8_t *p = malloc(PNG_IMAGE_SIZE(image));
    assert_int_equal(png_image_finish_read(&image, NULL, p, 0, NULL), 1);
    for (unsigned y = 0; y < image.height; y++)
        for (unsigned x = 0; x < image.width; x++) {
            int mx = (int)x / 3 - QR_QUIET, my = (int)y / 3 - QR_QUIET;
            bool dark = mx >= 0 && my >= 0 && mx < 21 && my < 21 && q.dark[my * 21 + mx];
            assert_int_equal(p[y * image.width + x], dark ? 0 : 255);
        }
    free(p);
    buf_release(&b);
}

/* Draws the half blocks into a PBM and lets zbarimg read that. */
static void terminal_text_is_read(void **state)
{
    struct qr q;
    struct buf text;
    (void)state;
    assert_int_equal(qr_make(card, &q), ERR_OK);
    buf_init(&text, 1 << 20);
    assert_int_equal(qr_terminal(&q, false, &text), ERR_OK);
    enum { SCALE = 6 };
    int side = q.size + 2 * QR_QUIET, w = side * SCALE, rows = (side + 1) / 2, h = rows * 2 * SCALE;
    char *pgm = calloc(1, (size_t)(w * h) + 32);
    int head = snprintf(pgm, 32, "P5 %d %d 255\n", w, h), row = 0, col = 0;
    for (const char *p = buf_str(&text); *p;) {
        if (*p == '\n') {
            assert_int_equal(col, side);
            row++;
            col = 0;
            p++;
            continue;
        }
        bool space = *p == ' ';
        bool upper = !space && strncmp(p, "▄", 3), lower = !space && strncmp(p, "▀", 3);
        for (int y = 0; y < 2 * SCALE; y++)
            memset(pgm + head + (row * 2 * SCALE + y) * w + col * SCALE, (y < SCALE ? upper : lower) ? 255 : 0, SCALE);
        col++;
        p += space ? 1 : 3;
    }
    assert_int_equal(row, rows);
    zbar_reads(pgm, (size_t)(head + w * h), card);
    free(pgm);
    buf_reset(&text);
    assert_int_equal(qr_terminal(&q, true, &text), ERR_OK);
    assert_int_equal(strncmp(buf_str(&text), "\033[40;97m", 8), 0);
    buf_release(&text);
}

static void svg_draws_the_dark_modules(void **state)
{
    struct qr q;
    struct buf b;
    int area = 0, dark = 0;
    (void)state;
    assert_int_equal(qr_make(card, &q), ERR_OK);
    buf_init(&b, 1 << 20);
    assert_int_equal(qr_svg(&q, 30, &b), ERR_OK);
    assert_non_null(strstr(buf_str(&b), "width=\"30mm\""));
    const char *p = strstr(buf_str(&b), " d=\"");
    assert_non_null(p);
    for (p += 4; *p == 'M';) {
        int v[4]; /* Mx yhNv1h-Nz */
        static const char *const before[] = {"M", " ", "h", "v1h-"};
        for (int i = 0; i < 4; i++) {
            char *end;
            assert_int_equal(strncmp(p, before[i], strlen(before[i])), 0);
            v[i] = (int)strtol(p + strlen(before[i]), &end, 10);
            p = end;
        }
        assert_int_equal(*p++, 'z');
        assert_int_equal(v[2], v[3]);
        for (int i = 0; i < v[2]; i++)
            assert_true(q.dark[(v[1] - QR_QUIET) * q.size + v[0] - QR_QUIET + i]);
        area += v[2];
    }
    for (int i = 0; i < q.size * q.size; i++)
        dark += q.dark[i];
    assert_int_equal(area, dark);
    assert_string_equal(p, "\"/></svg>\n");
    buf_release(&b);
}

static void what_does_not_fit_is_refused(void **state)
{
    static char text[QR_TEXT_MAX + 2];
    struct qr q = {.version = 77};
    struct buf b;
    (void)state;
    memset(text, 'a', sizeof text - 1);
    assert_int_equal(qr_make("", &q), ERR_BAD_VALUE);
    assert_int_equal(qr_make(text, &q), ERR_TOO_LARGE);
    assert_int_equal(q.version, 77);
    text[QR_TEXT_MAX] = 0;
    assert_int_equal(qr_make(text, &q), ERR_OK);
    buf_init(&b, 200);
    buf_adds(&b, "x");
    assert_int_equal(qr_png(&q, 0, &b), ERR_BAD_VALUE);
    assert_int_equal(qr_png(&q, QR_SCALE_MAX + 1, &b), ERR_BAD_VALUE);
    assert_int_equal(qr_png(&q, 3, &b), ERR_TOO_LARGE);
    assert_int_equal(qr_svg(&q, 30, &b), ERR_TOO_LARGE);
    assert_int_equal(qr_svg(&q, 0, &b), ERR_BAD_VALUE);
    assert_int_equal(qr_terminal(&q, true, &b), ERR_TOO_LARGE);
    assert_string_equal(buf_str(&b), "x");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(card_fits_version_7_and_is_read),
        cmocka_unit_test(other_texts_are_read), cmocka_unit_test(modes_are_as_small_as_they_can_be),
        cmocka_unit_test(pictures_have_their_quiet_zone), cmocka_unit_test(terminal_text_is_read),
        cmocka_unit_test(svg_draws_the_dark_modules), cmocka_unit_test(what_does_not_fit_is_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
