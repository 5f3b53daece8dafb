/* Flag > environment > file > default; what cannot work is refused in a sentence. */
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

#include "config.h"

static char file[] = "/tmp/coachhouse-conf-XXXXXX", error[2048];
static struct config config;

static int make_file(void **state)
{
	int fd = mkstemp(file);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(file);
}

static int fresh(void **state)
{
	(void)state;
	config_defaults(&config);
	return 0;
}

static void write_file(const char *text)
{
	FILE *out = fopen(file, "w");

	assert_non_null(out);
	fputs(text, out);
	fclose(out);
}

static bool load(const char *text)
{
	write_file(text);
	error[0] = '\0';
	return config_load(&config, file, true, error, sizeof error);
}

static bool set(const char *name, const char *value)
{
	return config_set(&config, name, value, "flag", error, sizeof error);
}

static bool finish(void)
{
	return config_finish(&config, error, sizeof error);
}

static void the_stronger_source_wins(void **state)
{
	(void)state;
	assert_int_equal(config.depth, 16);
	assert_true(load("[any]\n# a comment\n  depth = 8\nconnections = 2\nlog_level = debug\n"));
	assert_int_equal(config.depth, 8);
	setenv("COACHD_DEPTH", "9", 1);
	assert_true(load("depth = 8\n"));
	unsetenv("COACHD_DEPTH");
	assert_int_equal(config.depth, 9);
	assert_int_equal(config.connections, 2);
	assert_true(set("depth", "10"));
	assert_int_equal(config.depth, 10);
}

static void a_bad_line_is_named_and_changes_nothing(void **state)
{
	static const struct {
		const char *text;
		int line;
	} bad[] = {
		{"depth = 8\nlisen = x\n", 2},
		{"\n\ndepth = many\n", 3},
		{"depth = 0\n", 1},
		{"depth = 257\n", 1},
		{"depth = 8 9\n", 1},
		{"depth = 99999999999999999999\n", 1},
		{"depth = 8\nlog_level = loud", 2},
		{"clock = yesterday\n", 1},
		{"depth\n", 1},
		{"serving_role =\n", 1},
	};
	char place[64];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_false(load(bad[i].text));
		snprintf(place, sizeof place, "%s:%d: ", file, bad[i].line);
		assert_memory_equal(error, place, strlen(place));
		assert_int_equal(error[strlen(error) - 1], '.');
		assert_int_equal(config.depth, 16);
	}
}

static void a_line_too_long_is_refused_not_cut(void **state)
{
	char text[600];

	(void)state;
	memset(text, 'a', sizeof text);
	memcpy(text, "database = ", 11);
	strcpy(text + sizeof text - 2, "\n");
	assert_false(load(text));
	assert_non_null(strstr(error, ":1: The line is too long"));
}

static void a_missing_file_matters_only_when_asked_for(void **state)
{
	(void)state;
	assert_true(config_load(&config, "/nowhere/coachd.conf", false, error, sizeof error));
	assert_false(config_load(&config, "/nowhere/coachd.conf", true, error, sizeof error));
}

static void a_bad_environment_is_named(void **state)
{
	(void)state;
	setenv("COACHD_MAX_CLIENTS", "lots", 1);
	assert_false(load(""));
	unsetenv("COACHD_MAX_CLIENTS");
	assert_memory_equal(error, "COACHD_MAX_CLIENTS: ", 20);
}

static void endpoints_follow_from_data(void **state)
{
	(void)state;
	assert_true(set("data", "/srv/coachhouse"));
	assert_true(finish());
	assert_string_equal(config.keys, "/srv/coachhouse/keys");
	assert_string_equal(config.listen, "ipc:///srv/coachhouse/run/coachd.sock");
	assert_string_equal(config.listen_enrol, "ipc:///srv/coachhouse/run/enrol.sock");
	assert_string_equal(config.advertise, config.listen);
	assert_string_equal(config.advertise_enrol, config.listen_enrol);
}

static void a_path_too_long_for_sockets_moves_them(void **state)
{
	char data[200] = "/srv/", again[64], run[64];

	(void)state;
	memset(data + 5, 'd', 120);
	assert_true(set("data", data));
	assert_true(finish());
	assert_memory_equal(config.listen, "ipc:///tmp/coachhouse-", 22);
	config_run_folder(data, run, sizeof run);
	config_run_folder(data, again, sizeof again);
	assert_string_equal(run, again);
}

static void tcp_on_any_address_needs_advertise(void **state)
{
	static const char *const any[] = {"tcp://*:7711", "tcp://0.0.0.0:7711", "tcp://[::]:7711"};

	(void)state;
	for (size_t i = 0; i < sizeof any / sizeof *any; i++) {
		config_defaults(&config);
		assert_true(set("data", "/srv/c") && set("listen", any[i]));
		assert_false(finish());
		assert_non_null(strstr(error, "--advertise"));
		config_defaults(&config);
		assert_true(set("data", "/srv/c") && set("listen", any[i]) &&
			    set("advertise", any[i]));
		assert_false(finish());
	}
	config_defaults(&config);
	assert_true(set("data", "/srv/c") && set("listen", "tcp://[::]:7711") &&
		    set("advertise", "tcp://coach.example.org:443"));
	assert_true(finish());
	assert_string_equal(config.listen_enrol, "tcp://[::]:7712");
	assert_string_equal(config.advertise_enrol, "tcp://coach.example.org:444");
}

static void a_chosen_enrolment_port_is_advertised(void **state)
{
	(void)state;
	assert_true(set("data", "/srv/c") && set("listen", "tcp://*:7711") &&
		    set("listen_enrol", "tcp://*:9000") &&
		    set("advertise", "tcp://[2001:db8::1]:7711"));
	assert_true(finish());
	assert_string_equal(config.advertise_enrol, "tcp://[2001:db8::1]:9000");
}

/* Where the daemon's next key answers while it changes. */
static void the_next_key_has_doors_of_its_own(void **state)
{
	struct config_next next;

	(void)state;
	assert_true(set("data", "/srv/c"));
	assert_true(finish() && config_next(&config, &next, error, sizeof error));
	assert_string_equal(next.listen, "ipc:///srv/c/run/coachd.sock.next");
	assert_string_equal(next.listen_enrol, "ipc:///srv/c/run/coachd.sock.next.enrol");
	assert_string_equal(next.endpoint, "ipc:///srv/c/run/coachd.sock,"
					   "ipc:///srv/c/run/coachd.sock.next");
	config_defaults(&config);
	assert_true(set("data", "/srv/c") && set("listen", "tcp://*:7711") &&
		    set("advertise", "tcp://coach.example.org:443"));
	assert_true(finish() && config_next(&config, &next, error, sizeof error));
	assert_string_equal(next.listen, "tcp://*:7713");
	assert_string_equal(next.listen_enrol, "tcp://*:7714");
	assert_string_equal(next.endpoint,
			    "tcp://coach.example.org:443,tcp://coach.example.org:445");
	assert_string_equal(next.enrol_endpoint,
			    "tcp://coach.example.org:444,tcp://coach.example.org:446");
	assert_true(set("listen_next", "tcp://*:9000"));
	assert_true(config_next(&config, &next, error, sizeof error));
	assert_string_equal(next.endpoint,
			    "tcp://coach.example.org:443,tcp://coach.example.org:9000");
	assert_string_equal(next.enrol_endpoint,
			    "tcp://coach.example.org:444,tcp://coach.example.org:9001");
	assert_true(set("advertise_next", "tcp://next.example.org:1"));
	assert_true(config_next(&config, &next, error, sizeof error));
	assert_string_equal(next.endpoint, "tcp://coach.example.org:443,tcp://next.example.org:1");
	config_defaults(&config);
	assert_true(set("data", "/srv/c") && set("listen", "tcp://localhost:65533"));
	assert_true(finish());
	assert_false(config_next(&config, &next, error, sizeof error));
	assert_true(set("listen_next", "somewhere"));
	assert_false(config_next(&config, &next, error, sizeof error));
}

/* Clients are told of each, at every one of them. */
static void several_daemons_are_advertised(void **state)
{
	struct config_next next;

	(void)state;
	assert_true(set("data", "/srv/c") && set("listen", "tcp://*:7711") &&
		    set("advertise", "tcp://one.example.org:7711,tcp://two.example.org:443"));
	assert_true(finish() && config_next(&config, &next, error, sizeof error));
	assert_string_equal(config.advertise_enrol,
			    "tcp://one.example.org:7712,tcp://two.example.org:444");
	assert_string_equal(next.endpoint, "tcp://one.example.org:7711,tcp://two.example.org:443,"
					   "tcp://one.example.org:7713,tcp://two.example.org:445");
	assert_string_equal(next.enrol_endpoint,
			    "tcp://one.example.org:7712,tcp://two.example.org:444,"
			    "tcp://one.example.org:7714,tcp://two.example.org:446");
	config_defaults(&config);
	assert_true(set("data", "/srv/c") && set("listen", "ipc:///srv/a/c.sock") &&
		    set("advertise", "ipc:///srv/a/c.sock,ipc:///srv/b/c.sock"));
	assert_true(finish() && config_next(&config, &next, error, sizeof error));
	assert_string_equal(config.advertise_enrol,
			    "ipc:///srv/a/enrol.sock,ipc:///srv/b/enrol.sock");
	assert_string_equal(next.endpoint, "ipc:///srv/a/c.sock,ipc:///srv/b/c.sock,"
					   "ipc:///srv/a/c.sock.next,ipc:///srv/b/c.sock.next");
}

static void what_cannot_work_is_refused(void **state)
{
	static const char *const bad[][3][2] = {
		{{"log_level", "info"}},
		{{"data", "/srv/c"}, {"database", "dbname=c"}},
		{{"database", "dbname=c"}},
		{{"database", "dbname=c"}, {"keys", "/srv/k"}, {"postgresql", "/srv/p"}},
		{{"data", "/srv/c"}, {"serving_role", "other"}},
		{{"data", "/srv/c"}, {"listen", "udp://x:1"}},
		{{"data", "/srv/c"}, {"listen", "tcp://x"}},
		{{"data", "/srv/c"}, {"listen", "tcp://x:0"}},
		{{"data", "/srv/c"}, {"listen", "tcp://:1"}},
		{{"data", "/srv/c"}, {"listen", "tcp://x y:1"}},
		{{"data", "/srv/c"}, {"listen", "tcp://x:65535"}},
		{{"data", "/srv/c"}, {"listen", "ipc://relative"}},
		{{"data", "/srv/c"}, {"listen", "tcp://x:1,tcp://y:1"}},
		{{"data", "/srv/c"}, {"listen", "tcp://2001:db8::1:1"}},
		{{"data", "/srv/c"}, {"listen", "tcp://[2001:db8::1:1"}},
		{{"data", "/srv/c"}, {"listen", "tcp://[]:1"}},
		{{"data", "/srv/c"}, {"listen", "tcp://x/y:1"}},
		{{"data", "/srv/c"}, {"advertise", "tcp://x:1"}},
		{{"data", "/srv/c"}, {"listen", "tcp://x:1"}, {"advertise", "tcp://x:1;tcp://y:1"}},
		{{"data", "/srv/c"},
		 {"listen", "tcp://x:1"},
		 {"advertise", "tcp://x:1, tcp://y:1"}},
		{{"data", "/srv/c"},
		 {"listen", "tcp://x:1"},
		 {"advertise", "tcp://x:1,tcp://y:1,tcp://x:1"}},
		{{"data", "/srv/c"}, {"listen", "tcp://x:1"}, {"advertise", "tcp://x:1,"}},
		{{"data", "/srv/c"}, {"listen", "tcp://x:1"}, {"advertise", "tcp://x:1,tcp://*:1"}},
		{{"data", "/srv/c"},
		 {"listen", "tcp://x:1"},
		 {"advertise", "tcp://a:1,tcp://b:1,tcp://c:1,tcp://d:1,tcp://e:1"}},
		{{"data", "/srv/c"}, {"listen", "tcp://x:1"}, {"listen_enrol", "tcp://x:1"}},
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		config_defaults(&config);
		for (size_t k = 0; k < 3 && bad[i][k][0]; k++)
			assert_true(set(bad[i][k][0], bad[i][k][1]));
		error[0] = '\0';
		assert_false(finish());
		assert_int_equal(error[strlen(error) - 1], '.');
	}
}

/* A flag is said from a folder that one stands in; a file does not know where that will be. */
static void only_a_flag_may_be_relative(void **state)
{
	(void)state;
	assert_true(set("data", "c"));
	assert_true(finish());
	assert_int_equal(config.data[0], '/');
	config_defaults(&config);
	assert_true(load("data = c\n"));
	assert_false(finish());
	assert_non_null(strstr(error, ":1: data is \"c\": say it from the root"));
}

static void print(char *out, size_t size)
{
	FILE *stream = fmemopen(out, size, "w");

	config_print(&config, stream);
	fclose(stream);
}

static void printing_masks_passwords(void **state)
{
	static const char *const secrets[] = {
		"host=h password=hush user=u",
		"password = 'hu\\'hush' dbname=d",
		"postgresql://u:hush@h/d",
		"postgresql://u@h/d?password=hush&x=y",
		"sslpassword=hush password=hush",
		"password=a\\ hush user=u",
		"password=a&hush user=u",
		"password\t=\t'a hush'",
		"postgresql://h:1/d?password=a@hush",
		"postgresql://u:a@hush@h/d",
		"postgresql://u:a?hush@h/d",
		"postgres://u@h/d?pass%77ord=hush",
		"host=c:///run user=u password=hush application_name=a@b",
		"dbname=postgresql://u:hush@h/d",
		"host=h password hush",
	};
	char out[8192];

	(void)state;
	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++) {
		assert_true(set("database", secrets[i]));
		print(out, sizeof out);
		assert_null(strstr(out, "hush"));
		assert_non_null(strstr(out, "***"));
	}
	assert_true(set("database", "host=h passfile=/p user=u"));
	print(out, sizeof out);
	assert_non_null(strstr(out, "database = host=h passfile=/p user=u ; flag\n"));
	assert_non_null(strstr(out, "depth = 16 ; default\n"));
	assert_true(set("database", "postgresql://u:hush@h:1/d?sslmode=require&password=hush&x=y"));
	print(out, sizeof out);
	assert_non_null(strstr(
		out, "database = postgresql://u:***@h:1/d?sslmode=require&password=***&x=y ; "));
}

static void a_reload_takes_what_it_may(void **state)
{
	struct config next = config;
	char waits[128];

	(void)state;
	assert_true(config_set(&next, "log_level", "debug", "x", error, sizeof error));
	assert_true(config_set(&next, "depth", "3", "x", error, sizeof error));
	assert_true(config_set(&next, "clock", "2026-11-17T10:00:00Z", "x", error, sizeof error));
	config_reload(&config, &next, waits, sizeof waits);
	assert_string_equal(config.log_level, "debug");
	assert_int_equal(config.depth, 16);
	assert_string_equal(waits, "clock, depth");
}

static void the_clock_is_an_offset(void **state)
{
	(void)state;
	assert_int_equal(config_clock_offset(&config, 5), 0);
	assert_true(set("clock", "1970-01-01T00:01:00Z"));
	assert_int_equal(config_clock_offset(&config, 1000000), 59000000);
	assert_false(set("clock", "2026-11-17T10:00:00Zx"));
}

/* The text of one setting in the manual page, joined into one line. */
static void paragraph(FILE *page, const char *name, char *out, size_t size)
{
	char line[256], head[80];
	bool inside = false;

	out[0] = '\0';
	rewind(page);
	snprintf(head, sizeof head, "*%s* = _", name);
	while (fgets(line, sizeof line, page)) {
		if (inside && line[0] != '\t')
			break;
		if (inside) {
			line[strcspn(line, "\n")] = ' ';
			assert_true(strlen(out) + strlen(line) < size);
			strcat(out, line + 1);
		}
		inside = inside || strncmp(line, head, strlen(head)) == 0;
	}
}

static void the_manual_page_says_the_same(void **state)
{
	FILE *page = fopen(SOURCE_DIR "/daemon/coachd.conf.5.scd", "r");
	char text[2048], expected[128], line[256];
	int described = 0;

	(void)state;
	assert_non_null(page);
	for (int i = 0; i < CONFIG_SETTINGS; i++) {
		const struct config_setting *setting = &config_settings[i];
		paragraph(page, setting->name, text, sizeof text);
		snprintf(expected, sizeof expected, "Default: %s%s", setting->value,
			 *setting->value ? "." : "");
		if (!strstr(text, expected))
			fail_msg("%s: \"%s\" is not in \"%s\"", setting->name, expected, text);
		snprintf(expected, sizeof expected, "From %ld to %ld.", setting->least,
			 setting->most);
		if (setting->most && !strstr(text, expected))
			fail_msg("%s: \"%s\" is not in \"%s\"", setting->name, expected, text);
	}
	rewind(page);
	while (fgets(line, sizeof line, page))
		described += line[0] == '*' && strstr(line, "* = _") != NULL;
	assert_int_equal(described, CONFIG_SETTINGS);
	fclose(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(the_stronger_source_wins, fresh),
		cmocka_unit_test_setup(a_bad_line_is_named_and_changes_nothing, fresh),
		cmocka_unit_test_setup(a_line_too_long_is_refused_not_cut, fresh),
		cmocka_unit_test_setup(a_missing_file_matters_only_when_asked_for, fresh),
		cmocka_unit_test_setup(a_bad_environment_is_named, fresh),
		cmocka_unit_test_setup(endpoints_follow_from_data, fresh),
		cmocka_unit_test_setup(a_path_too_long_for_sockets_moves_them, fresh),
		cmocka_unit_test_setup(tcp_on_any_address_needs_advertise, fresh),
		cmocka_unit_test_setup(a_chosen_enrolment_port_is_advertised, fresh),
		cmocka_unit_test_setup(the_next_key_has_doors_of_its_own, fresh),
		cmocka_unit_test_setup(several_daemons_are_advertised, fresh),
		cmocka_unit_test_setup(what_cannot_work_is_refused, fresh),
		cmocka_unit_test_setup(only_a_flag_may_be_relative, fresh),
		cmocka_unit_test_setup(printing_masks_passwords, fresh),
		cmocka_unit_test_setup(a_reload_takes_what_it_may, fresh),
		cmocka_unit_test_setup(the_clock_is_an_offset, fresh),
		cmocka_unit_test_setup(the_manual_page_says_the_same, fresh),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
