/* What people wrote opens for the daemon, under its own label, and not otherwise. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keyring.h"
#include "seal.h"

static const struct seal_label label = {"note", 1042, "us"};
static char folder[] = "/tmp/coachhouse-test-XXXXXX", file[64], error[512], key[9];

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(file, sizeof file, "%s/seal.keys", folder);
	return keyring_create(file, error, sizeof error) && seal_init(file, error, sizeof error)
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	char path[128];
	static const char *const names[] = {"seal.keys", "other.keys", "both.keys", "server.key",
					    "server.pub"};

	(void)state;
	seal_finish();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, names[i]);
		unlink(path);
	}
	return rmdir(folder);
}

static void what_is_sealed_opens(void **state)
{
	static const size_t lengths[] = {0, 1, 255, 256, 257, 16000};
	uint8_t binding[SEAL_BINDING];

	(void)state;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		size_t length = lengths[i], size = seal_size(length), opened = 99;
		char *text = malloc(length + 1), *back = malloc(size);
		uint8_t *box = malloc(size);
		memset(text, 'x', length + 1);
		seal_close(&label, text, length, box, binding);
		assert_int_equal(seal_open(&label, box, size, binding, back, &opened, key),
				 SEAL_OK);
		assert_int_equal(opened, length);
		assert_memory_equal(back, text, length);
		assert_null(memmem(box, size, "xxxxxxxx", 8));
		free(text);
		free(back);
		free(box);
	}
}

static void the_size_tells_steps_of_256_only(void **state)
{
	(void)state;
	assert_int_equal(seal_size(0), SEAL_OVERHEAD + 256);
	assert_int_equal(seal_size(255), SEAL_OVERHEAD + 256);
	assert_int_equal(seal_size(256), SEAL_OVERHEAD + 512);
}

static enum seal_result open_as(const struct seal_label *as, const uint8_t *box, size_t size,
				const uint8_t *binding)
{
	char text[1024];
	size_t length;

	return seal_open(as, box, size, binding, text, &length, key);
}

static void another_label_does_not_open(void **state)
{
	static const struct seal_label others[] = {
		{"action_text", 1042, "us"}, {"note", 1043, "us"},  {"note", 1042, "me"},
		{"not", 1042, "eus"},	     {"note", -1042, "us"}, {"", 1042, "us"},
	};
	uint8_t box[1024], binding[SEAL_BINDING], moved[SEAL_BINDING] = {1};
	size_t size = seal_size(5);

	(void)state;
	seal_close(&label, "hello", 5, box, binding);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		assert_int_equal(open_as(&others[i], box, size, binding), SEAL_BROKEN);
	assert_int_equal(open_as(&label, box, size, moved), SEAL_BROKEN);
	assert_int_equal(open_as(&label, box, size, binding), SEAL_OK);
}

static void an_altered_box_does_not_open(void **state)
{
	uint8_t box[1024], binding[SEAL_BINDING];
	size_t size = seal_size(5);

	(void)state;
	seal_close(&label, "hello", 5, box, binding);
	for (size_t i = 0; i < size; i++) {
		box[i] ^= 0x10;
		assert_int_not_equal(open_as(&label, box, size, binding), SEAL_OK);
		box[i] ^= 0x10;
	}
	for (size_t cut = 0; cut < size; cut++)
		assert_int_equal(open_as(&label, box, cut, binding), SEAL_BROKEN);
}

static void two_boxes_of_one_text_differ(void **state)
{
	uint8_t one[1024], two[1024], first[SEAL_BINDING], second[SEAL_BINDING];

	(void)state;
	seal_close(&label, "hello", 5, one, first);
	seal_close(&label, "hello", 5, two, second);
	assert_memory_not_equal(one, two, seal_size(5));
	assert_memory_not_equal(first, second, SEAL_BINDING);
}

static void append_file(const char *from, FILE *out)
{
	char line[128];
	FILE *in = fopen(from, "r");

	assert_non_null(in);
	while (fgets(line, sizeof line, in))
		fputs(line, out);
	fclose(in);
}

static void every_loaded_key_opens_and_the_last_seals(void **state)
{
	char other[64], both[64];
	uint8_t old[1024], new[1024], old_binding[SEAL_BINDING], new_binding[SEAL_BINDING];
	size_t size = seal_size(5);
	FILE *out;

	(void)state;
	snprintf(other, sizeof other, "%s/other.keys", folder);
	snprintf(both, sizeof both, "%s/both.keys", folder);
	seal_close(&label, "hello", 5, old, old_binding);
	assert_true(keyring_create(other, error, sizeof error));
	assert_true(seal_init(other, error, sizeof error));
	assert_int_equal(open_as(&label, old, size, old_binding), SEAL_NO_KEY);
	assert_memory_equal(key, old + 1, 8);

	out = fopen(both, "w");
	append_file(file, out);
	append_file(other, out);
	fclose(out);
	chmod(both, 0600);
	assert_true(seal_init(both, error, sizeof error));
	seal_close(&label, "hello", 5, new, new_binding);
	assert_int_equal(open_as(&label, old, size, old_binding), SEAL_OK);
	assert_true(seal_init(other, error, sizeof error));
	assert_int_equal(open_as(&label, new, size, new_binding), SEAL_OK);
	assert_true(seal_init(file, error, sizeof error));
}

/* The name of the key that sealed it. */
static const char *sealed_by(const uint8_t *box)
{
	static char name[KEYRING_NAME + 1];

	memcpy(name, box + 1, KEYRING_NAME);
	return name;
}

static void a_key_is_added_and_found(void **state)
{
	char name[KEYRING_NAME + 1], first[KEYRING_NAME + 1];
	uint8_t old[1024], fresh[1024], binding[SEAL_BINDING];
	size_t size = seal_size(5);
	struct stat info;

	(void)state;
	assert_false(seal_refresh());
	snprintf(first, sizeof first, "%s", seal_sealing());
	seal_close(&label, "hello", 5, old, binding);
	assert_true(keyring_add(file, name, error, sizeof error));
	assert_int_equal(stat(file, &info), 0);
	assert_int_equal(info.st_mode & 07777, 0600);
	assert_string_equal(seal_sealing(), first);
	assert_true(seal_refresh());
	assert_false(seal_refresh());
	assert_string_equal(seal_key(0), first);
	assert_string_equal(seal_key(1), name);
	assert_null(seal_key(2));
	assert_string_equal(seal_sealing(), name);
	/* Sealed again it is as long, opens under its label and binding, and is the new key's. */
	assert_int_equal(seal_again(&label, old, size, binding, fresh, key), SEAL_OK);
	assert_string_equal(sealed_by(old), first);
	assert_string_equal(sealed_by(fresh), name);
	assert_int_equal(open_as(&label, fresh, size, binding), SEAL_OK);
	/* Who has only the old file learns of the key by looking for it. */
	assert_true(keyring_add(file, name, error, sizeof error));
	memcpy(fresh + 1, name, KEYRING_NAME);
	assert_int_equal(open_as(&label, fresh, size, binding), SEAL_BROKEN);
	assert_string_equal(seal_sealing(), name);
}

static void what_does_not_open_is_not_sealed_again(void **state)
{
	static const struct seal_label other = {"note", 1043, "us"};
	uint8_t box[1024], fresh[1024] = {0}, binding[SEAL_BINDING];
	size_t size = seal_size(5);

	(void)state;
	seal_close(&label, "hello", 5, box, binding);
	assert_int_equal(seal_again(&other, box, size, binding, fresh, key), SEAL_BROKEN);
	assert_null(memmem(fresh, size, "hello", 5));
	memcpy(box + 1, "nonesuch", KEYRING_NAME);
	assert_int_equal(seal_again(&label, box, size, binding, fresh, key), SEAL_NO_KEY);
	assert_string_equal(key, "nonesuch");
	assert_int_equal(seal_again(&label, box, 20, binding, fresh, key), SEAL_BROKEN);
}

/* Comments stay; so does the file, whatever is asked for. */
static void a_key_is_taken_out(void **state)
{
	char first[KEYRING_NAME + 1], name[KEYRING_NAME + 1], line[200] = "";
	struct stat before, after;
	FILE *out = fopen(file, "a");

	(void)state;
	assert_non_null(out);
	fputs("# copied to the safe", out); /* without its end */
	fclose(out);
	assert_true(keyring_add(file, name, error, sizeof error));
	snprintf(first, sizeof first, "%s", seal_key(0));
	assert_int_equal(stat(file, &before), 0);
	assert_false(keyring_remove(file, name, error, sizeof error));
	assert_non_null(strstr(error, "coachd keys add first"));
	assert_false(keyring_remove(file, "nonesuch", error, sizeof error));
	assert_false(keyring_remove(file, "", error, sizeof error));
	assert_true(keyring_remove(file, first, error, sizeof error));
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(after.st_mtime, before.st_mtime);
	assert_true(keyring_age(file) < 60);
	out = fopen(file, "r");
	for (bool found = false; !found;) {
		assert_non_null(fgets(line, sizeof line, out));
		assert_int_not_equal(strncmp(line, first, strlen(first)), 0);
		found = strcmp(line, "# copied to the safe\n") == 0;
	}
	fclose(out);
	assert_true(seal_refresh());
	assert_string_equal(seal_sealing(), name);
}

/* One that cannot be copied whole is not replaced by its beginning. */
static void a_long_file_stays_whole(void **state)
{
	char name[KEYRING_NAME + 1];
	struct stat as_it_was, before, after;
	FILE *out = fopen(file, "a");

	(void)state;
	assert_non_null(out);
	assert_int_equal(stat(file, &as_it_was), 0);
	for (int i = 0; i < 5000; i++)
		fputs("# a comment that goes on\n", out);
	fclose(out);
	assert_int_equal(stat(file, &before), 0);
	assert_false(keyring_add(file, name, error, sizeof error));
	assert_non_null(strstr(error, "too long"));
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(after.st_size, before.st_size);
	assert_int_equal(truncate(file, as_it_was.st_size), 0);
}

/* One that was cut off leaves the old file, and a new one that the next overwrites. */
static void the_file_is_whole_whatever_happens(void **state)
{
	char fresh[80], name[KEYRING_NAME + 1], real[80];
	FILE *out;

	(void)state;
	snprintf(fresh, sizeof fresh, "%s.new", file);
	snprintf(real, sizeof real, "%s.real", file);
	out = fopen(fresh, "w");
	assert_non_null(out);
	fputs("half a ke", out);
	fclose(out);
	assert_true(keyring_add(file, name, error, sizeof error));
	assert_int_not_equal(access(fresh, F_OK), 0);
	/* A link is not followed. */
	assert_int_equal(rename(file, real), 0);
	assert_int_equal(symlink(real, file), 0);
	assert_false(keyring_add(file, name, error, sizeof error));
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rename(real, file), 0);
	assert_true(seal_refresh());
}

/* What cannot be used changes nothing. */
static void a_bad_change_is_passed_over(void **state)
{
	char sealing[KEYRING_NAME + 1], away[80];

	(void)state;
	snprintf(sealing, sizeof sealing, "%s", seal_sealing());
	snprintf(away, sizeof away, "%s.away", file);
	chmod(file, 0644);
	assert_false(seal_refresh());
	assert_string_equal(seal_sealing(), sealing);
	assert_int_equal(rename(file, away), 0);
	assert_false(seal_refresh());
	assert_false(seal_refresh());
	assert_string_equal(seal_sealing(), sealing);
	assert_int_equal(rename(away, file), 0);
	chmod(file, 0600);
	assert_true(seal_refresh());
}

static void write_keys(const char *text, mode_t mode)
{
	char other[64];
	FILE *out;

	snprintf(other, sizeof other, "%s/other.keys", folder);
	out = fopen(other, "w");
	assert_non_null(out);
	fputs(text, out);
	fclose(out);
	chmod(other, mode);
	error[0] = '\0';
	assert_false(seal_init(other, error, sizeof error));
	assert_non_null(strstr(error, other));
}

static void a_bad_keys_file_is_refused_with_a_sentence(void **state)
{
	char good[80];

	(void)state;
	memset(good, 'a', sizeof good);
	memcpy(good, "k1 ", 3);
	good[67] = '\0';
	write_keys("", 0600);
	write_keys("k1 abcd\n", 0600);
	write_keys("a-name-too-long aa\n", 0600);
	assert_non_null(strstr(error, ":1:"));
	char twice[160];
	snprintf(twice, sizeof twice, "%.67s\n%.67s\n", good, good);
	write_keys(twice, 0600);
	assert_non_null(strstr(error, "stands there twice"));
	char comment[400] = "";
	memset(comment, '#', 255);
	strcat(comment, good); /* where a line of 255 characters would end */
	write_keys(comment, 0600);
	assert_non_null(strstr(error, "too long"));
	write_keys(good, 0640);
	assert_non_null(strstr(error, "chmod 600"));
	write_keys(good, 0604);
	assert_false(seal_init("/nowhere/seal.keys", error, sizeof error));
	assert_true(seal_init(file, error, sizeof error));
	assert_false(keyring_create(file, error, sizeof error));
}

static void the_key_pair_of_the_daemon_is_kept(void **state)
{
	struct seal_server one, two;
	char path[64];

	(void)state;
	assert_true(seal_server_create(folder, "server", error, sizeof error));
	assert_false(seal_server_create(folder, "server", error, sizeof error));
	assert_true(seal_server_load(folder, "server", &one, error, sizeof error));
	assert_true(seal_server_load(folder, "server", &two, error, sizeof error));
	assert_int_equal(strlen(one.public_key), 64);
	assert_string_equal(one.public_key, two.public_key);
	assert_string_not_equal(one.public_key, one.secret_key);
	snprintf(path, sizeof path, "%s/server.key", folder);
	chmod(path, 0644);
	assert_false(seal_server_load(folder, "server", &one, error, sizeof error));
}

static void tokens_are_new_each_time(void **state)
{
	char one[44], two[44];
	uint8_t first[32], second[32];

	(void)state;
	seal_token(one, first);
	seal_token(two, second);
	assert_int_equal(strlen(one), 43);
	assert_int_equal(
		strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"),
		43);
	assert_string_not_equal(one, two);
	assert_memory_not_equal(first, second, 32);
}

static void a_folder_is_no_file_of_keys(void **state)
{
	(void)state;
	assert_null(keyring_read(folder, error, sizeof error));
	assert_non_null(strstr(error, "is no file"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens),
		cmocka_unit_test(the_size_tells_steps_of_256_only),
		cmocka_unit_test(another_label_does_not_open),
		cmocka_unit_test(an_altered_box_does_not_open),
		cmocka_unit_test(two_boxes_of_one_text_differ),
		cmocka_unit_test(every_loaded_key_opens_and_the_last_seals),
		cmocka_unit_test(a_bad_keys_file_is_refused_with_a_sentence),
		cmocka_unit_test(a_key_is_added_and_found),
		cmocka_unit_test(what_does_not_open_is_not_sealed_again),
		cmocka_unit_test(a_key_is_taken_out),
		cmocka_unit_test(a_long_file_stays_whole),
		cmocka_unit_test(the_file_is_whole_whatever_happens),
		cmocka_unit_test(a_bad_change_is_passed_over),
		cmocka_unit_test(the_key_pair_of_the_daemon_is_kept),
		cmocka_unit_test(tokens_are_new_each_time),
		cmocka_unit_test(a_folder_is_no_file_of_keys),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
