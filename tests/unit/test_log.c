/* One line per event, whatever is in it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "log_fields.h"

static char seen[8192];

/* Runs `write_lines` with standard error in a pipe, and keeps what it wrote. */
static void capture(void (*write_lines)(void))
{
	int ends[2], kept = dup(STDERR_FILENO);
	ssize_t length;

	assert_int_equal(pipe(ends), 0);
	dup2(ends[1], STDERR_FILENO);
	write_lines();
	dup2(kept, STDERR_FILENO);
	close(kept);
	close(ends[1]);
	length = read(ends[0], seen, sizeof seen - 1);
	close(ends[0]);
	seen[length > 0 ? length : 0] = '\0';
}

static void write_plain(void)
{
	log_warning("pool", "lost %d of %s", 3, "4");
}

static void a_line_is_logfmt_with_a_priority(void **state)
{
	(void)state;
	capture(write_plain);
	assert_string_equal(seen, "<4>area=pool msg=\"lost 3 of 4\"\n");
}

static void write_hostile(void)
{
	log_error("call", "%s",
		  "a\"b\\c\nd\te\x7f"
		  "f \xc3\xa9");
}

static void a_hostile_text_stays_in_its_line(void **state)
{
	(void)state;
	capture(write_hostile);
	assert_string_equal(seen, "<3>area=call msg=\"a\\\"b\\\\c\\nd e f \xc3\xa9\"\n");
}

static void write_below(void)
{
	log_info("server", "dropped");
	log_debug("server", "dropped");
	log_error("server", "kept");
}

static void lines_below_the_level_are_dropped(void **state)
{
	(void)state;
	log_set_level(LOG_WARNING);
	capture(write_below);
	log_set_level(LOG_INFO);
	assert_string_equal(seen, "<3>area=server msg=\"kept\"\n");
}

static void write_long(void)
{
	char text[4000];

	memset(text, '"', sizeof text);
	text[sizeof text - 1] = '\0';
	errno = EXDEV;
	log_error("x", "%s", text);
}

static void a_long_line_is_cut_and_errno_is_kept(void **state)
{
	(void)state;
	capture(write_long);
	assert_int_equal(errno, EXDEV);
	assert_true(strlen(seen) < 2300);
	assert_string_equal(seen + strlen(seen) - 3, "\"\"\n");
}

static void levels_are_words(void **state)
{
	(void)state;
	assert_int_equal(log_level_parse("error"), LOG_ERROR);
	assert_int_equal(log_level_parse("debug"), LOG_DEBUG);
	assert_int_equal(log_level_parse("Debug"), -1);
	assert_int_equal(log_level_parse(""), -1);
}

static const char *field(const struct log_fields *f, const char *name)
{
	static char value[LOG_FIELDS_ROOM];
	const size_t length = strlen(name);

	for (int i = 0; i < f->n; i++) {
		const char *at = f->fields[i].iov_base;
		const size_t size = f->fields[i].iov_len;
		if (size > length && !memcmp(at, name, length) && at[length] == '=') {
			snprintf(value, sizeof value, "%.*s", (int)(size - length - 1),
				 at + length + 1);
			return value;
		}
	}
	return NULL;
}

static void a_line_is_fields_of_the_journal(void **state)
{
	struct log_fields f;

	(void)state;
	log_fields_fill(&f, '6', "call",
			"id=0a1b2c3d method=BookSession person=7 key=89abcdef ms=1.5 code=10 "
			"reason=SLOT_TAKEN other=thing");
	assert_string_equal(field(&f, "PRIORITY"), "6");
	assert_string_equal(field(&f, "COACHHOUSE_AREA"), "call");
	assert_string_equal(field(&f, "COACHHOUSE_CALL"), "0a1b2c3d");
	assert_string_equal(field(&f, "COACHHOUSE_METHOD"), "BookSession");
	assert_string_equal(field(&f, "COACHHOUSE_KEY"), "89abcdef");
	assert_string_equal(field(&f, "COACHHOUSE_CODE"), "10");
	assert_string_equal(field(&f, "COACHHOUSE_REASON"), "SLOT_TAKEN");
	assert_null(field(&f, "COACHHOUSE_OTHER"));
	assert_memory_equal(field(&f, "MESSAGE"), "id=0a1b2c3d method=", 19);
	assert_int_equal(f.n, 11);
}

static void what_does_not_fit_is_left_out(void **state)
{
	struct log_fields f;
	char text[LOG_FIELDS_ROOM] = "";

	(void)state;
	while (strlen(text) < sizeof text - 100)
		strcat(text, "method=A reason=b\nkey= ");
	log_fields_fill(&f, '3', "call", text);
	assert_in_range(f.n, 4, LOG_FIELDS);
	assert_true(f.used <= sizeof f.room);
	assert_null(field(&f, "COACHHOUSE_KEY"));
	for (int i = 1; i < f.n; i++)
		assert_null(memchr(f.fields[i].iov_base, '\n', f.fields[i].iov_len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_logfmt_with_a_priority),
		cmocka_unit_test(a_hostile_text_stays_in_its_line),
		cmocka_unit_test(lines_below_the_level_are_dropped),
		cmocka_unit_test(a_long_line_is_cut_and_errno_is_kept),
		cmocka_unit_test(levels_are_words),
		cmocka_unit_test(a_line_is_fields_of_the_journal),
		cmocka_unit_test(what_does_not_fit_is_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
