/* SPDX-License-Identifier: Apache-2.0 */
/* The test cards. docs/integrating.md lists them; a new one goes to the end, for numbers and tokens follow the order. */
#include "base/tm.h"
#include "client/terminal/sandbox.h"
#include <openssl/pem.h>
#include <string.h>

const struct sandbox_card sandbox_cards[] = {
    {SANDBOX_MEMBER, ERR_OK, "6200000000770011", "*试甲", NULL, "会员有效", "a valid member"},
    {SANDBOX_MEMBER, ERR_OK, "6200000000770029", "*", NULL, "会员有效，单字名",
        "a valid member, a name of one character"},
    {SANDBOX_MEMBER, ERR_OK, "6200000000770037", "*est Person", NULL, "会员有效，英文名",
        "a valid member, an English name"},
    {SANDBOX_SLOW, ERR_OK, "6200000000770045", "*慢", NULL, "会员有效，两秒后才应答",
        "a valid member; the answer takes two seconds"},
    {SANDBOX_USED_UP, ERR_OK, "6200000000770052", "*满", NULL, "今日优惠次数已用完", "its uses for today are up"},
    {SANDBOX_PRINTER, ERR_OK, "6200000000770060", "*纸", NULL, "确认时打印机缺纸",
        "a valid member; at confirm the printer is out of paper"},
    {SANDBOX_DISK, ERR_OK, "6200000000770078", "*盘", NULL, "确认时磁盘已满",
        "a valid member; at confirm the disk is full"},
    {SANDBOX_CLOCK, ERR_OK, "6200000000770086", "*钟", NULL, "本机时钟有误", "this machine's clock is wrong"},
    {SANDBOX_REFUSED, ERR_CARD_LOST, "6200000000770094", NULL, NULL, "已挂失", "reported lost"},
    {SANDBOX_REFUSED, ERR_CARD_FROZEN, "6200000000770102", NULL, NULL, "已冻结", "frozen"},
    {SANDBOX_REFUSED, ERR_CARD_LEFT, "6200000000770110", NULL, NULL, "已退会", "has left the union"},
    {SANDBOX_REFUSED, ERR_CARD_REPLACED, "6200000000770128", NULL, NULL, "已换新卡", "replaced by a newer card"},
    {SANDBOX_REFUSED, ERR_CARD_EXPIRED, "6200000000770136", NULL, NULL, "已过期（服务判定）",
        "expired, says the service"},
    {SANDBOX_REFUSED, ERR_CARD_UNKNOWN, "6200000000770144", NULL, NULL, "不在名册", "not on the list"},
    {SANDBOX_REFUSED, ERR_NUMBERS_LOCKED, "6200000000770151", NULL, NULL, "未知卡号过多", "too many unknown numbers"},
    {SANDBOX_REFUSED, ERR_SHOP_SUSPENDED, "6200000000770169", NULL, NULL, "商户已暂停", "the shop is suspended"},
    {SANDBOX_REFUSED, ERR_SHOP_DELISTED, "6200000000770177", NULL, NULL, "商户已移出名录", "the shop was delisted"},
    {SANDBOX_SILENT, ERR_OK, "6200000000770185", NULL, NULL, "服务无应答（超时）",
        "the service does not answer in time"},
    {SANDBOX_FAILED, ERR_NET_REFUSED, "6200000000770193", NULL, NULL, "连不上服务", "the service cannot be reached"},
    {SANDBOX_FAILED, ERR_NET_CUT, "6200000000770201", NULL, NULL, "连接中断", "the connection is cut"},
    {SANDBOX_FAILED, ERR_TLS_EXPIRED, "6200000000770219", NULL, NULL, "服务证书过期",
        "the service's certificate has expired"},
    {SANDBOX_FAILED, ERR_TOO_MANY, "6200000000770227", NULL, NULL, "请求过于频繁", "too many requests"},
    {SANDBOX_FORGED, ERR_OK, "6200000000770235", NULL, NULL, "伪造的二维码", "a forged QR"},
    {SANDBOX_FOREIGN, ERR_OK, "6200000000770243", NULL, NULL, "二维码网址不属于工会", "a QR of a foreign host"},
    {SANDBOX_EXPIRED, ERR_OK, "6200000000770250", NULL, NULL, "二维码已过有效期", "a QR past its day"},
    {SANDBOX_TEXT, ERR_OK, NULL, NULL, "HTTPS://SANDBOX.HUIKA.EXAMPLE/C/AEAA", "残缺的二维码", "a damaged QR"},
    {SANDBOX_TEXT, ERR_OK, NULL, NULL, "134567890123456789", "付款码", "a payment code"},
    {SANDBOX_TEXT, ERR_OK, NULL, NULL, "https://sandbox.huika.example/card?id=1", "旧版卡二维码", "an older card code"},
    {SANDBOX_TEXT, ERR_OK, NULL, NULL, "6200000000770117", "扫出来的卡号", "a scanned number"},
    {SANDBOX_TEXT, ERR_OK, NULL, NULL, "hello", "不是会员卡", "not a card at all"},
    {SANDBOX_OFFLINE, ERR_NET_REFUSED, "6200000000770318", NULL, NULL, "脱机核验（暂定）",
        "checked offline, provisional"},
};
const size_t sandbox_card_cnt = sizeof sandbox_cards / sizeof *sandbox_cards;

/* Published on purpose: whoever has it can make test cards. */
static const char card_key_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                                   "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgcYT80Q591GZxaCA+\n"
                                   "3OkIY0h9UVwQZxmME4MWA1WCyXqhRANCAARGQCSNSQ7STCyLCy1L/oXWS3z+dB6l\n"
                                   "0Le5zG7SSgC4PlOtvXaS6QP4YiX/dsOLqwgR0lY/hN5cpfkP2STmoMiE\n"
                                   "-----END PRIVATE KEY-----\n";

EVP_PKEY *sandbox_card_key(void)
{
    BIO *b = BIO_new_mem_buf(card_key_pem, -1);
    EVP_PKEY *k = b ? PEM_read_bio_PrivateKey(b, NULL, NULL, NULL) : NULL;
    BIO_free(b);
    return k;
}

static void token_of(size_t i, uint8_t out[static CARD_TOKEN])
{
    memcpy(out, "SANDBOX", 7);
    out[7] = out[8] = 0;
    out[9] = (uint8_t)(i + 1);
}

enum err sandbox_card_text(size_t i, EVP_PKEY *key, int32_t day, char out[static CARD_QR_TEXT_MAX + 1])
{
    const struct sandbox_card *c = &sandbox_cards[i];
    struct card_qr qr = {.key_number = 1};
    if (c->text) {
        memcpy(out, c->text, strlen(c->text) + 1);
        return ERR_OK;
    }
    token_of(i, qr.token);
    qr.last4 = card_last4(c->number, strlen(c->number));
    enum err e = card_expiry_from_day(c->kind == SANDBOX_EXPIRED ? day - 1 : day + 365, &qr.expiry_day);
    EVP_PKEY *other = c->kind == SANDBOX_FORGED ? key_generate() : NULL;
    if (!e)
        e = card_encode(&qr, c->kind == SANDBOX_FOREIGN ? "cards.example" : SANDBOX_HOST, other ? other : key, out);
    key_free(&other);
    return e;
}

const struct sandbox_card *sandbox_card_find(const char *number, const uint8_t *token)
{
    uint8_t mine[CARD_TOKEN];
    for (size_t i = 0; i < sandbox_card_cnt; i++) {
        const struct sandbox_card *c = &sandbox_cards[i];
        token_of(i, mine);
        if (token ? !memcmp(token, mine, CARD_TOKEN) : c->number && !strcmp(c->number, number))
            return c;
    }
    return NULL;
}
