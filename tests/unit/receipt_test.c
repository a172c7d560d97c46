/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "base/width.h"
#include "client/print/receipt.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
/* cmocka wants the four above first */
#include <cmocka.h>

static struct receipt sample(void)
{
    return (struct receipt){.shop_name = "示例饭店",
        .at_utc_ms = INT64_C(1772596800000), /* 2026-03-04 12:00 in Shanghai */
        .terminal_number = 7,
        .seq = 12,
        .total_fen = 12800,
        .discount_fen = 1536,
        .pay_fen = 11264,
        .offer_title = "餐饮八八折",
        .verdict = VERDICT_MEMBER,
        .card_last4 = "0001",
        .name_masked = "*建涛",
        .cashier = "07",
        .sale_id = "01KJVX8N00ABCDEFGHJKMNPQRS"};
}

static void expect(const struct receipt *r, enum err_lang lang, size_t columns, const char *want)
{
    struct buf b;
    buf_init(&b, 8192);
    assert_int_equal(receipt_text(r, lang, columns, &b), ERR_OK);
    assert_string_equal(buf_str(&b), want);
    buf_release(&b);
}

static void chinese_on_58_mm(void **state)
{
    struct receipt r = sample();
    (void)state;
    expect(&r, ERR_LANG_ZH, RECEIPT_58MM,
        "            示例饭店\n"
        "        工会会员优惠小票\n"
        "--------------------------------\n"
        "时间         2026-03-04 12:00:00\n"
        "终端 7                 流水号 12\n"
        "收银员                        07\n"
        "--------------------------------\n"
        "合计（元）                128.00\n"
        "优惠                  餐饮八八折\n"
        "优惠金额                  -15.36\n"
        "应付                    ￥112.64\n"
        "--------------------------------\n"
        "会员卡                 **** 0001\n"
        "会员                       *建涛\n"
        "核验                    会员有效\n"
        "--------------------------------\n"
        "交易  01KJVX8N00ABCDEFGHJKMNPQRS\n"
        "工会热线                   12351\n");
}

static void english_on_58_mm(void **state)
{
    struct receipt r = sample();
    (void)state;
    expect(&r, ERR_LANG_EN, RECEIPT_58MM,
        "            示例饭店\n"
        "      UNION MEMBER RECEIPT\n"
        "--------------------------------\n"
        "Time         2026-03-04 12:00:00\n"
        "Terminal 7                No. 12\n"
        "Cashier                       07\n"
        "--------------------------------\n"
        "Total, yuan               128.00\n"
        "Offer                 餐饮八八折\n"
        "Discount                  -15.36\n"
        "To pay                  ￥112.64\n"
        "--------------------------------\n"
        "Card                   **** 0001\n"
        "Member                     *建涛\n"
        "Verdict         member confirmed\n"
        "--------------------------------\n"
        "Sale  01KJVX8N00ABCDEFGHJKMNPQRS\n"
        "Union hotline              12351\n");
}

static void chinese_on_80_mm(void **state)
{
    struct receipt r = sample();
    (void)state;
    expect(&r, ERR_LANG_ZH, RECEIPT_80MM,
        "                    示例饭店\n"
        "                工会会员优惠小票\n"
        "------------------------------------------------\n"
        "时间                         2026-03-04 12:00:00\n"
        "终端 7                                 流水号 12\n"
        "收银员                                        07\n"
        "------------------------------------------------\n"
        "合计（元）                                128.00\n"
        "优惠                                  餐饮八八折\n"
        "优惠金额                                  -15.36\n"
        "应付                                    ￥112.64\n"
        "------------------------------------------------\n"
        "会员卡                                 **** 0001\n"
        "会员                                       *建涛\n"
        "核验                                    会员有效\n"
        "------------------------------------------------\n"
        "交易                  01KJVX8N00ABCDEFGHJKMNPQRS\n"
        "工会热线                                   12351\n");
}

/* By number: no name. The shop's own price: no offer's title. No cashier, no seq. A copy says so at both ends. */
static void own_price_by_number_as_a_copy(void **state)
{
    struct receipt r = sample();
    (void)state;
    r.own_price = r.copy = true;
    r.name_masked = "";
    r.cashier = NULL;
    r.offer_title = NULL;
    r.seq = 0;
    expect(&r, ERR_LANG_EN, RECEIPT_80MM,
        "                  *** COPY ***\n"
        "                    示例饭店\n"
        "              UNION MEMBER RECEIPT\n"
        "------------------------------------------------\n"
        "Time                         2026-03-04 12:00:00\n"
        "Terminal                                       7\n"
        "------------------------------------------------\n"
        "Total, yuan                               128.00\n"
        "Offer                       the shop's own price\n"
        "Discount                                  -15.36\n"
        "To pay                                  ￥112.64\n"
        "------------------------------------------------\n"
        "Card                                   **** 0001\n"
        "Verdict                         member confirmed\n"
        "------------------------------------------------\n"
        "Sale                  01KJVX8N00ABCDEFGHJKMNPQRS\n"
        "Union hotline                              12351\n"
        "                  *** COPY ***\n");
}

/* Checked offline: said where the verdict stands, and what will happen, on either paper. */
static void provisional_in_plain_words(void **state)
{
    struct receipt r = sample();
    (void)state;
    r.verdict = VERDICT_PROVISIONAL;
    expect(&r, ERR_LANG_ZH, RECEIPT_58MM,
        "            示例饭店\n"
        "        工会会员优惠小票\n"
        "--------------------------------\n"
        "时间         2026-03-04 12:00:00\n"
        "终端 7                 流水号 12\n"
        "收银员                        07\n"
        "--------------------------------\n"
        "合计（元）                128.00\n"
        "优惠                  餐饮八八折\n"
        "优惠金额                  -15.36\n"
        "应付                    ￥112.64\n"
        "--------------------------------\n"
        "会员卡                 **** 0001\n"
        "会员                       *建涛\n"
        "核验            脱机核验（暂定）\n"
        " 本单脱机核验，联网后由工会确认\n"
        "--------------------------------\n"
        "交易  01KJVX8N00ABCDEFGHJKMNPQRS\n"
        "工会热线                   12351\n");
    expect(&r, ERR_LANG_EN, RECEIPT_80MM,
        "                    示例饭店\n"
        "              UNION MEMBER RECEIPT\n"
        "------------------------------------------------\n"
        "Time                         2026-03-04 12:00:00\n"
        "Terminal 7                                No. 12\n"
        "Cashier                                       07\n"
        "------------------------------------------------\n"
        "Total, yuan                               128.00\n"
        "Offer                                 餐饮八八折\n"
        "Discount                                  -15.36\n"
        "To pay                                  ￥112.64\n"
        "------------------------------------------------\n"
        "Card                                   **** 0001\n"
        "Member                                     *建涛\n"
        "Verdict                     offline, provisional\n"
        "  Checked offline; the union confirms it when\n"
        "         this terminal is online again.\n"
        "------------------------------------------------\n"
        "Sale                  01KJVX8N00ABCDEFGHJKMNPQRS\n"
        "Union hotline                              12351\n");
}

/* What is too long for its line goes on lines of its own, broken at spaces or between characters. */
static void long_texts_wrap(void **state)
{
    struct receipt r = sample();
    (void)state;
    r.shop_name = "郑州市某某某某某某某某某某示例餐饮管理有限公司";
    r.cashier = "a cashier of 26 characters"; /* with its label just as wide as the paper: no gap would be left */
    r.offer_title = "twelve per cent off every dish of the day, drinks aside";
    expect(&r, ERR_LANG_ZH, RECEIPT_58MM,
        "郑州市某某某某某某某某某某示例餐\n"
        "         饮管理有限公司\n"
        "        工会会员优惠小票\n"
        "--------------------------------\n"
        "时间         2026-03-04 12:00:00\n"
        "终端 7                 流水号 12\n"
        "收银员\n"
        "      a cashier of 26 characters\n"
        "--------------------------------\n"
        "合计（元）                128.00\n"
        "优惠\n"
        "  twelve per cent off every dish\n"
        "        of the day, drinks aside\n"
        "优惠金额                  -15.36\n"
        "应付                    ￥112.64\n"
        "--------------------------------\n"
        "会员卡                 **** 0001\n"
        "会员                       *建涛\n"
        "核验                    会员有效\n"
        "--------------------------------\n"
        "交易  01KJVX8N00ABCDEFGHJKMNPQRS\n"
        "工会热线                   12351\n");
}

static void check_lines(const struct buf *b)
{
    const char *at = buf_str(b), *end;
    for (; *at; at = end + 1) {
        char line[512];
        end = strchr(at, '\n');
        assert_non_null(end);
        memcpy(line, at, (size_t)(end - at));
        line[end - at] = 0;
        assert_true(width_text(line) <= RECEIPT_58MM);
        assert_null(strchr(line, 0x1b));
    }
}

/* Whatever stands in the names: no line is wider than the paper, none holds a control character. */
static void nothing_leaves_the_paper(void **state)
{
    static const char *const bits[] = {"惠", "a", " ", "\xcc\x81", "é", "\x1b", "\n", "👍", "ﾊ", "0123456789", "会员"};
    uint32_t rng = 20260304;
    (void)state;
    for (int n = 0; n < 3000; n++) {
        char text[200] = "";
        struct receipt r = sample();
        struct buf b;
        for (size_t len = 0, want = (rng = rng * 1664525 + 1013904223) >> 25; len + 11 < want;) {
            const char *s = bits[((rng = rng * 1664525 + 1013904223) >> 16) % (sizeof bits / sizeof *bits)];
            memcpy(text + len, s, strlen(s) + 1);
            len += strlen(s);
        }
        r.shop_name = r.offer_title = r.name_masked = r.cashier = text;
        buf_init(&b, 8192);
        assert_int_equal(receipt_text(&r, ERR_LANG_ZH, RECEIPT_58MM, &b), ERR_OK);
        assert_true(text_is_utf8(buf_str(&b), b.len));
        check_lines(&b);
        buf_release(&b);
    }
}

static void refuses_what_is_no_receipt(void **state)
{
    struct receipt r = sample();
    struct buf b;
    (void)state;
    buf_init(&b, 8192);
    buf_adds(&b, "before");
    r.verdict = (enum verdict)0;
    assert_int_equal(receipt_text(&r, ERR_LANG_ZH, RECEIPT_58MM, &b), ERR_BAD_VALUE);
    r = sample();
    r.pay_fen++;
    assert_int_equal(receipt_text(&r, ERR_LANG_ZH, RECEIPT_58MM, &b), ERR_BAD_VALUE);
    r = sample();
    r.discount_fen = -1;
    r.pay_fen = 12801;
    assert_int_equal(receipt_text(&r, ERR_LANG_ZH, RECEIPT_58MM, &b), ERR_BAD_VALUE);
    r = sample();
    assert_int_equal(receipt_text(&r, ERR_LANG_ZH, 23, &b), ERR_BAD_VALUE);
    assert_int_equal(receipt_text(&r, ERR_LANG_ZH, 81, &b), ERR_BAD_VALUE);
    b.max = 100;
    assert_int_equal(receipt_text(&r, ERR_LANG_ZH, RECEIPT_58MM, &b), ERR_TOO_LARGE);
    assert_string_equal(buf_str(&b), "before");
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(chinese_on_58_mm), cmocka_unit_test(english_on_58_mm),
        cmocka_unit_test(chinese_on_80_mm), cmocka_unit_test(own_price_by_number_as_a_copy),
        cmocka_unit_test(provisional_in_plain_words), cmocka_unit_test(long_texts_wrap),
        cmocka_unit_test(nothing_leaves_the_paper), cmocka_unit_test(refuses_what_is_no_receipt)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
