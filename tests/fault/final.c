/* What the database holds, read by SQL. */
#include <stdlib.h>
#include <string.h>

#include "load.h"

/* One number, and past what stands behind it. */
static int64_t number(const char **text)
{
	char *end;
	const int64_t value = strtoll(*text, &end, 10);
	*text = *end ? end + 1 : end;
	return value;
}

static void *table(const char *text, size_t *rows, size_t size)
{
	*rows = 0;
	for (const char *c = text; c && *c; c++)
		*rows += *c == '\n';
	void *array = calloc(*rows + 1, size);
	if (!array)
		abort();
	return array;
}

struct final_state final_read(struct fixture *f)
{
	struct final_state final = {0};
	const char *text = fixture_sql(
		f, "SELECT string_agg(concat_ws(' ', s.id, s.coach, s.mentee, "
		   "extract(epoch FROM s.starts)::bigint, extract(epoch FROM s.ends)::bigint, "
		   "(SELECT count(*) FROM coachhouse.note n JOIN coachhouse.conversation c "
		   "ON c.id = n.conversation WHERE c.session = s.id), s.live::int) || e'\\n', '') "
		   "FROM coachhouse.session s WHERE s.starts IS NOT NULL");
	final.sessions = table(text, &final.n_sessions, sizeof *final.sessions);
	for (size_t i = 0; i < final.n_sessions; i++) {
		struct final_session *s = &final.sessions[i];
		s->id = number(&text);
		s->coach = number(&text);
		s->mentee = number(&text);
		s->starts = number(&text);
		s->ends = number(&text);
		s->records = (int)number(&text);
		s->live = number(&text);
	}
	text = fixture_sql(f,
			   "SELECT string_agg(concat_ws(' ', session, person, "
			   "extract(epoch FROM starts)::bigint, extract(epoch FROM ends)::bigint, "
			   "live::int) || e'\\n', '') FROM coachhouse.participation");
	final.claims = table(text, &final.n_claims, sizeof *final.claims);
	for (size_t i = 0; i < final.n_claims; i++) {
		struct final_claim *p = &final.claims[i];
		p->session = number(&text);
		p->person = number(&text);
		p->starts = number(&text);
		p->ends = number(&text);
		p->live = number(&text);
	}
	return final;
}

void final_forget(struct fixture *f)
{
	fixture_sql(f, "SET client_min_messages = warning; TRUNCATE coachhouse.session, "
		       "coachhouse.free_week, coachhouse.given CASCADE");
}
