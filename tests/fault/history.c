/* Arrays that grow. */
#include "history.h"

#include <stdio.h>
#include <stdlib.h>

void history_add(struct history *history, const struct op *op)
{
	if (history->n == history->room) {
		history->room = history->room ? history->room * 2 : 1024;
		history->ops = realloc(history->ops, history->room * sizeof *history->ops);
		if (!history->ops)
			abort();
	}
	history->ops[history->n++] = *op;
}

void history_free(struct history *history)
{
	free(history->ops);
	*history = (struct history){0};
}

void final_free(struct final_state *final)
{
	free(final->sessions);
	free(final->claims);
	*final = (struct final_state){0};
}
