/* SPDX-License-Identifier: Apache-2.0 */
/* Devices as sysfs shows them, in a directory made for the purpose. */
#include "client/ports/usb/drivers.h"
#include "client/ports/usb/judge.h"
#include "tests/usb/scanner.h"
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A stripe reader by usages: three length bytes, three tracks of 79, 40 and 107 characters, no report id. */
#define MSR_DESC                                                                                                       \
    0x05, 0x8E, 0x09, 0x01, 0xA1, 0x01, 0x15, 0x00, 0x26, 0xFF, 0x00, 0x75, 0x08, 0x95, 0x01, 0x09, 0x11, 0x81, 0x02,  \
        0x09, 0x12, 0x81, 0x02, 0x09, 0x13, 0x81, 0x02, 0x95, 0x4F, 0x09, 0x21, 0x82, 0x02, 0x01, 0x95, 0x28, 0x09,    \
        0x22, 0x82, 0x02, 0x01, 0x95, 0x6B, 0x09, 0x23, 0x82, 0x02, 0x01, 0xC0

static char root[64];

static int make_root(void **state)
{
    (void)state;
    snprintf(root, sizeof root, "/tmp/huika-sysfs-XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int remove_root(void **state)
{
    char command[128];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    return system(command);
}

/* Makes the directories above and the file root/bus/usb/devices/<name>. */
static void put(const char *name, const void *bytes, size_t n)
{
    char path[PATH_MAX];
    FILE *f;

    snprintf(path, sizeof path, "%s/bus/usb/devices/%s", root, name);
    for (char *p = strchr(path + strlen(root) + 1, '/'); p; p = strchr(p + 1, '/')) {
        *p = 0;
        mkdir(path, 0755);
        *p = '/';
    }
    f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

static void puts_(const char *name, const char *text)
{
    put(name, text, strlen(text));
}

static void put_device(const char *product)
{
    puts_("1-1/idVendor", "1eab\n");
    puts_("1-1/idProduct", "0d10\n");
    puts_("1-1/bConfigurationValue", "1\n");
    puts_("1-1/bNumInterfaces", " 2\n");
    puts_("1-1/product", product);
}

static void put_interface(int n, const char *class, const char *subclass, const char *protocol)
{
    char name[64];
    const char *const attrs[][2] = {
        {"bInterfaceClass", class}, {"bInterfaceSubClass", subclass}, {"bInterfaceProtocol", protocol}};

    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "1-1/1-1:1.%d/%s", n, attrs[i][0]);
        puts_(name, attrs[i][1]);
    }
    snprintf(name, sizeof name, "1-1/1-1:1.%d/bInterfaceNumber", n);
    puts_(name, n ? "01\n" : "00\n");
}

static void put_driver(int n, const char *driver)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/bus/usb/devices/1-1/1-1:1.%d/driver", root, n);
    assert_int_equal(symlink(driver, path), 0);
}

static struct judge judge(const char *known_line)
{
    struct known_table *known;
    struct sysfs_device d;
    struct judge j;
    unsigned line;

    assert_int_equal(known_new(&known), ERR_OK);
    assert_int_equal(known_add(known, known_line, strlen(known_line), &line), ERR_OK);
    assert_int_equal(sysfs_device_read(root, "1-1", &d), ERR_OK);
    judge_device(root, "1-1", &d, known_find(known, d.vid, d.pid), &j);
    known_free(&known);
    return j;
}

static void a_device_is_read_as_the_kernel_shows_it(void **state)
{
    struct sysfs_device d = {.vid = 7};

    (void)state;
    assert_int_equal(sysfs_device_read(root, "1-1", &d), ERR_NOT_FOUND);
    assert_int_equal(d.vid, 7);
    /* 20 bytes, 42 bytes, and a character that would be cut in two at 63 */
    put_device("Scan\x1b[31mner \xe6\x89\xab\xe7\xa0\x81 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\xe6\x89\xab\n");
    put_interface(0, "03\n", "00\n", "00\n");
    put_driver(0, "../../../../bus/usb/drivers/usbhid");
    assert_int_equal(sysfs_device_read(root, "1-1", &d), ERR_OK);
    assert_int_equal(d.vid, 0x1EAB);
    assert_int_equal(d.pid, 0x0D10);
    assert_int_equal(d.config, 1);
    assert_int_equal(d.expected_cnt, 2);
    assert_int_equal(d.interface_cnt, 1);
    assert_int_equal(d.interfaces[0].class, 3);
    assert_string_equal(d.interfaces[0].driver, "usbhid");
    assert_null(strchr(d.product, 0x1B));
    assert_int_equal(strlen(d.product), SYSFS_PRODUCT - 2);
    assert_int_equal(d.product[SYSFS_PRODUCT - 3], 'x');
}

static void the_scanner_interface_of_a_composite_device_is_found(void **state)
{
    struct judge j;

    (void)state;
    put_device("x\n");
    put_interface(0, "03\n", "01\n", "01\n");
    put("1-1/1-1:1.0/0003:1EAB:0D10.0001/report_descriptor", scanner_desc_keyboard, sizeof scanner_desc_keyboard);
    put_interface(1, "03\n", "00\n", "00\n");
    put("1-1/1-1:1.1/0003:1EAB:0D10.0002/report_descriptor", scanner_desc_plain, sizeof scanner_desc_plain);
    j = judge("");
    assert_int_equal(j.best, JUDGE_YES);
    assert_int_equal(j.port_cnt, 1);
    assert_ptr_equal(j.ports[0].driver, &driver_pos);
    assert_int_equal(j.ports[0].claim.interface_cnt, 1);
    assert_int_equal(j.ports[0].claim.interfaces[0], 1);
    assert_int_equal(j.ports[0].claim.plan.pos.data_off, 2);
}

static void without_a_driver_only_what_may_be_ours_is_in_doubt(void **state)
{
    struct judge j;

    (void)state;
    put_device("x\n");
    put_interface(0, "03\n", "01\n", "02\n");
    j = judge("");
    assert_int_equal(j.best, JUDGE_NO);
    assert_int_equal(j.why, USB_WHY_MOUSE);
    assert_true(j.unsettled);
    put_interface(0, "08\n", "06\n", "50\n");
    j = judge("");
    assert_int_equal(j.best, JUDGE_NO);
    assert_int_equal(j.why, USB_WHY_STORAGE);
    put_interface(1, "03\n", "00\n", "00\n");
    j = judge("1eab\t0d10\thid_pos\t-\tx\tx\n");
    assert_int_equal(j.best, JUDGE_UNKNOWN);
    assert_int_equal(j.ports[0].claim.data, 1);
    assert_true(j.unsettled);        /* all interfaces are listed, but one has no driver yet */
    puts_("1-1/idVendor", "0525\n"); /* nobody's: could be anything */
    j = judge("");
    assert_int_equal(j.best, JUDGE_NO);
    put_driver(1, "../../bus/usb/drivers/usbfs");
    j = judge("");
    assert_int_equal(j.best, JUDGE_TAKEN);
    assert_int_equal(j.why, USB_WHY_BUSY);
    assert_false(j.unsettled);
}

/* The numbers that make a HID interface a boot keyboard or mouse, and a serial port one, mean something else elsewhere. */
static void class_subclass_and_protocol_count_together(void **state)
{
    static const struct {
        const char *class, *subclass, *protocol;
        enum usb_why why;
    } cases[] = {
        {"03\n", "01\n", "01\n", USB_WHY_KEYBOARD},
        {"03\n", "01\n", "02\n", USB_WHY_MOUSE},
        {"03\n", "01\n", "00\n", USB_WHY_NO_DRIVER},
        {"03\n", "00\n", "01\n", USB_WHY_NO_DRIVER},
        {"03\n", "00\n", "02\n", USB_WHY_NO_DRIVER},
        {"07\n", "01\n", "01\n", USB_WHY_PRINTER},
        {"07\n", "01\n", "02\n", USB_WHY_PRINTER},
        {"08\n", "01\n", "01\n", USB_WHY_STORAGE},
        {"02\n", "02\n", "01\n", USB_WHY_SERIAL},
        {"02\n", "06\n", "00\n", USB_WHY_NOT_OURS}, /* a network card */
        {"0e\n", "02\n", "00\n", USB_WHY_NOT_OURS}, /* a camera */
        {"0e\n", "01\n", "02\n", USB_WHY_NOT_OURS},
    };
    (void)state;
    put_device("x\n");
    puts_("1-1/idVendor", "0525\n");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_interface(0, cases[i].class, cases[i].subclass, cases[i].protocol);
        assert_int_equal(judge("").best, JUDGE_NO);
        assert_int_equal(judge("").why, cases[i].why);
    }
}

static void put_report_desc(int n, const void *bytes, size_t len)
{
    char name[80];

    snprintf(name, sizeof name, "1-1/1-1:1.%d/0003:1EAB:0D10.000%d/report_descriptor", n, n + 1);
    put(name, bytes, len);
}

static void a_descriptor_that_is_none_is_senseless(void **state)
{
    /* a scanner's application whose report could carry no scan */
    static const uint8_t huge[HID_DESC_BYTES + 1],
        buttons[] = {0x05, 0x8C, 0x09, 0x02, 0xA1, 0x01, 0x75, 0x08, 0x95, 0x02, 0x81, 0x02, 0xC0};
    struct judge j;

    (void)state;
    put_device("x\n");
    put_interface(0, "03\n", "00\n", "00\n");
    put_report_desc(0, scanner_desc_aim, sizeof scanner_desc_aim - 1);
    j = judge("");
    assert_int_equal(j.best, JUDGE_SENSELESS);
    assert_int_equal(j.why, USB_WHY_BAD_DESCRIPTOR);
    put_report_desc(0, huge, sizeof huge);
    assert_int_equal(judge("").best, JUDGE_SENSELESS);
    put_report_desc(0, buttons, sizeof buttons);
    j = judge("");
    assert_int_equal(j.best, JUDGE_SENSELESS);
    assert_int_equal(j.why, USB_WHY_BAD_DESCRIPTOR);
    put_report_desc(0, scanner_desc_keyboard, sizeof scanner_desc_keyboard);
    assert_int_equal(judge("").best, JUDGE_NO);
}

static void a_reader_of_codes_and_cards_has_two_ports(void **state)
{
    static const uint8_t msr[] = {MSR_DESC};
    struct judge j;

    (void)state;
    put_device("x\n");
    put_interface(0, "03\n", "00\n", "00\n");
    put_interface(1, "03\n", "00\n", "00\n");
    put_report_desc(0, scanner_desc_aim, sizeof scanner_desc_aim);
    put_report_desc(1, msr, sizeof msr);
    j = judge("");
    assert_int_equal(j.best, JUDGE_YES);
    assert_int_equal(j.port_cnt, 2);
    for (unsigned i = 0; i < 2; i++) {
        bool card = j.ports[i].claim.data == 1;
        assert_ptr_equal(j.ports[i].driver, card ? &driver_msr : &driver_pos);
    }
    assert_int_equal(judge("1eab\t0d10\tignore\t-\tx\tx\n").why, USB_WHY_IGNORED);
    assert_int_equal(judge("1eab\t0d10\tignore\t-\tx\tx\n").best, JUDGE_NO);
}

static void a_keyboard_is_a_scanner_only_if_it_is_named(void **state)
{
    struct judge j;

    (void)state;
    put_device("x\n");
    put_interface(0, "03\n", "01\n", "01\n");
    put_report_desc(0, scanner_desc_keyboard, sizeof scanner_desc_keyboard);
    j = judge("1eab\t0d11\thid_keyboard\t-\tx\tx\n");
    assert_int_equal(j.best, JUDGE_NO);
    assert_int_equal(j.why, USB_WHY_KEYBOARD);
    j = judge("1eab\t0d10\thid_keyboard\t-\tx\tx\n");
    assert_int_equal(j.best, JUDGE_YES);
    assert_ptr_equal(j.ports[0].driver, &driver_kbd);
    j = judge("1eab\t0d10\tvendor\t-\tx\tx\n");
    assert_int_equal(j.best, JUDGE_NO);
    assert_int_equal(j.why, USB_WHY_MODE);
}

static void a_serial_port_is_a_scanner_only_if_it_is_named_and_then_both_interfaces_are(void **state)
{
    struct judge j;

    (void)state;
    put_device("x\n");
    put_interface(0, "02\n", "02\n", "01\n");
    put_interface(1, "0a\n", "00\n", "00\n");
    j = judge("");
    assert_int_equal(j.best, JUDGE_NO);
    assert_int_equal(j.why, USB_WHY_SERIAL);
    j = judge("1eab\t0d10\tcdc_acm\t-\tx\tx\n");
    assert_int_equal(j.best, JUDGE_YES);
    assert_int_equal(j.port_cnt, 1);
    assert_int_equal(j.ports[0].claim.interface_cnt, 2);
    assert_int_equal(j.ports[0].claim.interfaces[1], 1);
    assert_int_equal(j.ports[0].claim.data, 1);
}

static void a_security_key_is_left_alone(void **state)
{
    static const uint8_t fido[] = {0x06, 0xD0, 0xF1, 0x09, 0x01, 0xA1, 0x01, 0x09, 0x20, 0x15, 0x00, 0x26, 0xFF, 0x00,
        0x75, 0x08, 0x95, 0x40, 0x81, 0x02, 0x09, 0x21, 0x95, 0x40, 0x91, 0x02, 0xC0};

    (void)state;
    put_device("x\n");
    put_interface(0, "03\n", "00\n", "00\n");
    put_report_desc(0, fido, sizeof fido);
    assert_int_equal(judge("").best, JUDGE_NO);
    assert_int_equal(judge("").why, USB_WHY_SECURITY_KEY);
    /* not even where a line names the device as a card reader with pages of its own */
    assert_int_equal(judge("1eab\t0d10\tmagtek\t-\tx\tx\n").best, JUDGE_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_device_is_read_as_the_kernel_shows_it, make_root, remove_root),
        cmocka_unit_test_setup_teardown(the_scanner_interface_of_a_composite_device_is_found, make_root, remove_root),
        cmocka_unit_test_setup_teardown(without_a_driver_only_what_may_be_ours_is_in_doubt, make_root, remove_root),
        cmocka_unit_test_setup_teardown(class_subclass_and_protocol_count_together, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_descriptor_that_is_none_is_senseless, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_reader_of_codes_and_cards_has_two_ports, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_keyboard_is_a_scanner_only_if_it_is_named, make_root, remove_root),
        cmocka_unit_test_setup_teardown(
            a_serial_port_is_a_scanner_only_if_it_is_named_and_then_both_interfaces_are, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_security_key_is_left_alone, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
