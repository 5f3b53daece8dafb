/* Records of what was said, and the actions agreed. */
#include "own.h"
#include "sentence.h"

#define ACTION_COLUMNS                                                                        \
	{"id", "Id"}, {"owner_name", "Who"}, {"action_text", "Action", true}, {"due", "Due"}, \
		{"state", "State"}, {"with_name", "With"},                                    \
	{                                                                                     \
		"conversation", "From"                                                        \
	}

const struct sentence CONVERSATION_SENTENCES[] = {
	{
		.words = "log",
		.says = "Records what was said in a session, in my editor, and marks it attended.",
		.example = "log 1042",
		.method = "Conversations/LogConversation",
		.run = log_run,
		.blanks = {{"[SESSION]", NULL, "its number"}},
		.flags = {{"--past START", NULL, "a conversation that took place elsewhere"},
			  {"--with WHO", NULL, "with whom, for --past"},
			  {"--minutes N", "minutes", "as long as it really took"},
			  {"--kind", "activity", "for --past, where both are possible"},
			  {"--as", "part", "for --past: my part, where both ways exist"},
			  {"--visible me|us", NULL, "who can read the note; me unless told"},
			  {"--note-file FILE", NULL,
			   "the note from a file, or - for what is piped in"},
			  {"--actions-file FILE", NULL, "lines \"[ ] WHO: TEXT (due DATE)\""},
			  {"--draft FILE", NULL, "carries on with a draft that was kept"}},
		.parts = {{.line = "Recorded (conversation {id}[, session {session}])."
				   "[{?visible=me} Only you can read the note.]"
				   "[{?visible=us} You can both read the note.]"}},
	},
	{
		.words = "conversations",
		.says = "Conversations on record: when and with whom, not what was said.",
		.method = "Conversations/ListConversations",
		.empty = "No conversations on record.",
		.blanks = {{"[WHO]", "who", "only those with this person"}},
		.parts = {{.of = "conversations",
			   .columns = {{"id", "Id"},
				       {"starts", "When"},
				       {"minutes", "Min"},
				       {"activity", "Kind"},
				       {"coach_name", "Coach"},
				       {"mentee_name", "Mentee"},
				       {"author_name", "Written by"},
				       {"readable", "Readable"}}}},
	},
	{
		.words = "review",
		.says = "Reads a conversation again; alone, lists those on record.",
		.example = "review 1042",
		.method = "Conversations/ReviewConversation",
		.alone = "conversations",
		.blanks = {{"CONVERSATION", "id", "its number, or that of its session"}},
		.parts = {{.record = true,
			   .columns = {{"starts", "When"},
				       {"minutes", "Minutes"},
				       {"activity", "Kind"},
				       {"coach_name", "Coach"},
				       {"mentee_name", "Mentee"},
				       {"author_name", "Written by"},
				       {"recorded", "Recorded"},
				       {"note.visible", "Visible"},
				       {"note", "Note"}}},
			  {.of = "actions", .columns = {ACTION_COLUMNS}}},
	},
	{
		.words = "actions",
		.says = "What was agreed to be done.",
		.method = "Conversations/ListActions",
		.empty = "No actions.",
		.flags = {{"--open", "open", "only those not done"}},
		.parts = {{.of = "actions", .columns = {ACTION_COLUMNS}}},
	},
	{
		.words = "action done",
		.says = "An action of mine is done.",
		.method = "Conversations/ChangeAction",
		.set = "event=done",
		.blanks = {{"ID", "action", "its number"}},
		.parts = {{.line = "Action {id}: {state}."}},
	},
	{
		.words = "action drop",
		.says = "An action of mine is no longer wanted.",
		.method = "Conversations/ChangeAction",
		.set = "event=drop",
		.blanks = {{"ID", "action", "its number"}},
		.parts = {{.line = "Action {id}: {state}."}},
	},
	{
		.words = "action due",
		.says = "Gives an action another day.",
		.example = "action due 91 \"fri 6 nov\"",
		.method = "Conversations/SetActionDue",
		.blanks = {{"ID", "action", "its number"}, {"DATE", "due", "the day", BLANK_DATE}},
		.parts = {{.line = "Action {id}: due {due}."}},
	},
	{0},
};
