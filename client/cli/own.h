/* The functions of sentences whose words and fields do not say all. */
#pragma once
#include <protobuf-c/protobuf-c.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command;

/* Complete a request; false when they have said why on stderr. */
bool availability_fill(struct command *command, ProtobufCMessage *request);
bool invite_fill(struct command *command, ProtobufCMessage *request);
bool report_fill(struct command *command, ProtobufCMessage *request);

/* Shows a reply; an exit code. */
int invite_show(struct command *command, const ProtobufCMessage *reply);

/* The line of an invitation, from the reply that tells where to enrol. */
bool invitation_line(const ProtobufCMessage *reply, const uint8_t token[32], char *out,
		     size_t size);

/* Do a whole sentence; an exit code. */
int completion_manual_run(struct command *command);
int completion_run(struct command *command);
int doctor_run(struct command *command);
int enrol_run(struct command *command);
int export_run(struct command *command);
int help_run(struct command *command);
int import_run(struct command *command);
int import_template_run(struct command *command);
int log_run(struct command *command);
