/* Who looked at what is kept about people. */
#include "sentence.h"

const struct sentence OVERSIGHT_SENTENCES[] = {
	{
		.words = "audit",
		.says = "Who looked at what is kept about me; administrators: about anybody.",
		.example = "audit",
		.method = "Oversight/ListReadings",
		.empty = "Nobody has looked.",
		.blanks = {{"[WHO]", "who", "about whom; me unless told"}},
		.flags = {{"--by WHO", "by", "by whom"},
			  {"--all", "all", "administrators: by everybody, about everybody"}},
		.parts = {{.of = "readings",
			   .columns = {{"id", "Id"},
				       {"at", "When"},
				       {"reader_name", "Who"},
				       {"method", "Looked at"},
				       {"people", "People"}}}},
	},
	{0},
};
