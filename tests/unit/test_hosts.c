/* Names of database hosts are looked up aside, and libpq is given addresses only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connection_hosts.h"

enum { TURNS = 3000 };

static struct hosts hosts;

/* Asks until there is an answer, which may be at once; how often it had to. */
static int look_at(int64_t now, enum hosts_answer *answer)
{
	int turns = 0;
	while ((*answer = hosts_look(&hosts, now)) == HOSTS_ASKING && turns < TURNS) {
		turns++;
		poll(NULL, 0, 10);
	}
	return turns;
}

static int look(enum hosts_answer *answer)
{
	return look_at(1000, answer);
}

static void addresses_and_sockets_need_no_look(void **state)
{
	static const char *const plain[] = {
		"dbname=coachhouse",
		"host=/run/postgresql dbname=coachhouse",
		"host=127.0.0.1 port=5433",
		"host=db1.example.org hostaddr=192.0.2.1",
		"postgresql://coachhouse@192.0.2.1:5433/coachhouse",
	};
	(void)state;
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
		assert_true(hosts_init(&hosts, plain[i]));
		assert_int_equal(hosts_look(&hosts, 1000), HOSTS_READY);
		assert_string_equal(hosts.hosts, "");
		assert_string_equal(hosts.addresses, "");
		hosts_finish(&hosts);
	}
}

static void a_name_becomes_its_addresses(void **state)
{
	enum hosts_answer answer;
	(void)state;
	assert_true(hosts_init(&hosts, "host=/run/postgresql,localhost,192.0.2.1 port=1,2,3"));
	look(&answer);
	assert_int_equal(answer, HOSTS_READY);
	assert_memory_equal(hosts.hosts, "/run/postgresql,localhost,", 26);
	assert_true(strstr(hosts.addresses, ",127.0.0.1,") || strstr(hosts.addresses, ",::1,"));
	assert_memory_equal(hosts.ports, "1,2,", 4);
	assert_non_null(strstr(hosts.hosts, ",192.0.2.1"));
	assert_non_null(strstr(hosts.ports, ",3"));
	/* Those that connect at the same time ask once; later it is asked anew. */
	assert_int_equal(hosts_look(&hosts, 1001), HOSTS_READY);
	assert_int_equal(hosts.known_at, 1000);
	look_at(60000, &answer);
	assert_int_equal(answer, HOSTS_READY);
	assert_int_equal(hosts.known_at, 60000);
	hosts_finish(&hosts);
}

static void the_environment_is_asked_where_the_string_says_nothing(void **state)
{
	enum hosts_answer answer;
	(void)state;
	setenv("PGHOST", "localhost", 1);
	setenv("PGPORT", "7", 1);
	assert_true(hosts_init(&hosts, "dbname=coachhouse"));
	look(&answer);
	assert_int_equal(answer, HOSTS_READY);
	assert_memory_equal(hosts.hosts, "localhost", 9);
	assert_memory_equal(hosts.ports, "7", 1);
	hosts_finish(&hosts);
	/* libpq lets a service file speak before the environment, and hosts of the string before both. */
	assert_true(hosts_init(&hosts, "service=ours"));
	assert_int_equal(hosts.n, 0);
	assert_true(hosts_init(&hosts, "host=/run/postgresql"));
	assert_int_equal(hosts.n, 0);
	unsetenv("PGHOST");
	unsetenv("PGPORT");
}

static void the_host_after_the_lost_one_is_tried_first(void **state)
{
	(void)state;
	assert_true(hosts_init(&hosts, "host=/run/a,192.0.2.1,192.0.2.2 port=1,2,3"));
	assert_int_equal(hosts_look(&hosts, 1000), HOSTS_READY);
	assert_string_equal(hosts.hosts, "/run/a,192.0.2.1,192.0.2.2");
	hosts_failed(&hosts, "/run/a");
	hosts_failed(&hosts, "/run/a"); /* each of its connections says so */
	hosts_failed(&hosts, NULL);
	assert_int_equal(hosts_look(&hosts, 1001), HOSTS_READY);
	assert_string_equal(hosts.hosts, "192.0.2.1,192.0.2.2,/run/a");
	assert_string_equal(hosts.ports, "2,3,1");
	hosts_failed(&hosts, "192.0.2.2");
	assert_int_equal(hosts_look(&hosts, 1002), HOSTS_READY);
	assert_string_equal(hosts.hosts, "/run/a,192.0.2.1,192.0.2.2");
	hosts_finish(&hosts);
}

static void one_port_serves_all(void **state)
{
	enum hosts_answer answer;
	(void)state;
	assert_true(hosts_init(&hosts, "postgresql://localhost,192.0.2.1/x?port=5433"));
	look(&answer);
	assert_int_equal(answer, HOSTS_READY);
	assert_non_null(strstr(hosts.ports, "5433,5433"));
	hosts_finish(&hosts);
}

static void a_name_without_an_address_is_left_out(void **state)
{
	enum hosts_answer answer;
	(void)state;
	assert_true(hosts_init(&hosts, "host=nowhere.invalid,192.0.2.1"));
	look(&answer);
	assert_int_equal(answer, HOSTS_READY);
	assert_string_equal(hosts.hosts, "192.0.2.1");
	hosts_finish(&hosts);
	assert_true(hosts_init(&hosts, "host=nowhere.invalid"));
	look(&answer);
	assert_int_equal(answer, HOSTS_NOBODY);
	hosts_finish(&hosts);
}

static void nobody_waits_for_a_look_up_at_the_end(void **state)
{
	(void)state;
	assert_true(hosts_init(&hosts, "host=nowhere.invalid"));
	assert_int_not_equal(hosts_look(&hosts, 1000), HOSTS_READY);
	hosts_finish(&hosts);
	assert_false(hosts_init(&hosts, "host = = ="));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_sockets_need_no_look),
		cmocka_unit_test(a_name_becomes_its_addresses),
		cmocka_unit_test(the_environment_is_asked_where_the_string_says_nothing),
		cmocka_unit_test(the_host_after_the_lost_one_is_tried_first),
		cmocka_unit_test(one_port_serves_all),
		cmocka_unit_test(a_name_without_an_address_is_left_out),
		cmocka_unit_test(nobody_waits_for_a_look_up_at_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
