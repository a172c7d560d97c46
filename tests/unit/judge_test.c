/* SPDX-License-Identifier: Apache-2.0 */
/* Devices as sysfs shows them, in a directory made for the purpose. */
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

static enum judgement judge(uint8_t *interface, struct hid_pos_plan *plan)
{
    struct sysfs_device d;

    assert_int_equal(sysfs_device_read(root, "1-1", &d), ERR_OK);
    return judge_device(root, "1-1", &d, interface, plan);
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
    struct hid_pos_plan plan;
    uint8_t interface = 77;

    (void)state;
    put_device("x\n");
    put_interface(0, "03\n", "01\n", "01\n");
    put("1-1/1-1:1.0/0003:1EAB:0D10.0001/report_descriptor", scanner_desc_keyboard, sizeof scanner_desc_keyboard);
    put_interface(1, "03\n", "00\n", "00\n");
    put("1-1/1-1:1.1/0003:1EAB:0D10.0002/report_descriptor", scanner_desc_plain, sizeof scanner_desc_plain);
    assert_int_equal(judge(&interface, &plan), JUDGE_YES);
    assert_int_equal(interface, 1);
    assert_int_equal(plan.data_off, 2);
}

static void without_a_driver_only_what_may_be_a_scanner_is_in_doubt(void **state)
{
    struct hid_pos_plan plan;
    uint8_t interface = 77;

    (void)state;
    put_device("x\n");
    put_interface(0, "03\n", "01\n", "02\n");
    assert_int_equal(judge(&interface, &plan), JUDGE_NO);
    put_interface(0, "08\n", "06\n", "50\n");
    assert_int_equal(judge(&interface, &plan), JUDGE_NO);
    put_interface(1, "03\n", "00\n", "00\n");
    assert_int_equal(judge(&interface, &plan), JUDGE_UNKNOWN);
    assert_int_equal(interface, 1);
    put_driver(1, "../../bus/usb/drivers/usbfs");
    assert_int_equal(judge(&interface, &plan), JUDGE_TAKEN);
}

static void a_descriptor_that_is_none_is_senseless(void **state)
{
    static const uint8_t huge[HID_DESC_BYTES + 1];
    struct hid_pos_plan plan;
    uint8_t interface = 77;

    (void)state;
    put_device("x\n");
    put_interface(0, "03\n", "00\n", "00\n");
    put("1-1/1-1:1.0/0003:1EAB:0D10.0001/report_descriptor", scanner_desc_aim, sizeof scanner_desc_aim - 1);
    assert_int_equal(judge(&interface, &plan), JUDGE_SENSELESS);
    put("1-1/1-1:1.0/0003:1EAB:0D10.0001/report_descriptor", huge, sizeof huge);
    assert_int_equal(judge(&interface, &plan), JUDGE_SENSELESS);
    put("1-1/1-1:1.0/0003:1EAB:0D10.0001/report_descriptor", scanner_desc_keyboard, sizeof scanner_desc_keyboard);
    assert_int_equal(judge(&interface, &plan), JUDGE_NO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_device_is_read_as_the_kernel_shows_it, make_root, remove_root),
        cmocka_unit_test_setup_teardown(the_scanner_interface_of_a_composite_device_is_found, make_root, remove_root),
        cmocka_unit_test_setup_teardown(
            without_a_driver_only_what_may_be_a_scanner_is_in_doubt, make_root, remove_root),
        cmocka_unit_test_setup_teardown(a_descriptor_that_is_none_is_senseless, make_root, remove_root),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
