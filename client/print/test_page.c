/* SPDX-License-Identifier: Apache-2.0 */
#include "client/print/test_page.h"

enum { SAMPLE_FEN = 11264 };

static const char *pick(enum err_lang lang, const char *zh, const char *en)
{
    return lang == ERR_LANG_ZH ? zh : en;
}

static void settings(struct lines *g, enum err_lang lang, const struct escpos_device *d)
{
    const char *yes = pick(lang, "有", "yes"), *no = pick(lang, "无", "no");
    lines_row(g, pick(lang, "纸宽", "Paper"), d->dots == ESCPOS_80MM ? "80 mm" : "58 mm");
    lines_row(g, pick(lang, "编码", "Encoding"), escpos_charset_name(d->charset));
    lines_row(g, pick(lang, "二维码", "QR code"),
        d->qr_native ? pick(lang, "由打印机绘制", "by the printer") : pick(lang, "以图像发送", "as a picture"));
    lines_row(g, pick(lang, "切刀", "Cutter"), d->cutter ? yes : no);
    lines_row(g, pick(lang, "钱箱", "Drawer"), d->drawer ? yes : no);
}

/* Counts the columns: shorter than the paper or on two lines, the width is set wrong. */
static void ruler(struct lines *g)
{
    char digits[LINES_COLUMNS_MAX + 1] = "";
    for (size_t i = 0; i < g->columns; i++)
        digits[i] = (char)('0' + (i + 1) % 10);
    lines_text(g, LINES_PLAIN, digits);
}

static void fill(struct lines *g, enum err_lang lang, const void *ctx)
{
    const struct test_page *t = ctx;
    lines_head(g, t->shop_name, LINES_TITLE, pick(lang, "打印测试", "PRINTER TEST"));
    settings(g, lang, &t->device);
    lines_rule(g);
    ruler(g);
    lines_text(g, LINES_PLAIN, "惠卡 Huika ABC abc 0123456789");
    lines_text(g, LINES_PLAIN, "￥128.00  堃喆犇龘 㛃 · ё");
    lines_row_styled(g, LINES_STRONG, pick(lang, "优惠金额", "Discount"), "-15.36");
    lines_sum(g, pick(lang, "应付", "To pay"), SAMPLE_FEN);
    lines_rule(g);
    lines_text(g, LINES_PLAIN,
        pick(lang, "数字应排满一行，汉字应清晰，二维码应能扫出。有误请改 shop.ini 的 paper、charset、qr。",
            "The digits should fill one line, all characters be legible, the code scan. If not, set paper, charset or "
            "qr in "
            "shop.ini."));
}

struct doc test_page_doc(const struct test_page *t)
{
    return (struct doc){
        .fill = fill, .ctx = t, .qr = "HUIKA", .caption_zh = "HUIKA", .caption_en = "HUIKA", .kick = true};
}
