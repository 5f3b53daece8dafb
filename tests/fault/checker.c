/* Judges a history. Everything is sorted, then walked once. */
#include "checker.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "judge.h"

static const char *const names[FINDINGS] = {"lost",	"doubled", "ghosts", "strangers",
					    "overlaps", "empty",   "torn",   "unequal",
					    "reused",	"foreign", "stale"};

void *make(size_t n, size_t size)
{
	void *array = calloc(n + 1, size);
	if (!array)
		abort();
	return array;
}

void found(struct checker *c, enum finding finding, const char *format, ...)
{
	va_list args;
	if (c->verdict.findings[finding]++)
		return;
	va_start(args, format);
	vsnprintf(c->verdict.first[finding], sizeof c->verdict.first[finding], format, args);
	va_end(args);
}

int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

void sort(void *array, size_t n, size_t size, int (*order)(const void *, const void *))
{
	if (n)
		qsort(array, n, size, order);
}

static bool creates(const struct op *op)
{
	return op->kind == OP_BOOK || op->kind == OP_LOG;
}

/* --- calls -------------------------------------------------------------------- */

static int by_call(const void *a, const void *b)
{
	const struct op *x = a, *y = b;
	int order = (x->kind == OP_READ) - (y->kind == OP_READ);
	if (!order)
		order = compare(x->client, y->client);
	if (!order)
		order = memcmp(x->id, y->id, sizeof x->id);
	if (!order)
		order = (x->asked > y->asked) - (x->asked < y->asked);
	return order ? order : compare(x->invoked, y->invoked);
}

static bool same_id(const struct op *a, const struct op *b)
{
	return a->client == b->client && !memcmp(a->id, b->id, sizeof a->id);
}

/* One more attempt. What was done stays done: after OK only the same answer is right. */
static void attempt(struct checker *c, struct call *call, const struct op *op)
{
	const int64_t took = op->ended - op->invoked;
	if (took > c->verdict.longest)
		c->verdict.longest = took;
	if (call->told && op->outcome == OP_REFUSED)
		found(c, UNEQUAL, "session %" PRId64 ": acknowledged, then refused",
		      call->told->session);
	if (op->outcome == OP_OK && call->told && op->answer != call->told->answer)
		found(c, UNEQUAL, "session %" PRId64 ": two answers to one call",
		      call->told->session);
	if (op->outcome == OP_OK && !call->told)
		call->told = op;
	call->outcome = call->told ? OP_OK : op->outcome;
}

static void count_call(struct checker *c, const struct call *call)
{
	size_t *const counts[] = {[OP_OK] = &c->verdict.acknowledged,
				  [OP_REFUSED] = &c->verdict.refused,
				  [OP_UNKNOWN] = &c->verdict.unknown};
	++*counts[call->outcome];
	if (call->outcome != OP_UNKNOWN && call->first->outcome == OP_UNKNOWN)
		c->verdict.resolved++;
}

static void gather_calls(struct checker *c, struct history *history)
{
	const struct op *ops = history->ops, *end = ops + history->n;
	sort(history->ops, history->n, sizeof *history->ops, by_call);
	c->calls = make(history->n, sizeof *c->calls);
	for (const struct op *op = ops; op < end && op->kind != OP_READ;) {
		struct call *call = &c->calls[c->n_calls++], *before = call - 1;
		call->first = op;
		for (; op < end && op->kind != OP_READ && same_id(op, call->first) &&
		       op->asked == call->first->asked;
		     op++)
			attempt(c, call, op);
		count_call(c, call);
		if (c->n_calls > 1 && call->told && before->told &&
		    same_id(call->first, before->first))
			found(c, REUSED, "sessions %" PRId64 " and %" PRId64 " under one id",
			      before->told->session, call->told->session);
	}
}

/* --- what was made -------------------------------------------------------------- */

static int by_session(const void *a, const void *b)
{
	const struct call *x = *(struct call *const *)a, *y = *(struct call *const *)b;
	return compare(x->told->session, y->told->session);
}

static int by_wish(const void *a, const void *b)
{
	const struct op *x = (*(struct call *const *)a)->first,
			*y = (*(struct call *const *)b)->first;
	int order = compare(x->client, y->client);
	if (!order)
		order = compare(x->other, y->other);
	return order ? order : compare(x->starts, y->starts);
}

static void list_creates(struct checker *c)
{
	c->creates = make(c->n_calls, sizeof *c->creates);
	c->wishes = make(c->n_calls, sizeof *c->wishes);
	for (size_t i = 0; i < c->n_calls; i++) {
		struct call *call = &c->calls[i];
		if (!creates(call->first))
			continue;
		c->wishes[c->n_wishes++] = call;
		if (call->told)
			c->creates[c->n_creates++] = call;
	}
	sort(c->creates, c->n_creates, sizeof *c->creates, by_session);
	sort(c->wishes, c->n_wishes, sizeof *c->wishes, by_wish);
	for (size_t i = 0; i < c->n_creates; i++) {
		const struct op *told = c->creates[i]->told;
		if (told->told_starts != told->starts)
			found(c, LOST, "session %" PRId64 ": not the time that was asked for",
			      told->session);
		if (i && told->session == c->creates[i - 1]->told->session)
			found(c, LOST, "session %" PRId64 ": the answer to two calls",
			      told->session);
	}
}

static struct call *creator(const struct checker *c, int64_t session)
{
	const struct op op = {.session = session};
	struct call key = {.told = &op}, *wanted = &key;
	struct call **at =
		bsearch(&wanted, c->creates, c->n_creates, sizeof *c->creates, by_session);
	return at ? *at : NULL;
}

/* The first of the wishes that this session could be, or NULL. */
static struct call **wish_for(const struct checker *c, const struct final_session *s)
{
	const struct op op = {.client = s->mentee, .other = s->coach, .starts = s->starts};
	struct call key = {.first = &op}, *wanted = &key;
	struct call **at = bsearch(&wanted, c->wishes, c->n_wishes, sizeof *c->wishes, by_wish);
	while (at && at > c->wishes && !by_wish(at - 1, &wanted))
		at--;
	return at;
}

/* A session that nobody was told of: some call of unknown outcome made it, or none should have. */
static void put_down(struct checker *c, const struct final_session *s)
{
	const struct call *refused = NULL, *made = NULL;
	struct call **end = c->wishes + c->n_wishes, **at = wish_for(c, s), **first = at;
	for (; at && at < end && !by_wish(at, first); at++) {
		if ((*at)->outcome == OP_UNKNOWN && !(*at)->used) {
			(*at)->used = true;
			return;
		}
		refused = (*at)->outcome == OP_REFUSED ? *at : refused;
		made = (*at)->outcome == OP_OK || (*at)->used ? *at : made;
	}
	found(c,
	      made	? DOUBLED
	      : refused ? GHOST
			: STRANGER,
	      "session %" PRId64 " of %" PRId64 " with %" PRId64 " at %" PRId64, s->id, s->mentee,
	      s->coach, s->starts);
}

/* --- what became of each ---------------------------------------------------------- */

static int by_subject(const void *a, const void *b)
{
	const struct op *x = ((const struct call *)a)->first, *y = ((const struct call *)b)->first;
	int order = compare(x->session, y->session);
	return order ? order : compare(x->invoked, y->invoked);
}

/* What clients know of one session. */
struct known {
	const struct call *made;
	int64_t starts, told; /* told: when they learnt it */
	int version;
	bool live;
	const struct op *last; /* what may have come after, unknown; or NULL */
};

/* For a while, as clients knew it, both people were taken then. */
static void add_cells(struct checker *c, const struct known *k, int64_t until)
{
	const int64_t people[] = {k->made->first->client, k->made->first->other};
	if (!k->live || k->last || k->told >= until)
		return;
	for (int p = 0; p < 2; p++)
		for (int64_t cell = 0; cell < 3600 / CELL; cell++)
			c->cells[c->n_cells++] =
				(struct cell){people[p], k->starts / CELL + cell, k->told, until};
}

static void read_it(struct checker *c, const struct known *k, const struct op *op)
{
	if (op->outcome == OP_OK && op->invoked >= k->told &&
	    (op->absent || op->version < k->version))
		found(c, STALE, "session %" PRId64 ": version %d read, %d told", op->session,
		      op->absent ? 0 : op->version, k->version);
}

/* A change by one of its two; what others are told they did is a finding by itself. */
static void change_it(struct checker *c, struct known *k, const struct call *call)
{
	const struct op *op = call->told ? call->told : call->first;
	if (op->client != k->made->first->client && op->client != k->made->first->other) {
		if (op->outcome == OP_OK)
			found(c, FOREIGN, "session %" PRId64 " changed by %" PRId64, op->session,
			      op->client);
		return;
	}
	if (call->outcome == OP_REFUSED)
		return;
	add_cells(c, k, call->first->invoked);
	k->last = op;
	if (call->outcome == OP_UNKNOWN)
		return;
	if (op->kind == OP_MOVE && op->told_starts != op->starts)
		found(c, LOST, "session %" PRId64 ": moved elsewhere", op->session);
	*k = (struct known){k->made,	 op->told_starts,     op->ended,
			    op->version, op->kind == OP_MOVE, NULL};
}

static int by_final_id(const void *a, const void *b)
{
	return compare(((const struct final_session *)a)->id,
		       ((const struct final_session *)b)->id);
}

const struct final_session *find_final(const struct final_state *final, int64_t id)
{
	const struct final_session key = {.id = id};
	return final->n_sessions
		       ? bsearch(&key, final->sessions, final->n_sessions, sizeof key, by_final_id)
		       : NULL;
}

static bool is_as(const struct final_session *s, bool live, int64_t starts)
{
	return s->live == live && (!live || s->starts == starts);
}

static void look_at_the_end(struct checker *c, const struct known *k)
{
	const struct op *made = k->made->told;
	const struct final_session *s = find_final(c->final, made->session);
	if (!s)
		found(c, LOST, "session %" PRId64 " is not there", made->session);
	else if (s->mentee != made->client || s->coach != made->other)
		found(c, LOST, "session %" PRId64 " is not theirs", made->session);
	else if (!is_as(s, k->live, k->starts) &&
		 !(k->last && is_as(s, k->last->kind == OP_MOVE, k->last->starts)))
		found(c, LOST, "session %" PRId64 " at %" PRId64 " (%d), told %" PRId64 " (%d)",
		      made->session, s->starts, s->live, k->starts, k->live);
	else if (made->kind == OP_LOG && s->records == 0)
		found(c, LOST, "session %" PRId64 " has no record", made->session);
	else if (made->kind == OP_LOG && s->records > 1)
		found(c, DOUBLED, "session %" PRId64 " has %d records", made->session, s->records);
}

/* The whole life of one session, as its clients were told it. */
static void follow(struct checker *c, const struct call *made, const struct call *change,
		   const struct call *end)
{
	const struct op *told = made->told;
	struct known k = {made, told->told_starts, told->ended, told->version, true, NULL};
	for (; change < end && change->first->session == told->session; change++) {
		if (change->first->kind == OP_READ)
			read_it(c, &k, change->first);
		else
			change_it(c, &k, change);
	}
	add_cells(c, &k, INT64_MAX);
	look_at_the_end(c, &k);
}

/* Moves, cancellations and reads, by session and time. */
static size_t list_changes(const struct checker *c, const struct history *history, struct call *out)
{
	size_t n = 0;
	for (size_t i = 0; i < c->n_calls; i++)
		if (!creates(c->calls[i].first))
			out[n++] = c->calls[i];
	for (size_t i = history->n; i && history->ops[i - 1].kind == OP_READ; i--)
		out[n++] = (struct call){.first = &history->ops[i - 1]};
	sort(out, n, sizeof *out, by_subject);
	return n;
}

static void follow_all(struct checker *c, const struct history *history)
{
	struct call *changes = make(history->n, sizeof *changes);
	const size_t n = list_changes(c, history, changes);
	size_t at = 0;
	c->cells = make((c->n_creates + n) * 8, sizeof *c->cells);
	for (size_t i = 0; i < c->n_creates; i++) {
		const int64_t session = c->creates[i]->told->session;
		while (at < n && changes[at].first->session < session)
			at++;
		follow(c, c->creates[i], changes + at, changes + n);
	}
	free(changes);
	for (size_t i = 0; i < c->final->n_sessions; i++)
		if (!creator(c, c->final->sessions[i].id))
			put_down(c, &c->final->sessions[i]);
}

struct verdict checker_judge(struct history *history, const struct final_state *final)
{
	struct checker c = {.final = final};
	sort(final->sessions, final->n_sessions, sizeof *final->sessions, by_final_id);
	gather_calls(&c, history);
	list_creates(&c);
	follow_all(&c, history);
	check_instants(&c);
	check_claims(&c);
	free(c.calls);
	free(c.creates);
	free(c.wishes);
	free(c.cells);
	return c.verdict;
}

bool verdict_is_clean(const struct verdict *verdict)
{
	for (enum finding i = 0; i < FINDINGS; i++)
		if (verdict->findings[i])
			return false;
	return true;
}

bool verdict_has(const struct verdict *verdict, enum finding finding)
{
	return verdict->findings[finding] > 0;
}

void verdict_print(const struct verdict *verdict, FILE *out)
{
	for (enum finding i = 0; i < FINDINGS; i++)
		if (verdict->findings[i])
			fprintf(out, "  %zu %s: %s\n", verdict->findings[i], names[i],
				verdict->first[i]);
}

const char *finding_name(enum finding finding)
{
	return names[finding];
}
