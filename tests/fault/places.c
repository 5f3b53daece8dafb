/* Nobody is in two places. */
#include <inttypes.h>
#include <stdlib.h>

#include "judge.h"

static int by_cell(const void *a, const void *b)
{
	const struct cell *x = a, *y = b;
	int order = compare(x->person, y->person);
	if (!order)
		order = compare(x->cell, y->cell);
	return order ? order : compare(x->from, y->from);
}

void check_instants(struct checker *c)
{
	int64_t until = 0;
	sort(c->cells, c->n_cells, sizeof *c->cells, by_cell);
	for (size_t i = 0; i < c->n_cells; i++) {
		const struct cell *cell = &c->cells[i], *before = cell - 1;
		if (!i || cell->person != before->person || cell->cell != before->cell)
			until = 0;
		if (cell->from < until)
			found(c, OVERLAP, "%" PRId64 " was told of two at %" PRId64, cell->person,
			      cell->cell * CELL);
		until = cell->to > until ? cell->to : until;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct final_claim *x = a, *y = b;
	int order = compare(x->person, y->person);
	if (!order)
		order = compare(x->starts, y->starts);
	return order ? order : compare(x->ends, y->ends);
}

/* Also whether they belong to a session of that time. */
void check_claims(struct checker *c)
{
	const struct final_state *f = c->final;
	int *people = make(f->n_sessions, sizeof *people);
	int64_t until = INT64_MIN;
	sort(f->claims, f->n_claims, sizeof *f->claims, by_time);
	for (size_t i = 0; i < f->n_claims; i++) {
		const struct final_claim *p = &f->claims[i];
		const struct final_session *s = find_final(f, p->session);
		if (s && s->starts == p->starts && s->ends == p->ends && s->live == p->live &&
		    (p->person == s->coach || p->person == s->mentee))
			people[s - f->sessions]++;
		if (!i || p->person != p[-1].person)
			until = INT64_MIN;
		if (!p->live)
			continue;
		if (p->ends <= p->starts)
			found(c, EMPTY, "session %" PRId64 " takes no time", p->session);
		if (p->starts < until)
			found(c, OVERLAP, "%" PRId64 " twice at %" PRId64, p->person, p->starts);
		until = p->ends > until ? p->ends : until;
	}
	for (size_t i = 0; i < f->n_sessions; i++)
		if (f->sessions[i].live && people[i] != 2)
			found(c, TORN, "session %" PRId64 " has %d people", f->sessions[i].id,
			      people[i]);
	free(people);
}
