/* One connection to PostgreSQL. */
#include "connection.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

enum { PAUSE_FIRST_MS = 50, PAUSE_MOST_MS = 400, WORD_MS = 2000, BINARY = 1 };

/* Which of the two databases the log speaks of. */
static const char *area(const struct connection *c)
{
	return c->lane == LANE_STANDBY ? "standby" : "database";
}

/* The names of statements and constraints may be logged; values may not. */
static bool speaks_of_code(const char *sqlstate)
{
	return !strncmp(sqlstate, "42", 2) || !strncmp(sqlstate, "XX", 2) ||
	       !strncmp(sqlstate, "0A", 2) || !strncmp(sqlstate, "P0", 2);
}

/* What passes by itself: the connection or the server went, or had no room. */
static bool is_passing(const char *sqlstate)
{
	return !*sqlstate || !strncmp(sqlstate, "08", 2) || !strncmp(sqlstate, "53", 2) ||
	       !strncmp(sqlstate, "57", 2);
}

static void copy_field(const PGresult *result, int field, char *out, size_t size)
{
	const char *text = PQresultErrorField(result, field);
	snprintf(out, size, "%s", text ? text : "");
}

/* What an error is of. After the last statement it is of the commit, or of the server. */
static const char *step_name(const struct connection *c)
{
	if (!c->head)
		return "-";
	return c->step < c->head->n_steps ? c->head->steps[c->step].name : "commit";
}

static void keep_failure(struct connection *c, const PGresult *result)
{
	struct failure *f = &c->failure;
	if (c->failed || PQresultStatus(result) == PGRES_PIPELINE_ABORTED)
		return; /* only the first one says why */
	c->failed = true;
	*f = (struct failure){0};
	copy_field(result, PG_DIAG_SQLSTATE, f->sqlstate, sizeof(f->sqlstate));
	/* libpq's own, such as no memory for a row: the transaction may commit all the same. */
	f->unknown = !*f->sqlstate;
	copy_field(result, PG_DIAG_CONSTRAINT_NAME, f->constraint, sizeof(f->constraint));
	copy_field(result, PG_DIAG_MESSAGE_PRIMARY, f->message, sizeof(f->message));
	copy_field(result, PG_DIAG_MESSAGE_DETAIL, f->detail, sizeof(f->detail));
	copy_field(result, PG_DIAG_MESSAGE_HINT, f->hint, sizeof(f->hint));
	if (strncmp(f->sqlstate, "ZC", 2))
		log_warning(area(c), "statement=%s sqlstate=%s constraint=%s %s", step_name(c),
			    f->sqlstate, f->constraint,
			    speaks_of_code(f->sqlstate) ? f->message : "");
}

/*
 * No statement of ours warns so: its transaction was committing, and it is here alone. libpq
 * tells it when it reads it, which is before we have taken the last answer, if both came at once.
 */
static void notice(void *arg, const PGresult *result)
{
	struct connection *c = arg;
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	if (!c->head || !sqlstate || strcmp(sqlstate, "01000"))
		return;
	c->failed = true;
	c->failure = (struct failure){.unknown = true};
}

void connection_init(struct connection *c, const struct connection_options *options, enum lane lane)
{
	*c = (struct connection){.options = options, .lane = lane, .pause = PAUSE_FIRST_MS};
	c->depth = lane == LANE_QUICK ? options->depth : 1;
}

/* Ends every job in flight. The jobs are taken off first: `done` may submit others. */
static void fail_jobs(struct connection *c)
{
	const struct failure lost = {.unknown = true};
	struct pool_job *job = c->head;
	c->head = c->tail = NULL;
	c->in_flight = 0;
	while (job) {
		struct pool_job *next = job->next;
		job->done(job, NULL, &lost);
		job = next;
	}
}

static void drop(struct connection *c)
{
	PQclear(c->answer);
	PQfinish(c->pg);
	c->answer = NULL;
	c->pg = NULL;
	c->stage = STAGE_DOWN;
	c->broken = c->failed = false;
	c->due = 0;
	c->step = 0;
	fail_jobs(c);
}

void connection_finish(struct connection *c)
{
	drop(c);
	free(c->cells);
	c->cells = NULL;
}

/* Pauses before the next try: twice as long as the last, from half of it on at random. */
static void give_up(struct connection *c, int64_t now)
{
	const char *why =
		c->pg ? PQerrorMessage(c->pg) : "its host has no address, or memory ran out";
	if (!*why)
		why = "it was silent";
	/* Once for each outage is enough; later tries are for those who look closer. */
	log_write(c->pause == PAUSE_FIRST_MS ? LOG_WARNING : LOG_DEBUG, area(c),
		  "connection lost or refused: %.*s", (int)strcspn(why, "\n"), why);
	hosts_failed(c->options->hosts, c->pg ? PQhost(c->pg) : NULL);
	drop(c);
	c->losses++;
	c->due = now + c->pause / 2 + arc4random_uniform((uint32_t)c->pause);
	c->pause = c->pause * 2 < PAUSE_MOST_MS ? c->pause * 2 : PAUSE_MOST_MS;
}

/* A standby says at once that it begins; one that hangs lets in what we send, and is silent. */
static bool awaits_word(const struct connection *c)
{
	return c->lane == LANE_STANDBY && c->stage == STAGE_READY && c->head && !c->step;
}

int64_t connection_tick(struct connection *c, int64_t now)
{
	if (c->broken)
		give_up(c, now);
	if (awaits_word(c) && !c->due)
		c->due = now + WORD_MS;
	const bool waits =
		c->stage == STAGE_CONNECTING || c->stage == STAGE_PREPARING || awaits_word(c);
	if (c->stage == STAGE_DOWN && now >= c->due)
		connection_start(c, now);
	else if (waits && now >= c->due)
		c->broken = true;
	if (c->broken)
		return now;
	return c->stage == STAGE_READY && !waits ? INT64_MAX : c->due;
}

struct pollfd connection_watch(const struct connection *c)
{
	return (struct pollfd){.fd = c->pg && !c->broken ? PQsocket(c->pg) : -1,
			       .events = c->events};
}

static void flush(struct connection *c)
{
	const int left = PQflush(c->pg);
	c->events = left > 0 ? POLLIN | POLLOUT : POLLIN;
	if (left < 0)
		c->broken = true;
}

static bool is_ours(const struct connection *c, const struct pool_statement *statement)
{
	return statement->lanes & 1u << c->lane;
}

/* Prepares and describes every statement of the lane, in one go. */
static void prepare(struct connection *c)
{
	const struct connection_options *o = c->options;
	bool sent = PQsetnonblocking(c->pg, 1) == 0 && PQenterPipelineMode(c->pg);
	PQsetNoticeReceiver(c->pg, notice, c);
	for (size_t i = 0; i < o->n_statements && sent; i++) {
		const struct pool_statement *s = &o->statements[i];
		if (is_ours(c, s))
			sent = PQsendPrepare(c->pg, s->name, s->sql, s->n_types, s->types) &&
			       PQsendDescribePrepared(c->pg, s->name);
	}
	if (sent && c->lane == LANE_CONTROL && o->listen)
		sent = PQsendQueryParams(c->pg, o->listen, 0, NULL, NULL, NULL, NULL, BINARY);
	c->stage = STAGE_PREPARING;
	c->step = 0;
	c->broken = !sent || !PQpipelineSync(c->pg);
	flush(c);
}

static void connecting(struct connection *c)
{
	switch (PQconnectPoll(c->pg)) {
	case PGRES_POLLING_READING:
		c->events = POLLIN;
		break;
	case PGRES_POLLING_WRITING:
		c->events = POLLOUT;
		break;
	case PGRES_POLLING_OK:
		prepare(c);
		break;
	default:
		c->broken = true;
	}
}

/* Which statement the description is of: the n-th one of this lane. */
static size_t described_statement(const struct connection *c)
{
	size_t i = 0;
	for (int nth = c->step / 2;; i++) {
		if (i == c->options->n_statements ||
		    (is_ours(c, &c->options->statements[i]) && !nth--))
			return i;
	}
}

static bool describe(struct connection *c, const PGresult *result)
{
	const char *names[2 * METHOD_FIELDS];
	uint32_t types[2 * METHOD_FIELDS];
	const size_t statement = described_statement(c);
	const int n = PQnfields(result);
	if (statement == c->options->n_statements)
		return true; /* the LISTEN */
	for (int i = 0; i < n && i < 2 * METHOD_FIELDS; i++) {
		names[i] = PQfname(result, i);
		types[i] = PQftype(result, i);
	}
	return n <= 2 * METHOD_FIELDS &&
	       c->options->described(c->options->arg, statement, n, names, types);
}

static void cannot_prepare(struct connection *c, const PGresult *result)
{
	const size_t i = described_statement(c);
	char sqlstate[6];
	copy_field(result, PG_DIAG_SQLSTATE, sqlstate, sizeof(sqlstate));
	log_write(c->pause == PAUSE_FIRST_MS ? LOG_ERROR : LOG_DEBUG, area(c),
		  "cannot prepare %s: %s",
		  i < c->options->n_statements ? c->options->statements[i].name
					       : c->options->listen,
		  PQresultErrorMessage(result));
	c->broken = true;
	c->unfit = c->unfit || !is_passing(sqlstate);
}

/* The answers of prepare(): of each statement two, then of the LISTEN, then the Sync. */
static void preparing(struct connection *c)
{
	while (c->stage == STAGE_PREPARING && !c->broken && !PQisBusy(c->pg)) {
		PGresult *result = PQgetResult(c->pg);
		const ExecStatusType status = result ? PQresultStatus(result) : PGRES_EMPTY_QUERY;
		if (!result) {
			c->step++;
		} else if (status == PGRES_PIPELINE_SYNC) {
			c->stage = STAGE_READY;
			c->pause = PAUSE_FIRST_MS;
			c->step = 0;
		} else if (status != PGRES_COMMAND_OK) {
			cannot_prepare(c, result);
		} else if (c->step % 2 && !describe(c, result)) {
			c->unfit = c->broken = true;
		}
		PQclear(result);
	}
}

static bool fill_cells(struct connection *c, struct rows *rows)
{
	rows->n_rows = PQntuples(c->answer);
	rows->n_columns = PQnfields(c->answer);
	const size_t n = (size_t)rows->n_rows * (size_t)rows->n_columns;
	if (n > c->n_cells) {
		struct cell *cells = realloc(c->cells, n * sizeof(*cells));
		if (!cells)
			return false;
		c->cells = cells;
		c->n_cells = n;
	}
	struct cell *cell = c->cells;
	for (int row = 0; row < rows->n_rows; row++) {
		for (int column = 0; column < rows->n_columns; column++, cell++) {
			const bool null = PQgetisnull(c->answer, row, column);
			cell->data = PQgetvalue(c->answer, row, column);
			cell->length = null ? -1 : PQgetlength(c->answer, row, column);
			cell->type = PQftype(c->answer, column);
		}
	}
	rows->cells = c->cells;
	return true;
}

/* The Sync of the head came back. */
static void finish_job(struct connection *c)
{
	struct pool_job *job = c->head;
	struct rows rows = {0};
	PGresult *answer = c->answer;
	struct failure failure = c->failure;
	bool failed = c->failed;
	if (!failed && !fill_cells(c, &rows)) {
		failure = (struct failure){.unknown = true};
		failed = true;
	}
	c->head = job->next;
	c->in_flight--;
	c->step = 0;
	c->answer = NULL;
	c->failed = false;
	if (failed && (!strncmp(failure.sqlstate, "57P", 3) || !strcmp(failure.sqlstate, "25006")))
		c->broken = true; /* shutting down, or no longer the primary: connect again */
	job->done(job, failed ? NULL : &rows, failed ? &failure : NULL);
	PQclear(answer);
}

static void take_answer(struct connection *c, PGresult *result)
{
	if (PQresultStatus(result) != PGRES_TUPLES_OK &&
	    PQresultStatus(result) != PGRES_COMMAND_OK) {
		keep_failure(c, result);
	} else if (c->step + 1 == c->head->n_steps) {
		PQclear(c->answer);
		c->answer = result;
		return;
	}
	PQclear(result);
}

static void serving(struct connection *c)
{
	while (c->head && !c->broken && !PQisBusy(c->pg)) {
		PGresult *result = PQgetResult(c->pg);
		if (!result) {
			c->step++;
		} else if (PQresultStatus(result) == PGRES_PIPELINE_SYNC) {
			PQclear(result);
			finish_job(c);
		} else {
			take_answer(c, result);
		}
		if (PQstatus(c->pg) == CONNECTION_BAD)
			c->broken = true;
	}
	if (!c->head)
		PQisBusy(c->pg); /* reads what came unasked */
	for (PGnotify *n = PQnotifies(c->pg); n; n = PQnotifies(c->pg)) {
		PQfreemem(n);
		c->options->notified(c->options->arg);
	}
}

void connection_handle(struct connection *c, short revents)
{
	if (!revents || c->broken || c->stage == STAGE_DOWN)
		return;
	if (c->stage == STAGE_CONNECTING) {
		connecting(c);
		return;
	}
	if (revents & POLLOUT)
		flush(c);
	if ((revents & ~POLLOUT) && !PQconsumeInput(c->pg))
		c->broken = true;
	if (c->stage == STAGE_PREPARING)
		preparing(c);
	else
		serving(c);
}

bool connection_send(struct connection *c, struct pool_job *job)
{
	for (int i = 0; i < job->n_steps; i++) {
		const struct pool_step *s = &job->steps[i];
		if (!PQsendQueryPrepared(c->pg, s->name, s->n, s->values, s->lengths, s->formats,
					 BINARY)) {
			c->broken = true;
			return false;
		}
		if (c->lane == LANE_STANDBY && i == 0)
			PQsendFlushRequest(c->pg); /* for the word that awaits_word() is about */
	}
	if (!PQpipelineSync(c->pg)) {
		c->broken = true;
		return false;
	}
	if (!c->head)
		c->due = 0;
	job->next = NULL;
	if (c->head)
		c->tail->next = job;
	else
		c->head = job;
	c->tail = job;
	c->in_flight++;
	flush(c);
	return true;
}
