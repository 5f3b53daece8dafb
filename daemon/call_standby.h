/*
 * Reports on a standby. Nothing is decided and nothing kept there: the primary
 * authenticates and keeps that the report was read, in a transaction of its own;
 * then the standby makes it (sql/functions/71_standby.sql). When it cannot, is away
 * or too far behind, the primary makes it after all.
 */
#pragma once
#include "call_prepare.h"

/* Aims a prepared call at the standby, if its method is a report and there is one. */
void standby_prepare(struct call *call);

/* What one step came to. True: the job is the next one and is to be submitted. */
bool standby_next(struct call *call, const struct rows *rows, const struct failure *failure)
	__attribute__((warn_unused_result));

/* The standby did not take it. True: the job is now the primary's, and is to be submitted. */
bool standby_home(struct call *call) __attribute__((warn_unused_result));
