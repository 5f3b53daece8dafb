/* The checker finds what was put there, nothing where nothing was, and soon enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <time.h>

#include "checker.h"

enum { HOUR = 3600, CLIENTS = 200, COACHES = 100, HOURS = 4000, COACH = 1000 };

/* A place that makes no mistakes, and what its clients were told. */
struct world {
	struct history history;
	struct final_session *sessions; /* by id, from 1 */
	size_t n, room;
	char (*taken)[HOURS]; /* by person */
	int64_t now, next_call;
	unsigned seed;
};

static int roll(struct world *w, int sides)
{
	return (int)(rand_r(&w->seed) % (unsigned)sides);
}

static struct world make_world(size_t room)
{
	return (struct world){.sessions = calloc(room + 1, sizeof(struct final_session)),
			      .room = room,
			      .taken = calloc(COACH + COACHES, HOURS),
			      .seed = 7};
}

static void free_world(struct world *w)
{
	history_free(&w->history);
	free(w->sessions);
	free(w->taken);
}

static char *place(struct world *w, int64_t person, int64_t starts)
{
	return &w->taken[person][starts / HOUR];
}

/* Does what the call asks for; fills what it is told. */
static bool perform(struct world *w, struct op *op)
{
	struct final_session *s = &w->sessions[op->session];
	if (op->kind == OP_BOOK || op->kind == OP_LOG) {
		if (*place(w, op->client, op->starts) || *place(w, op->other, op->starts) ||
		    w->n == w->room)
			return false;
		op->session = (int64_t)++w->n;
		w->sessions[w->n] = (struct final_session){.id = op->session,
							   .coach = op->other,
							   .mentee = op->client,
							   .starts = op->starts,
							   .ends = op->starts + HOUR,
							   .records = op->kind == OP_LOG,
							   .live = true};
		s = &w->sessions[w->n];
		op->version = 1;
	} else {
		if (!s->live || s->records ||
		    (op->kind == OP_MOVE &&
		     (*place(w, s->mentee, op->starts) || *place(w, s->coach, op->starts))))
			return false;
		*place(w, s->mentee, s->starts) = *place(w, s->coach, s->starts) = 0;
		s->live = op->kind == OP_MOVE;
		s->starts = s->live ? op->starts : s->starts;
		s->ends = s->starts + HOUR;
		op->version = 1 + (int)w->next_call; /* ascends */
	}
	if (s->live)
		*place(w, s->mentee, s->starts) = *place(w, s->coach, s->starts) = 1;
	op->told_starts = s->starts;
	op->live = s->live;
	op->answer = (uint64_t)op->session * 31 + (uint64_t)op->version;
	return true;
}

/* Some answers are lost, before or after it was done, and most are asked for again. */
static void call(struct world *w, struct op op)
{
	w->next_call++;
	memcpy(op.id, &w->next_call, sizeof w->next_call);
	op.asked = (uint64_t)w->next_call;
	op.invoked = ++w->now;
	const struct op asked = op;
	struct op told = op;
	const bool fate = roll(w, 20) == 0, in_time = !fate || roll(w, 2);
	bool done = in_time && perform(w, &told);
	op = told;
	op.outcome = done ? OP_OK : OP_REFUSED;
	op.ended = ++w->now;
	if (!fate) {
		history_add(&w->history, &op);
		return;
	}
	struct op lost = asked;
	lost.ended = op.ended;
	history_add(&w->history, &lost);
	if (roll(w, 4) == 0)
		return;
	if (!done) {
		told = asked;
		done = perform(w, &told);
	}
	told.outcome = done ? OP_OK : OP_REFUSED;
	told.invoked = ++w->now;
	told.ended = ++w->now;
	history_add(&w->history, &told);
}

/* The session of a client that was told of it, or 0. */
static int64_t some_session(struct world *w, int64_t client)
{
	const struct op *last = w->history.n ? &w->history.ops[w->history.n - 1] : NULL;
	for (int i = 0; i < 4 && last && i < (int)w->history.n; i++, last--)
		if (last->outcome == OP_OK && last->client == client && last->live)
			return last->session;
	return 0;
}

static void step(struct world *w)
{
	struct op op = {.client = 1 + roll(w, CLIENTS),
			.other = COACH + roll(w, COACHES),
			.starts = (int64_t)roll(w, HOURS) * HOUR};
	op.kind = roll(w, 10) ? OP_BOOK : OP_LOG;
	call(w, op);
	op.session = some_session(w, op.client);
	if (!op.session || roll(w, 2))
		return;
	const struct final_session *s = &w->sessions[op.session];
	if (roll(w, 3) == 0) {
		const struct op seen = {.kind = OP_READ,
					.client = op.client,
					.session = op.session,
					.invoked = ++w->now,
					.ended = w->now + 1,
					.outcome = OP_OK,
					.version = 1 << 30,
					.told_starts = s->starts};
		history_add(&w->history, &seen);
	}
	op.kind = roll(w, 2) ? OP_MOVE : OP_CANCEL;
	op.starts = (int64_t)roll(w, HOURS) * HOUR;
	op.other = 0;
	call(w, op);
}

static struct final_state end_of(const struct world *w)
{
	struct final_state f = {.n_sessions = w->n, .n_claims = 2 * w->n};
	f.sessions = calloc(w->n + 2, sizeof *f.sessions);
	f.claims = calloc(2 * w->n + 2, sizeof *f.claims);
	memcpy(f.sessions, w->sessions + 1, w->n * sizeof *f.sessions);
	for (size_t i = 0; i < 2 * w->n; i++) {
		const struct final_session *s = &f.sessions[i / 2];
		f.claims[i] = (struct final_claim){s->id, i % 2 ? s->coach : s->mentee, s->starts,
						   s->ends, s->live};
	}
	return f;
}

static void a_faultless_place_is_found_clean(void **state)
{
	(void)state;
	for (unsigned seed = 1; seed <= 20; seed++) {
		struct world w = make_world(4000);
		w.seed = seed;
		while (w.history.n < 5000)
			step(&w);
		struct final_state f = end_of(&w);
		const struct verdict v = checker_judge(&w.history, &f);
		verdict_print(&v, stdout);
		assert_true(verdict_is_clean(&v));
		assert_true(v.acknowledged > 1000 && v.unknown > 10 && v.resolved > 10);
		final_free(&f);
		free_world(&w);
	}
}

/* A million when COACHHOUSE_LONG is set, in under 30 s. */
static void many_operations_in_time(void **state)
{
	const size_t many = getenv("COACHHOUSE_LONG") ? 1000000 : 200000;
	struct world w = make_world(many);
	struct timespec start, end;
	(void)state;
	while (w.history.n < many)
		step(&w);
	struct final_state f = end_of(&w);
	clock_gettime(CLOCK_MONOTONIC, &start);
	const struct verdict v = checker_judge(&w.history, &f);
	clock_gettime(CLOCK_MONOTONIC, &end);
	const double took =
		(double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9;
	verdict_print(&v, stdout);
	print_message("  %zu operations judged in %.1f s\n", w.history.n, took);
	assert_true(verdict_is_clean(&v));
	assert_true(took < 30);
	final_free(&f);
	free_world(&w);
}

/* --- one thing wrong ------------------------------------------------------------ */

enum { MINA = 1, STEN = 2, CORA = COACH };

/* Four calls: booked, booked and moved, refused, unknown and done. Each line doctors one thing. */
struct scene {
	struct op ops[8];
	size_t n;
	struct final_session sessions[6];
	size_t n_sessions;
	struct final_claim claims[12];
	size_t n_claims;
};

static struct op *said(struct scene *s, enum op_kind kind, enum op_outcome outcome, int64_t session,
		       int64_t hour, int version)
{
	struct op *op = &s->ops[s->n];
	*op = (struct op){.id = {(uint8_t)++s->n},
			  .kind = kind,
			  .outcome = outcome,
			  .client = MINA,
			  .asked = s->n,
			  .answer = s->n,
			  .invoked = (int64_t)s->n * 10,
			  .ended = (int64_t)s->n * 10 + 5,
			  .other = CORA,
			  .starts = hour * HOUR,
			  .session = session,
			  .told_starts = hour * HOUR,
			  .version = version,
			  .live = kind != OP_CANCEL};
	return op;
}

static void there(struct scene *s, int64_t id, int64_t hour)
{
	const int64_t starts = hour * HOUR, ends = starts + HOUR;
	s->sessions[s->n_sessions++] = (struct final_session){.id = id,
							      .coach = CORA,
							      .mentee = MINA,
							      .starts = starts,
							      .ends = ends,
							      .live = true};
	s->claims[s->n_claims++] = (struct final_claim){id, MINA, starts, ends, true};
	s->claims[s->n_claims++] = (struct final_claim){id, CORA, starts, ends, true};
}

static struct scene good_scene(void)
{
	struct scene s = {.n = 0};
	said(&s, OP_BOOK, OP_OK, 1, 10, 1);
	said(&s, OP_BOOK, OP_OK, 2, 11, 1);
	said(&s, OP_MOVE, OP_OK, 2, 12, 2);
	said(&s, OP_BOOK, OP_REFUSED, 0, 10, 0);
	said(&s, OP_BOOK, OP_UNKNOWN, 0, 14, 0);
	said(&s, OP_READ, OP_OK, 2, 12, 2);
	there(&s, 1, 10);
	there(&s, 2, 12);
	there(&s, 3, 14);
	return s;
}

static void lose(struct scene *s)
{
	s->sessions[0].id = 99;
	s->sessions[0].mentee = STEN;
}

static void lose_a_move(struct scene *s)
{
	s->sessions[1].starts = 11 * HOUR;
}

static void double_it(struct scene *s)
{
	there(s, 4, 14);
}

static void let_a_refused_one_in(struct scene *s)
{
	s->ops[3].starts = 20 * HOUR;
	there(s, 4, 20);
}

static void invent(struct scene *s)
{
	there(s, 4, 30);
}

static void shorten(struct scene *s)
{
	s->sessions[0].ends = s->sessions[0].starts;
	s->claims[0].ends = s->claims[1].ends = s->claims[0].starts;
}

static void overlap(struct scene *s)
{
	s->claims[2].starts = s->claims[0].starts + 60;
}

/* As clients knew it the coach was at two places at 10, though both are gone in the end. */
static void overlap_for_a_while(struct scene *s)
{
	s->ops[1].starts = s->ops[1].told_starts = 10 * HOUR;
}

static void tear(struct scene *s)
{
	s->claims[5].person = STEN;
}

static void answer_otherwise(struct scene *s)
{
	s->ops[s->n] = s->ops[0];
	s->ops[s->n].invoked += 100;
	s->ops[s->n++].answer++;
}

static void refuse_what_was_done(struct scene *s)
{
	s->ops[s->n] = s->ops[0];
	s->ops[s->n].invoked += 100;
	s->ops[s->n++].outcome = OP_REFUSED;
}

static void use_an_id_twice(struct scene *s)
{
	memcpy(s->ops[1].id, s->ops[0].id, sizeof s->ops[0].id);
}

static void let_a_stranger_move_it(struct scene *s)
{
	s->ops[2].client = STEN;
}

static void read_the_past(struct scene *s)
{
	s->ops[5].version = 1;
}

static void every_wrong_is_found(void **state)
{
	static const struct {
		void (*doctor)(struct scene *);
		enum finding finding;
	} rows[] = {
		{lose, LOST},
		{lose_a_move, LOST},
		{double_it, DOUBLED},
		{let_a_refused_one_in, GHOST},
		{invent, STRANGER},
		{shorten, EMPTY},
		{overlap, OVERLAP},
		{overlap_for_a_while, OVERLAP},
		{tear, TORN},
		{answer_otherwise, UNEQUAL},
		{refuse_what_was_done, UNEQUAL},
		{use_an_id_twice, REUSED},
		{let_a_stranger_move_it, FOREIGN},
		{read_the_past, STALE},
	};
	(void)state;
	for (size_t i = 0; i <= sizeof rows / sizeof *rows; i++) {
		struct scene s = good_scene();
		if (i)
			rows[i - 1].doctor(&s);
		struct history history = {s.ops, s.n, s.n};
		const struct final_state final = {s.sessions, s.claims, s.n_sessions, s.n_claims};
		const struct verdict v = checker_judge(&history, &final);
		if (i ? !verdict_has(&v, rows[i - 1].finding) : !verdict_is_clean(&v)) {
			verdict_print(&v, stdout);
			fail_msg("row %zu: %s", i, i ? finding_name(rows[i - 1].finding) : "clean");
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_wrong_is_found),
		cmocka_unit_test(a_faultless_place_is_found_clean),
		cmocka_unit_test(many_operations_in_time),
	};
	return cmocka_run_group_tests_name("checker", tests, NULL, NULL);
}
