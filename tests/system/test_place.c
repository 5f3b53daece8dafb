/* Setting a place up, and what coachd says when it cannot run there. No daemon serves here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define ADMIN \
	" --admin ada@example.org --name 'Ada Example' --organisation Elmfield --sector council"

static char folder[] = "/tmp/coachhouse-place-XXXXXX", data[80];
static char said[8192], printed[2048];

static void read_all(FILE *in, char *out, size_t size)
{
	size_t length = fread(out, 1, size - 1, in);

	out[length] = '\0';
}

/* Runs `coachd ARGUMENTS`; keeps what it printed and said; its exit code. */
static int coachd(const char *format, ...) __attribute__((format(printf, 1, 2)));

static int coachd(const char *format, ...)
{
	char arguments[1024], command[2048], complaints[128];
	va_list values;
	FILE *in;
	int status;

	va_start(values, format);
	vsnprintf(arguments, sizeof arguments, format, values);
	va_end(values);
	snprintf(complaints, sizeof complaints, "%s/complaints", folder);
	snprintf(command, sizeof command, "timeout 60 %s/coachd %s 2>%s", BUILD_DIR, arguments,
		 complaints);
	in = popen(command, "r");
	assert_non_null(in);
	read_all(in, printed, sizeof printed);
	status = pclose(in);
	in = fopen(complaints, "r");
	assert_non_null(in);
	read_all(in, said, sizeof said);
	fclose(in);
	return WEXITSTATUS(status);
}

static int set_up(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(data, sizeof data, "%s/data", folder);
	/* Started by root, coachd becomes another user, who must get in. */
	return chmod(folder, 0755);
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", folder);
	return system(command);
}

static void a_place_that_is_not_set_up_says_so(void **state)
{
	(void)state;
	assert_int_equal(coachd("--data %s", data), 1);
	assert_non_null(strstr(said, "run coachd init --data"));
	assert_int_equal(access(data, F_OK), -1);
	assert_int_equal(coachd("invite-admin ada@example.org --data %s", data), 1);
	assert_non_null(strstr(said, "run coachd init --data"));
}

static void wrong_usage_is_two(void **state)
{
	static const char *const wrong[] = {
		"frobnicate",
		"init",
		"invite-admin",
		"--no-such-flag",
		"init --admin a@example.org --name A --organisation O --sector church",
		"--admin a@example.org",
	};

	static const char *const strings[] = {
		"--database 'hots=db1'",
		"--database host=db1 --serving 'host'",
		"--database host=db1 --report-database 'host=db2 taget_session_attrs=standby'",
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_int_equal(coachd("--data %s %s", data, wrong[i]), 2);
	assert_int_equal(coachd("--help"), 0);
	assert_int_equal(coachd("--data %s --check-config", data), 0);
	assert_int_equal(coachd("--data %s --listen 'tcp://*:7711' --check-config", data), 1);
	assert_non_null(strstr(said, "--advertise"));
	assert_int_equal(coachd("--config %s --check-config", folder), 1);
	assert_non_null(strstr(said, "cannot be read: Is a directory"));
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++) {
		assert_int_equal(coachd("--keys %s --check-config %s", folder, strings[i]), 1);
		assert_non_null(strstr(said, "is not a connection string that libpq understands"));
	}
	assert_int_equal(coachd("--keys %s --check-config --database host=db1", folder), 0);
	assert_int_equal(coachd("--data %s --check-config one two", data), 2);
	assert_int_equal(coachd("postgresql --data %s", data), 1);
	assert_non_null(strstr(said, "--postgresql DIR"));
}

static void init_prints_one_line(void **state)
{
	char expected[128];

	(void)state;
	assert_int_equal(coachd("init --data %s" ADMIN " --listen 'tcp://*:7711' --advertise "
				"tcp://coach.example.org:7711",
				data),
			 0);
	snprintf(expected, sizeof expected, "coachhouse:tcp://coach.example.org:7712:");
	assert_memory_equal(printed, expected, strlen(expected));
	assert_ptr_equal(strchr(printed, '\n'), printed + strlen(printed) - 1);
	assert_int_equal(strlen(printed), strlen(expected) + 64 + 1 + 43 + 1);
	if (strstr(said, "postgresql["))
		fail_msg("PostgreSQL speaks up: %s", said);
}

static void its_endpoints_are_kept(void **state)
{
	(void)state;
	assert_int_equal(coachd("--data %s --print-config", data), 0);
	assert_non_null(strstr(printed, "advertise = tcp://coach.example.org:7711 ; /tmp/"));
}

static void init_again_says_what_exists(void **state)
{
	(void)state;
	assert_int_equal(coachd("init --data %s" ADMIN, data), 1);
	assert_string_equal(printed, "");
	assert_non_null(strstr(said, "is set up already"));
	assert_non_null(strstr(said, "coachd invite-admin EMAIL --data"));
}

static void an_administrator_is_invited_again(void **state)
{
	(void)state;
	assert_int_equal(coachd("invite-admin ADA@example.org --data %s", data), 0);
	assert_memory_equal(printed, "coachhouse:tcp://", 17);
	assert_int_equal(coachd("invite-admin bea@example.org --data %s", data), 1);
	assert_non_null(strstr(said, "No administrator"));
	assert_string_equal(printed, "");
}

static void a_place_in_use_is_refused(void **state)
{
	char path[128];
	FILE *lock;

	(void)state;
	snprintf(path, sizeof path, "%s/lock", data);
	lock = fopen(path, "r+");
	assert_non_null(lock);
	assert_int_equal(flock(fileno(lock), LOCK_EX), 0);
	assert_int_equal(coachd("--data %s", data), 1);
	assert_non_null(strstr(said, "Another coachd (process "));
	fclose(lock);
}

static void in_keys(const char *name, char *out, size_t size)
{
	snprintf(out, size, "%s/keys/%s", data, name);
}

static void keys_that_others_read_are_refused(void **state)
{
	static const char *const names[] = {"seal.keys", "server.key"};
	char path[128];

	(void)state;
	for (int i = 0; i < 2; i++) {
		in_keys(names[i], path, sizeof path);
		assert_int_equal(chmod(path, 0640), 0);
		assert_int_equal(coachd("--data %s", data), 1);
		assert_non_null(strstr(said, "can be read by others: run chmod 600"));
		assert_int_equal(chmod(path, 0600), 0);
	}
}

static void lost_keys_are_not_made_anew(void **state)
{
	char path[128], away[128];

	(void)state;
	in_keys("seal.keys", path, sizeof path);
	in_keys("seal.away", away, sizeof away);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(coachd("init --data %s" ADMIN, data), 1);
	assert_non_null(strstr(said, "put the keys back from your backup"));
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(rename(away, path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_place_that_is_not_set_up_says_so),
		cmocka_unit_test(wrong_usage_is_two),
		cmocka_unit_test(init_prints_one_line),
		cmocka_unit_test(its_endpoints_are_kept),
		cmocka_unit_test(init_again_says_what_exists),
		cmocka_unit_test(an_administrator_is_invited_again),
		cmocka_unit_test(a_place_in_use_is_refused),
		cmocka_unit_test(keys_that_others_read_are_refused),
		cmocka_unit_test(lost_keys_are_not_made_anew),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
