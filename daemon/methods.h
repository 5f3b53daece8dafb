/*
 * The table of methods. A row says who may call it, whether it writes, in which
 * lane it runs and what a person would call it; everything else follows from
 * the rpc's descriptor and from sql/methods/<Rpc>.sql. A row without a role is
 * nobody's.
 */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The first ones rank: who has a later one has those before it. */
enum role {
	ROLE_NOBODY,
	ROLE_MEMBER,
	ROLE_COACH, /* mentors too */
	ROLE_MANAGER,
	ROLE_ADMINISTRATOR,
	ROLE_ENROLLING, /* these three stand apart */
	ROLE_GATEWAY,
	ROLE_MAILER,
};

enum access { ACCESS_READ, ACCESS_WRITE };

/*
 * QUICK: shared pipelines, under 50 ms. SLOW: connections of their own, one call each.
 * STANDBY: of the slow methods those that a standby makes, if there is one (call_standby.h).
 */
enum lane { LANE_QUICK, LANE_SLOW, LANE_CONTROL, LANE_STANDBY, LANES };

enum { METHOD_FIELDS = 32 }; /* most fields of one request or reply */

struct method {
	const char *name;    /* "coachhouse.v1.Booking/BookSession" */
	const char *service; /* "Booking" */
	const char *rpc;     /* "BookSession": statement and file too */
	enum role role;
	enum access access;
	enum lane lane;
	bool standby;	   /* its lane is SLOW, or STANDBY when there is one */
	const char *title; /* what a person would call it */

	/* Filled by methods_init. */
	const ProtobufCMessageDescriptor *request;
	const ProtobufCMessageDescriptor *reply;
	const ProtobufCMessageDescriptor *row; /* what one row of the statement is */
	bool list;			       /* the reply is its one repeated field */
	int limit;			       /* index of the request's `limit`, or -1 */
	char *sql;			       /* what is prepared, under the rpc's name */
	/*
	 * Of quick reads: the same for those who do not administer, of which nothing is
	 * kept, under the full name. NULL: `sql` is for all.
	 */
	const char *plain;
	uint32_t types[METHOD_FIELDS]; /* of its parameters */

	/* Filled by codec_columns when the statement has been described. */
	int columns[METHOD_FIELDS]; /* field of `row` -> column */
};

/*
 * Resolves the descriptors and completes the statements. False with a sentence
 * when the table, the contract and the SQL disagree.
 */
bool methods_init(char *error, size_t size) __attribute__((warn_unused_result));
void methods_finish(void);

/* The method called `name`, or NULL. */
const struct method *methods_find(const char *name);

/* All of them, in order of name. */
struct method *methods_all(size_t *count);

/* "administrator", as the database says it; and back, ROLE_NOBODY for any other word. */
const char *role_name(enum role role);
enum role role_parse(const char *word, size_t length);

/* Whether somebody who is `has` may call what asks for at least `least`. */
bool role_suffices(enum role has, enum role least);
