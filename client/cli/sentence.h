/*
 * The sentences of `coach`: one table, from which parsing, help, completion,
 * the manual and what is shown all follow.
 */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>

struct command;

/* How what was typed becomes a field. AUTO follows from the field's own type. */
enum blank_kind {
	BLANK_AUTO,
	BLANK_DATE,    /* "fri", "26 oct": a day, the next one */
	BLANK_NEAREST, /* the same, whichever is nearer, the last or the next one */
	BLANK_LAST,    /* a last day, where the field wants the day after it */
	BLANK_START,   /* "tue 10am" */
	BLANK_PAST,    /* the same, looking back */
	BLANK_EITHER,  /* a start or a day */
	BLANK_DAYS,    /* "4w" as a number of days */
	BLANK_HOURS,   /* "17:00-19:00": the fields opens and closes */
};

/*
 * A blank of a sentence or a flag: "WHO", "[COACH]" (may be left out),
 * "--minutes N", "--next [N]", "--open" (a switch). `field` is the field of the
 * request that it fills; NULL: the sentence's own code reads it.
 */
struct blank {
	const char *name;
	const char *field;
	const char *help;
	enum blank_kind kind;
	bool repeats;
};

/*
 * A column of a table; `field` may be a path, "session.id". Where a terminal is
 * too narrow, the columns that may be broken are.
 */
struct column {
	const char *field;
	const char *heading;
	bool breaks;
};

enum { MAX_BLANKS = 4, MAX_FLAGS = 14, MAX_PARTS = 4, MAX_COLUMNS = 18 };

/*
 * What is shown of a reply, in order. `of`: a message or repeated field of the
 * reply, NULL for the reply itself. Either a line for each ("Cancelled:
 * {starts..ends}[, {venue}].", where what stands in [] is left out when a field
 * in it is absent or a condition {?late}, {?state=booked} does not hold), or a table of columns with a last row from `total`, or with
 * `record` a list of headings and values. With both, people see the lines and
 * files the columns.
 */
struct part {
	const char *of;
	const char *line;
	bool record;
	const char *total;
	struct column columns[MAX_COLUMNS];
};

struct sentence {
	const char *words;   /* "action done" */
	const char *says;    /* what it does, for help */
	const char *example; /* what follows "coach " */
	const char *method;  /* "Booking/BookSession"; NULL when `run` does it all */
	const char *set;     /* "event=approve": a field that is always the same */
	const char *alone;   /* the sentence that is meant when no blank is filled */
	const char *asks;    /* the question before it is done */
	const char *empty;   /* said on stderr when the list is empty */
	bool own_zone;	     /* a zone is sent only when --zone gives it */
	bool keeps_zone;     /* the reply's zone becomes the profile's */
	struct blank blanks[MAX_BLANKS];
	struct blank flags[MAX_FLAGS];
	struct part parts[MAX_PARTS];
	/* Completes the request; false when it has said why on stderr. */
	bool (*fill)(struct command *command, ProtobufCMessage *request);
	/* Shows the reply instead of `parts`; an exit code. */
	int (*show)(struct command *command, const ProtobufCMessage *reply);
	/* Does the whole sentence; an exit code. */
	int (*run)(struct command *command);
};

/* All of them: a walk over every subject's table; NULL at the end. */
const struct sentence *sentence_at(size_t index);

/* The sentence whose words are exactly these, or NULL. */
const struct sentence *sentence_named(const char *words);

/*
 * The longest sentence that `words` begin with; fills how many words it took.
 * NULL when there is none.
 */
const struct sentence *sentence_find(char *const *words, int count, int *taken);

/* The sentence nearest to a word that is none, or NULL. */
const struct sentence *sentence_nearest(const char *word);

/* The types of its request and reply; NULL when it has no method. */
const ProtobufCMethodDescriptor *sentence_method(const struct sentence *sentence);

/* "book WHO START [--minutes N] ..." */
void sentence_usage(const struct sentence *sentence, char *out, size_t size);

/* The flag named by the first `length` characters of `name`, or NULL. */
const struct blank *sentence_flag(const struct sentence *sentence, const char *name, size_t length);

/* Whether a flag of this sentence is followed by a value. */
bool blank_takes_value(const struct sentence *sentence, const struct blank *blank);

/* "coaching|mentoring", "N", "DATE": what may be written there. */
void blank_value_name(const struct sentence *sentence, const struct blank *blank, char *out,
		      size_t size);

extern const struct sentence BOOKING_SENTENCES[], COACH_SENTENCES[], CONVERSATION_SENTENCES[],
	ENGAGEMENT_SENTENCES[], PEOPLE_SENTENCES[], REPORT_SENTENCES[], RIGHTS_SENTENCES[],
	OVERSIGHT_SENTENCES[];

/* Global flags, good with every sentence. */
extern const struct blank GLOBAL_FLAGS[];
