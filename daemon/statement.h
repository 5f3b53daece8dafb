/*
 * What is prepared for a method: its file of sql/methods/ with what every method
 * does. A write keeps its reply beside its effect (`receipt` in
 * sql/schema/0001_people.sql); a read by an administrator keeps that it was made,
 * and about whom (sql/functions/67_reading.sql).
 */
#pragma once
#include "methods.h"

/*
 * The whole statement, the caller's to free; NULL when memory ran out. Request,
 * reply and row of the method are known.
 */
char *statement_make(const struct method *method, const char *sql)
	__attribute__((warn_unused_result));
