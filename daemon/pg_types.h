/*
 * Oids of PostgreSQL's own types, which never change, and the byte order of its
 * binary format.
 */
#pragma once
#include <endian.h>
#include <stdint.h>
#include <string.h>

enum pg_type {
	PG_NONE = 0, /* the statement's cast decides */
	PG_BOOL = 16,
	PG_BYTEA = 17,
	PG_NAME = 19,
	PG_INT8 = 20,
	PG_INT2 = 21,
	PG_INT4 = 23,
	PG_TEXT = 25,
	PG_FLOAT8 = 701,
	PG_BOOL_ARRAY = 1000,
	PG_BYTEA_ARRAY = 1001,
	PG_INT4_ARRAY = 1007,
	PG_TEXT_ARRAY = 1009,
	PG_INT8_ARRAY = 1016,
	PG_FLOAT8_ARRAY = 1022,
	PG_BPCHAR = 1042,
	PG_VARCHAR = 1043,
	PG_DATE = 1082,
	PG_TIMESTAMPTZ = 1184,
	PG_RECORD = 2249,
	PG_RECORD_ARRAY = 2287,
	PG_JSONB = 3802,
	PG_TSTZRANGE = 3910,
	PG_OURS = 16384, /* types made after initdb begin here: enums, composites */
};

/* 2000-01-01, where PostgreSQL's time begins, in seconds since 1970. */
enum { PG_EPOCH = 946684800 };

static inline uint64_t pg_get(const char *data, int length)
{
	uint64_t number = 0;
	for (int i = 0; i < length; i++)
		number = number << 8 | (uint8_t)data[i];
	return number;
}

static inline char *pg_put32(char *at, uint32_t number)
{
	number = htobe32(number);
	memcpy(at, &number, sizeof(number));
	return at + sizeof(number);
}

static inline char *pg_put64(char *at, uint64_t number)
{
	number = htobe64(number);
	memcpy(at, &number, sizeof(number));
	return at + sizeof(number);
}
